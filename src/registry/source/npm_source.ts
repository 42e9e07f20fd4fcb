import { refuseSource } from './refuse_source.ts'

/** A package of an npm registry. */
export interface NpmSource {
  readonly kind: 'npm'
  readonly name: string
  /** A range of versions or a tag; "latest" where none was typed. */
  readonly range: string
}

/** Longest name of a package, as npm has it. */
const MAX_NAME = 214

/** Longest range of versions. */
const MAX_RANGE = 256

/** Answers whether a text is the name of a package: lower case, so that no two names differ in case alone. */
export function isPackageName(text: string): boolean {
  const part = '[a-z0-9](?:[a-z0-9._~-]*[a-z0-9_~-])?'
  return text.length <= MAX_NAME && new RegExp(`^(?:@${part}/)?${part}$`).test(text)
}

/**
 * Reads "npm:name", "npm:name@range", "npm:@scope/name@range".
 *
 * @throws ERR_REGISTRY_SOURCE
 */
export function parseNpm(text: string): NpmSource {
  const spec = text.slice('npm:'.length)
  const at = spec.indexOf('@', 1)
  const name = at === -1 ? spec : spec.slice(0, at)
  if (!isPackageName(name)) {
    throw refuseSource(text, 'a package is named in lower case letters, digits, ".", "_" and "-"', {
      hints: ['write it as in "npm:@team/name@^1"'],
    })
  }
  const range = at === -1 ? 'latest' : spec.slice(at + 1).trim()
  if (range === '') throw refuseSource(text, 'nothing stands behind the last "@"')
  // What else npm takes there (a path, a URL, another name) would be another source than the one that is shown.
  if (range.length > MAX_RANGE || !/^[A-Za-z0-9 .*^~<>=|+_-]+$/.test(range)) {
    throw refuseSource(text, 'what stands behind the last "@" is neither a range nor a tag')
  }
  return { kind: 'npm', name, range }
}
