import type { Static } from '@sinclair/typebox'
import { display } from '#base'
import { MAX_PACKAGE } from '../limits.ts'
import { Refusal } from '../refusal.ts'
import type { AnalyzedPackage } from '../schemas.ts'
import type { Ecosystem, PackageName } from './package_name.ts'
import { parsePurl } from './purl.ts'

/** A package as the policy looks at it. */
export interface Package extends PackageName {
  /** SPDX identifier or expression, where the sender told one. */
  license: string | null
  /** The file that asks for it. */
  lockfile: string | null
}

/** The words for each ecosystem that senders use. */
const WORDS: ReadonlyMap<string, Ecosystem> = new Map([
  ['npm', 'npm'],
  ['pypi', 'pypi'],
  ['python', 'pypi'],
  ['maven', 'maven'],
  ['maven-central', 'maven'],
  ['rubygems', 'rubygems'],
  ['ruby', 'rubygems'],
  ['gem', 'rubygems'],
  ['nuget', 'nuget'],
  ['dotnet', 'nuget'],
  ['cargo', 'cargo'],
  ['golang', 'golang'],
])

/** The ecosystems, in the words of answers. */
export const ECOSYSTEM_NAMES: readonly Ecosystem[] = [...new Set(WORDS.values())]

/** Answers the ecosystem that a word stands for. */
export function parseEcosystem(word: string): Ecosystem | undefined {
  return WORDS.get(word.toLowerCase())
}

/**
 * Reads a package as it was sent.
 *
 * @param where where in the request it stands, for messages: "packages[3]"
 * @throws ERR_SERVER_REQUEST when it is not clear which package is meant
 */
export function readPackage(sent: Static<typeof AnalyzedPackage>, where: string): Package {
  const refuse = (state: string) =>
    new Refusal(400, `Cannot take the package at "${where}": ${state}`)
  // Half of a surrogate pair, which JSON can write, is no text and has no place in a package URL.
  const texts = [sent.name, sent.version, sent.purl]
  if (!texts.every((text) => text?.isWellFormed() ?? true)) {
    throw refuse('it holds half a character')
  }
  const rest = {
    license: sent.license?.trim() || null,
    lockfile: sent.lockfile ?? sent.origin ?? null,
  }
  if (sent.purl !== undefined) {
    const name = parsePurl(sent.purl)
    if (name === undefined || name.name.length > MAX_PACKAGE) {
      throw refuse(`"${display(sent.purl, 80)}" is no package URL of a known type with a version`)
    }
    return { ...name, ...rest }
  }
  const { name, version } = sent
  const word = sent.type ?? sent.registry
  if (name === undefined || version === undefined || word === undefined) {
    throw refuse('it needs "name", "version" and "type", or "purl"')
  }
  const registry = parseEcosystem(word)
  if (registry === undefined) {
    throw refuse(`"${display(word, 40)}" is none of ${ECOSYSTEM_NAMES.join(', ')}`)
  }
  return { registry, name, version, ...rest }
}

/** Lists the ecosystems of packages, in order. */
export function ecosystemsOf(packages: readonly PackageName[]): Ecosystem[] {
  return [...new Set(packages.map(({ registry }) => registry))].sort()
}

/** Writes a name so that two spellings that mean one package are one (for PyPI, PEP 503). */
export function normalizeName(registry: Ecosystem, name: string): string {
  if (registry === 'pypi') return name.toLowerCase().replace(/[-_.]+/g, '-')
  return registry === 'nuget' ? name.toLowerCase() : name
}

/** Writes a key under which a package is found again. */
export function keyOf({ registry, name, version }: PackageName): string {
  return `${registry}:${normalizeName(registry, name)}@${version}`
}
