import type { Ecosystem, PackageName } from './package_name.ts'

/** The types of package URLs that stand for an ecosystem. */
const TYPES: Readonly<Record<Ecosystem, string>> = {
  npm: 'npm',
  pypi: 'pypi',
  maven: 'maven',
  rubygems: 'gem',
  nuget: 'nuget',
  cargo: 'cargo',
  golang: 'golang',
}

const ECOSYSTEMS: ReadonlyMap<string, Ecosystem> = new Map(
  Object.entries(TYPES).map(([ecosystem, type]) => [type, ecosystem as Ecosystem]),
)

/** What parts a name into namespace and name, by ecosystem. */
function separatorOf(registry: Ecosystem): string {
  return registry === 'maven' ? ':' : '/'
}

/** Writes the package URL of a package (github.com/package-url/purl-spec). */
export function renderPurl({ registry, name, version }: PackageName): string {
  const path = name.split(separatorOf(registry)).map(encode).join('/')
  return `pkg:${TYPES[registry]}/${path}@${encode(version)}`
}

/** Reads a package URL; `undefined` where it is none, names no version, or an ecosystem that nobody knows here. */
export function parsePurl(text: string): PackageName | undefined {
  const [bare = ''] = text.split(/[?#]/, 1)
  const match = /^pkg:\/{0,2}([A-Za-z0-9.+-]+)\/(.+)@([^@/]+)$/.exec(bare)
  const registry = ECOSYSTEMS.get(match?.[1]?.toLowerCase() ?? '')
  if (match === null || registry === undefined) return undefined
  try {
    const segments = match[2]!.split('/').filter((segment) => segment !== '')
    const name = segments.map(decodeURIComponent).join(separatorOf(registry))
    const version = decodeURIComponent(match[3]!)
    return name === '' ? undefined : { registry, name, version }
  } catch {
    // A "%" that begins no escape.
    return undefined
  }
}

/** The specification leaves a colon as it is, and nothing else that `encodeURIComponent` escapes. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%3A/g, ':')
}
