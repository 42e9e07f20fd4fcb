import { display, PhylumError } from '#base'
import { OWN_HEADERS } from '#protocol'

/**
 * Request headers that an extension may set. A list of what passes, not of what is refused: `Authorization`, `Cookie`,
 * `Host`, `X-Forwarded-*`, `X-HTTP-Method-Override`, `Forwarded`, `TE`, `Expect` and every hop-by-hop field (RFC 9110,
 * section 7.6.1) are absent, and so is whatever will be invented next.
 */
const REQUEST_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'prefer',
  'range',
  'x-request-id',
])

/** Response headers that an extension may see: no `Set-Cookie`, nothing that steers a connection or a browser. */
const RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'allow',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-range',
  'content-type',
  'date',
  'deprecation',
  'etag',
  'expires',
  'last-modified',
  'link',
  'preference-applied',
  'retry-after',
  'sunset',
  'vary',
  'x-request-id',
  'x-total-count',
])

const RATE_LIMIT = /^(x-)?ratelimit(-|$)/

/**
 * Copies the headers that an extension may send.
 *
 * @throws ERR_BROKER_REQUEST when a value holds a control character: runtimes pass some of them on (RFC 9110, section 5.5, forbids
 * it), and what a server makes of them is anybody's guess
 */
export function pickRequestHeaders(from: Headers): Headers {
  const headers = new Headers()
  for (const [name, value] of from) {
    if (!REQUEST_HEADERS.has(name)) continue
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw new PhylumError(
        'ERR_BROKER_REQUEST',
        `Cannot send the request: the header "${name}" holds a control character`,
      )
    }
    headers.set(name, value)
  }
  return headers
}

/** How the API may pack its answers: what every runtime unpacks. */
export const ACCEPTED_CODINGS = 'gzip, br'

/**
 * Refuses an answer that is packed in another way, or twice: the runtime hands it on as it is, and a credential that the API repeats
 * in it is found by nobody but the extension that unpacks it.
 *
 * @throws ERR_BROKER_RESPONSE
 */
export function assertUnpacked(headers: Headers): void {
  const content = headers.get('content-encoding') ?? ''
  const transfer = headers.get('transfer-encoding') ?? ''
  if (/^(|identity|gzip|br)$/i.test(content) && /^(|chunked)$/i.test(transfer)) return
  throw new PhylumError(
    'ERR_BROKER_RESPONSE',
    `Cannot read the answer of the API: it is packed as "${
      display(content || transfer, 40)
    }", and only ${ACCEPTED_CODINGS} can be unpacked`,
  )
}

/** Copies the headers that an extension may see, each value passed through `clean`. */
export function pickResponseHeaders(from: Headers, clean: (value: string) => string): Headers {
  const headers = new Headers()
  for (const [name, value] of from) {
    if (RESPONSE_HEADERS.has(name) || RATE_LIMIT.test(name)) headers.set(name, clean(value))
  }
  // A body that the platform has decoded keeps its old length and coding under Bun; both would be lies.
  const length = from.get('content-length')
  if (length !== null && !from.has('content-encoding')) headers.set('content-length', length)
  return headers
}

/** What belongs to one connection and not to a message (RFC 9110, section 7.6.1), or is said by whoever makes the connection. */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Copies the headers between a guest and a host that is not the API: all that are theirs. */
export function passHeaders(from: Headers): Headers {
  const named = (from.get('connection') ?? '').toLowerCase().split(',').map((name) => name.trim())
  const headers = new Headers()
  for (const [name, value] of from) {
    const isOurs = name.startsWith(OWN_HEADERS) || name.startsWith('proxy-')
    if (isOurs || OF_CONNECTIONS.has(name) || named.includes(name)) continue
    headers.append(name, value)
  }
  return headers
}
