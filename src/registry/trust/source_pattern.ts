import type { Source } from '../source/source.ts'

/** What a rule of the policy says of sources: one place, or all that lie below it. */
export interface SourcePattern {
  readonly place: string
  /** Whether it is what stands below the place that is meant, and not the place itself. */
  readonly isBelow: boolean
}

/** Short names of hosts, as sources have them. */
const HOSTS: Readonly<Record<string, string>> = {
  'github:': 'https://github.com/',
  'gitlab:': 'https://gitlab.com/',
}

/**
 * Reads a pattern: a source without its version ("npm:@acme/report", "github:acme/tools", "https://host/pack.tgz", "~/src/report"), or all
 * below one ("npm:@acme/*", "https://host/team/*").
 *
 * @param refuse builds the error from what is wrong
 */
export function parseSourcePattern(
  text: string,
  home: string,
  refuse: (state: string) => Error,
): SourcePattern {
  // It would match nothing: a rule that refuses "https://host/team/" would refuse nothing of it.
  if (text.endsWith('/')) throw refuse('it ends with "/": write "/*" for all that lies below')
  const isBelow = text.endsWith('/*')
  const plain = isBelow ? text.slice(0, -1) : text
  // "https://host*" would stand for "https://host.evil.example/", and "npm:@acme*" for "npm:@acme-evil/x".
  if (plain.includes('*')) throw refuse('"*" stands at its end alone, and behind "/"')
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u0020\u007f\\]/.test(plain)) {
    throw refuse('it holds a space, a backslash or a control character')
  }
  if (plain.startsWith('npm:')) {
    if (plain.indexOf('@', 'npm:@'.length) !== -1) throw refuse('it names a version')
    return { place: plain, isBelow }
  }
  if (/[?#]/.test(plain)) throw refuse('it holds "?" or "#"')
  const place = plain.startsWith('~/') ? home + plain.slice(1) : expand(plain)
  if (place.startsWith('/')) {
    if (/\/\.{1,2}(\/|$)/.test(place)) throw refuse('it holds "." or ".."')
    return { place, isBelow }
  }
  if (/^[^/:]+@[^/:]+:./.test(place)) return { place: withoutSuffix(place), isBelow }
  const url = URL.parse(place)
  if (url === null || !/^(https?|ssh|file):\/\//.test(place)) {
    throw refuse('it is no source: begin with "npm:", "github:", "https://", "/" or "~/"')
  }
  if (url.protocol !== 'file:' && url.hostname === '') throw refuse('it names no host')
  return { place: withoutSuffix(url.href), isBelow }
}

/** Answers whether an extension comes from where a pattern says. */
export function matchesSource(pattern: SourcePattern, source: Source): boolean {
  const place = placeOf(source)
  if (!pattern.isBelow) return place === pattern.place
  if (!place.startsWith(pattern.place)) return false
  const rest = place.slice(pattern.place.length)
  // "https://host/team/..%2fevil/x.tgz" begins as it should, and some servers read it as "https://host/evil/x.tgz".
  return rest !== '' && !/%2e|%2f|%5c|\\|(^|\/)\.\.(\/|$)/i.test(rest)
}

/** Answers whether two sources differ at most in version, branch or directory. */
export function isSamePlace(left: Source, right: Source): boolean {
  return left.kind === right.kind && placeOf(left) === placeOf(right)
}

/** Writes where a source lies, without its version, branch or directory. */
function placeOf(source: Source): string {
  switch (source.kind) {
    case 'directory':
      return source.path
    case 'archive':
      return source.location
    case 'git':
      return withoutSuffix(source.url)
    case 'npm':
      return `npm:${source.name}`
  }
}

function expand(text: string): string {
  const host = Object.keys(HOSTS).find((each) => text.startsWith(each))
  return host === undefined ? text.replace(/^git\+/, '') : HOSTS[host] + text.slice(host.length)
}

function withoutSuffix(url: string): string {
  return url.replace(/\.git$/, '')
}
