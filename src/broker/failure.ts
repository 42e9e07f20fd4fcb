import { PhylumError } from '#base'
import type { ErrorCode } from '#base'
import { ERROR_HEADER } from '#protocol'
import type { WireError } from '#protocol'

/** HTTP status of each answer that the broker gives in its own name; every other error is 502. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  ERR_BROKER_CAPABILITY: 401,
  ERR_BROKER_REQUEST: 400,
  ERR_BROKER_METHOD: 405,
  ERR_BROKER_DENIED: 403,
  ERR_BROKER_HOST: 403,
  ERR_BROKER_ADDRESS: 403,
  ERR_BROKER_TIMEOUT: 504,
  ERR_BROKER_BUSY: 429,
}

/** A request that the manifest does not grant; carries the entry that would. */
export class Denied extends PhylumError {
  readonly grant: string

  constructor(message: string, grant: string) {
    super('ERR_BROKER_DENIED', message)
    this.grant = grant
  }
}

/**
 * Renders an error as the broker's answer: code and message, nothing else. A cause, a stack or a hint may hold what only
 * the host knows, and an error that is not ours may quote the header it choked on.
 */
export function renderFailure(error: unknown): Response {
  const body = wireError(error)
  const code = body.error.code as ErrorCode
  return new Response(JSON.stringify(body), {
    status: STATUS[code] ?? 502,
    headers: {
      'content-type': 'application/json',
      [ERROR_HEADER]: code,
      // The body of a refused request is left unread: bytes on this connection could be parsed as a further request.
      'connection': 'close',
    },
  })
}

/** Puts an error into the words that may cross the wire; `renderFailure()` says why they are so few. */
export function wireError(error: unknown): WireError {
  const known = error instanceof PhylumError
    ? error
    : new PhylumError('ERR_UNEXPECTED', 'Cannot answer the request: unexpected error in the host')
  const grant = known instanceof Denied ? { grant: known.grant } : {}
  return { error: { code: known.code, message: known.message, ...grant } }
}

/**
 * Names what kept a request from reaching the API: each platform words it differently, none in a way for users.
 *
 * @param origin what was to be reached, for the message
 * @param whom the same in words
 */
export function describeTransportError(
  error: unknown,
  origin: string,
  whom = 'the API',
): PhylumError {
  const text = gatherText(error)
  const host = new URL(origin).host
  if (/ENOTFOUND|EAI_AGAIN|dns error|failed to lookup|getaddrinfo|DNSException/i.test(text)) {
    return new PhylumError(
      'ERR_BROKER_DNS',
      `Cannot reach ${whom}: no address is known for "${host}"`,
    )
  }
  if (/certificate|CERT_|TLS|SSL|handshake|ERR_TLS|UNABLE_TO_VERIFY|SELF_SIGNED/i.test(text)) {
    return new PhylumError(
      'ERR_BROKER_TLS',
      `Cannot reach ${whom}: the TLS certificate of "${host}" is not trusted`,
    )
  }
  if (/ECONNREFUSED|ConnectionRefused|connection refused/i.test(text)) {
    return new PhylumError(
      'ERR_BROKER_CONNECT',
      `Cannot reach ${whom}: "${host}" refused the connection`,
    )
  }
  if (
    /ECONNRESET|ConnectionClosed|connection (was )?(closed|reset)|socket hang up|IncompleteMessage|EPIPE|broken pipe/i
      .test(text)
  ) {
    return new PhylumError(
      'ERR_BROKER_CONNECT',
      `Cannot reach ${whom}: "${host}" closed the connection`,
    )
  }
  if (
    /Malformed|invalid HTTP|HPE_|parse|InvalidHTTPResponse|Decompression|ZlibError|BrotliDecompression/i
      .test(text)
  ) {
    return new PhylumError(
      'ERR_BROKER_RESPONSE',
      `Cannot read the answer of ${whom}: "${host}" does not speak HTTP as it should`,
    )
  }
  if (/ETIMEDOUT|timed out|Timeout/i.test(text)) {
    return new PhylumError(
      'ERR_BROKER_TIMEOUT',
      `Cannot reach ${whom}: the connection to "${host}" timed out`,
    )
  }
  return new PhylumError(
    'ERR_BROKER_CONNECT',
    `Cannot reach ${whom}: the connection to "${host}" failed`,
  )
}

/** Collects names, codes and messages along the chain of causes; used to classify, never shown. */
function gatherText(error: unknown): string {
  const parts: string[] = []
  let link: unknown = error
  for (let depth = 0; depth < 5 && link instanceof Error; depth++) {
    parts.push(link.name, link.message, 'code' in link ? String(link.code) : '')
    link = link.cause
  }
  return parts.join(' ')
}
