import { PhylumError } from '#base'
import { parsePattern } from './pattern.ts'
import type { Pattern } from './pattern.ts'
import { findAmbiguity } from './plain_path.ts'
import { refusal } from './refusal.ts'

/** Methods that an extension can send at all. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What a pattern is relative to when it does not begin with "/api/". */
const DEFAULT_BASE = '/api/v0'

/** What may be asked of the API: everything, or what one of these endpoints matches. */
export type ApiGrant = true | readonly Endpoint[]

/** A method and a pattern of paths: one entry of a manifest's `[api] allow`. */
export interface Endpoint {
  /** An HTTP method, or "*" for each of them. */
  readonly method: string
  /** The pattern of the whole path: "/api/v0/groups/:name". */
  readonly pattern: string
  /** Answers whether a request is meant by it. */
  matches(method: string, path: string): boolean
  /** Answers whether everything that another endpoint matches is matched by this one too; when in doubt, it is not. */
  covers(other: Endpoint): boolean
  /** Writes it as in a manifest, as short as possible. */
  toString(): string
}

/**
 * Parses an entry of `[api] allow`: a method in capitals or "*", a space, a path in the syntax of `URLPattern`. A path that does not
 * begin with "/api/" is taken relative to "/api/v0".
 *
 * @throws ERR_PERMISSIONS_VALUE
 */
export function parseEndpoint(text: string): Endpoint {
  const [method = '', path, ...more] = text.split(' ')
  if (path === undefined || more.length > 0) {
    throw refusal('api', text, 'it is not a method, one space and a path, such as "GET /groups"')
  }
  if (method !== '*' && !METHODS.includes(method)) {
    throw refusal('api', text, `its method is not one of ${METHODS.join(', ')} or "*"`)
  }
  if (!path.startsWith('/')) throw refusal('api', text, 'its path does not begin with "/"')
  const full = path.startsWith('/api/') ? path : DEFAULT_BASE + path
  return new ParsedEndpoint(method, parsePattern(full, (state) => refusal('api', text, state)))
}

/**
 * Answers whether a request is granted. HEAD is granted where GET is.
 *
 * @param path the whole path as it is sent, percent-encoded: "/api/v0/groups". One that a server could read in two ways is never
 * granted
 */
export function isGranted(grant: ApiGrant, method: string, path: string): boolean {
  if (!METHODS.includes(method) || !isPlain(path)) return false
  return grant === true || grant.some((endpoint) => endpoint.matches(method, path))
}

/** Writes the entry for `[api] allow` that grants this request and no other (but HEAD, with GET). */
export function suggestEndpoint(method: string, path: string): string {
  return `${method} ${shorten(path.replace(/[:*?+(){}\\]/g, '\\$&'))}`
}

class ParsedEndpoint implements Endpoint {
  readonly method: string
  readonly pattern: string
  readonly #parsed: Pattern
  #compiled: URLPattern | undefined

  constructor(method: string, parsed: Pattern) {
    this.method = method
    this.pattern = parsed.text
    this.#parsed = parsed
  }

  matches(method: string, path: string): boolean {
    if (!this.#isMethod(method) || !isPlain(path)) return false
    if (this.#parsed.literal !== undefined) return this.#parsed.literal === path
    this.#compiled ??= new URLPattern({ pathname: this.pattern })
    return this.#compiled.test({ pathname: path })
  }

  covers(other: Endpoint): boolean {
    if (!this.#isMethod(other.method)) return false
    if (this.pattern === other.pattern) return true
    const inner = parsePattern(other.pattern, unexpected)
    if (inner.literal !== undefined) {
      return this.matches(other.method === '*' ? 'GET' : other.method, inner.literal)
    }
    // Without modifiers each sign of the inner pattern stands for at least what is written, so a common beginning decides.
    const { prefix } = this.#parsed
    return prefix !== undefined && !inner.hasModifier && inner.text.startsWith(prefix)
  }

  toString(): string {
    return `${this.method} ${shorten(this.pattern)}`
  }

  #isMethod(method: string): boolean {
    return this.method === '*' || this.method === method ||
      (this.method === 'GET' && method === 'HEAD')
  }
}

/** Answers whether a path lies below the API, and means the same to every server. */
function isPlain(path: string): boolean {
  return path.startsWith('/api/') && !/[\\?]/.test(path) && findAmbiguity(path) === undefined
}

function shorten(path: string): string {
  const rest = path.slice(DEFAULT_BASE.length)
  return path.startsWith(`${DEFAULT_BASE}/`) && !rest.startsWith('/api/') ? rest : path
}

function unexpected(state: string): PhylumError {
  return new PhylumError('ERR_UNEXPECTED', `Cannot read a parsed pattern again: ${state}`)
}
