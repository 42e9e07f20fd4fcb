import { display, PhylumError } from '#base'
import type { NpmSource } from './npm_source.ts'

/** One version of a package, as its registry describes it. */
export interface PackageVersion {
  readonly version: string
  /** Where its archive lies. */
  readonly tarball: URL
  /** SHA-512 of the archive in base64; several where the registry names several. */
  readonly sha512: readonly string[]
}

/** What is chosen from a package. */
export interface Choice {
  readonly source: NpmSource
  /** This version and no other, wherever tags point by now. */
  readonly version?: string | undefined
  /** The version whose archive lies there, and no other. */
  readonly resolved?: string | undefined
}

/** Most versions that an error names. */
const MAX_NAMED = 8

interface Described {
  readonly deprecated?: unknown
  readonly dist?: { readonly tarball?: unknown; readonly integrity?: unknown }
}

/**
 * Chooses a version from what a registry says of a package, as npm does: a tag; for a range what "latest" points to where that is in
 * it, or else the highest that is not deprecated.
 *
 * @param text JSON, from outside
 * @throws ERR_REGISTRY_SOURCE when there is no such version, ERR_REGISTRY_INTEGRITY when its archive cannot be checked
 */
export async function chooseVersion(text: string, choice: Choice): Promise<PackageVersion> {
  const { name } = choice.source
  const refuse = (state: string, hints: string[] = []) =>
    new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "npm:${name}": ${state}`, { hints })
  const { versions, tags } = parse(text, name, refuse)
  const version = choice.version ?? findByTarball(versions, choice.resolved) ??
    await findByRange(versions, tags, choice.source.range)
  const found = versions.get(version ?? '')
  if (version === undefined || found === undefined) {
    throw refuse(
      choice.version === undefined && choice.resolved === undefined
        ? `no version is "${display(choice.source.range, 100)}"`
        : 'the version that was locked is not there any more',
      await describe(versions, tags),
    )
  }
  const { tarball, integrity } = found.dist ?? {}
  const url = typeof tarball === 'string' ? URL.parse(tarball) : null
  if (url === null) throw refuse(`the registry does not say where version ${display(version)} lies`)
  const sha512 = typeof integrity === 'string'
    ? [...integrity.matchAll(/(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)(?=[\s?]|$)/g)].map((each) =>
      each[1]!
    )
    : []
  if (sha512.length === 0) {
    throw new PhylumError(
      'ERR_REGISTRY_INTEGRITY',
      `Cannot fetch "npm:${name}": the registry gives no SHA-512 of version ${display(version)}`,
      { hints: ['publish it again with an npm of this decade'] },
    )
  }
  return { version, tarball: url, sha512 }
}

type Versions = ReadonlyMap<string, Described>

function parse(
  text: string,
  name: string,
  refuse: (state: string) => PhylumError,
): { versions: Versions; tags: ReadonlyMap<string, string> } {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw refuse('what the registry says of it is no JSON')
  }
  if (!isObject(document) || document['name'] !== name) {
    throw refuse('the registry speaks of another package')
  }
  // Maps: a version named "__proto__" or "constructor" is then a name like all others.
  const versions = Object.entries(isObject(document['versions']) ? document['versions'] : {})
  const tags = Object.entries(isObject(document['dist-tags']) ? document['dist-tags'] : {})
  return {
    versions: new Map(versions.filter((each): each is [string, Described] => isObject(each[1]))),
    tags: new Map(tags.filter((each): each is [string, string] => typeof each[1] === 'string')),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Finds the version of an archive; one that nobody has where it is gone. */
function findByTarball(versions: Versions, resolved: string | undefined): string | undefined {
  if (resolved === undefined) return undefined
  return [...versions].find(([, { dist }]) => dist?.tarball === resolved)?.[0] ?? ''
}

async function findByRange(
  versions: Versions,
  tags: ReadonlyMap<string, string>,
  range: string,
): Promise<string | undefined> {
  const tagged = tags.get(range)
  if (tagged !== undefined) return tagged
  const { default: semver } = await import('semver')
  if (semver.validRange(range) === null) return undefined
  const latest = tags.get('latest')
  if (latest !== undefined && semver.satisfies(latest, range)) return latest
  const all = [...versions.keys()]
  const isCurrent = (version: string) => versions.get(version)?.deprecated === undefined
  return semver.maxSatisfying(all.filter(isCurrent), range) ??
    semver.maxSatisfying(all, range) ?? undefined
}

/** Says what there is instead. */
async function describe(versions: Versions, tags: ReadonlyMap<string, string>): Promise<string[]> {
  const { default: semver } = await import('semver')
  const valid = semver.rsort([...versions.keys()].filter((version) => semver.valid(version)))
  if (valid.length === 0) return ['it has no version at all']
  const named = valid.slice(0, MAX_NAMED).join(', ')
  const rest = valid.length > MAX_NAMED ? ` and ${valid.length - MAX_NAMED} older ones` : ''
  const tagged = [...tags.keys()].slice(0, MAX_NAMED).map((tag) => display(tag, 50)).join(', ')
  return [`there are ${named}${rest}`, `its tags are ${tagged}`]
}
