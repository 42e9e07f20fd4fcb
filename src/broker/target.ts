import { PhylumError } from '#base'

/** The part of a URL that a guest may choose: a path below the API's own, and a query. */
export interface Target {
  /** Serialised path, "/api/v0/groups": what is matched against the grants and sent, byte for byte. */
  path: string
  /** Query with its question mark, or the empty string. */
  search: string
  /** The whole URL on the API's origin. */
  url: URL
}

/** Everything that an extension can reach lies below this path. */
const API_PREFIX = '/api/'

/** Longest target, in characters; what common servers accept. */
const MAX_LENGTH = 8192

/** How often a path is decoded in search of a hidden separator; proxies that decode twice exist, thrice is folly. */
const MAX_DECODINGS = 3

/**
 * Turns the request target that a guest sent into a URL on the API's origin.
 *
 * Resolving foreign text against a base is how credentials leave: `//evil`, `/\evil` and a tab in front all change
 * the origin. So the target is checked as text first, then appended, and the parsed result must be what was checked.
 *
 * @param target origin-form of RFC 9112, section 3.2.1: "/api/v0/groups?limit=5"
 * @param apiOrigin "https://api.example"
 * @throws ERR_BROKER_REQUEST when it is not below the API path, or not in canonical form
 */
export function parseTarget(target: string, apiOrigin: string): Target {
  if (target.length > MAX_LENGTH) throw refusal(`it is longer than ${MAX_LENGTH} characters`)
  if (/[^\x21-\x7e]/.test(target)) throw refusal('it holds a character that is not visible ASCII')
  if (target.includes('\\')) throw refusal('it holds a backslash')
  if (target.includes('#')) throw refusal('it holds a fragment')
  const question = target.indexOf('?')
  const path = question === -1 ? target : target.slice(0, question)
  assertPlainPath(path)
  if (!path.startsWith(API_PREFIX)) throw refusal(`it is not below "${API_PREFIX}"`)
  let url: URL
  try {
    url = new URL(apiOrigin + target)
  } catch (cause) {
    throw refusal('it is not a path', cause)
  }
  // Grants were matched against `path`: had the parser read anything else, another path would be sent than was allowed.
  if (url.origin !== apiOrigin || url.pathname !== path) {
    throw refusal('it is not in canonical form')
  }
  return { path, search: url.search, url }
}

/** Refuses what a server behind the API could read as another path: dot segments and separators, however encoded. */
function assertPlainPath(path: string): void {
  assertEncoding(path)
  let text = path
  for (let round = 0; round <= MAX_DECODINGS; round++) {
    // deno-lint-ignore no-control-regex
    if (/[\u0000-\u001f\u007f]/.test(text)) throw refusal('it holds an encoded control character')
    if (round > 0 && countSlashes(text) !== countSlashes(path)) {
      throw refusal('it holds an encoded slash')
    }
    for (const segment of text.slice(1).split('/')) {
      // "..;x" is a dot segment to servers that take what follows a semicolon for a parameter.
      const name = segment.split(';', 1)[0]
      if (name === '.' || name === '..') throw refusal('it holds a dot segment')
    }
    if (!text.includes('%')) break
    // Byte by byte, whether it is text or not: a decoder that gave up at "%25ff" would not see the dots behind it.
    text = text.replace(/%([0-9A-Fa-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)))
  }
  if (path.includes('//')) throw refusal('it holds an empty segment')
}

/** Refuses escapes that are none, and bytes that are no text: each server makes something else of them. */
function assertEncoding(path: string): void {
  try {
    decodeURIComponent(path)
  } catch (cause) {
    throw refusal('it holds a broken percent-encoding', cause)
  }
}

function countSlashes(text: string): number {
  return text.split(/[/\\]/).length
}

function refusal(state: string, cause?: unknown): PhylumError {
  return new PhylumError('ERR_BROKER_REQUEST', `Cannot use the request path: ${state}`, { cause })
}
