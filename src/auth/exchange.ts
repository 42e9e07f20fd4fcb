import { display, type Fetch, isPhylumError, PhylumError, Secret } from '#base'
import { type ApiUri, isLoopback } from '#config'
import type { ServerMetadata } from 'openid-client'
import { classifyCredential } from './credential.ts'
import { cannotExchange, createNarrowFetch } from './narrow_fetch.ts'

const CLIENT_ID = 'phylum_cli'

/** What an exchange needs from the world. */
export interface ExchangeOptions {
  apiUri: ApiUri
  fetch: Fetch
  /** Longest time for each of the two requests, in milliseconds; 15 seconds unless told. */
  timeout?: number | undefined
}

/** What came of an exchange. */
export interface Tokens {
  readonly accessToken: Secret
  /** The refresh token from now on: a new one, or the one that was exchanged. */
  readonly refreshToken: Secret
  /** Life of the access token in milliseconds, where the service says a sensible one. */
  readonly lifetime: number | undefined
}

/**
 * Exchanges a refresh token for an access token, at the login service that the API names.
 *
 * @throws ERR_AUTH_FAILED when the service refuses the token, ERR_AUTH_EXCHANGE when anything else goes wrong,
 * ERR_AUTH_CREDENTIAL for an API key, which is never sent to a login service
 */
export async function exchangeRefreshToken(
  refreshToken: Secret,
  options: ExchangeOptions,
): Promise<Tokens> {
  if (classifyCredential(refreshToken, 'the exchange') !== 'refresh_token') {
    throw new PhylumError('ERR_AUTH_CREDENTIAL', 'Cannot exchange an API key: it is used as it is')
  }
  const client = await import('openid-client')
  const narrowFetch = createNarrowFetch(options.fetch)
  try {
    const configuration = await client.discovery(
      new URL(`${options.apiUri}/api/v0/.well-known/openid-configuration`),
      CLIENT_ID,
      undefined,
      client.None(),
      {
        [client.customFetch]: (url, init) => narrowFetch(url, init as RequestInit),
        timeout: (options.timeout ?? 15_000) / 1000,
        // The type of `apiUri` allows plain http to this machine alone, and the check below holds the endpoint to the same.
        execute: options.apiUri.startsWith('http:') ? [client.allowInsecureRequests] : [],
      },
    )
    assertOneService(configuration.serverMetadata(), options.apiUri)
    const answer = await client.refreshTokenGrant(configuration, refreshToken.reveal())
    // RFC 6750; a token of another type would need a proof that is not made here.
    if (answer.token_type !== 'bearer') {
      throw cannotExchange('the access token is not a bearer token')
    }
    return {
      accessToken: parseAnswered(answer.access_token),
      refreshToken: parseSuccessor(answer.refresh_token) ?? refreshToken,
      lifetime: answer.expires_in === undefined ? undefined : answer.expires_in * 1000,
    }
  } catch (error) {
    throw explain(error, refreshToken)
  }
}

/**
 * Holds the discovery document to one service. The API serves a copy of the document of its login service, so the issuer is not the
 * address that was asked, as OpenID Connect Discovery 1.0, section 4.3, has it; the trust comes from the API's own
 * https. What can be held to: the token goes to the issuer's origin (RFC 9700, section 4.4, mix-up), over https, or over http
 * where the API and the service are both this machine.
 */
function assertOneService(metadata: ServerMetadata, apiUri: ApiUri): void {
  const issuer = URL.parse(metadata.issuer)
  const endpoint = URL.parse(metadata.token_endpoint ?? '')
  for (const url of [issuer, endpoint]) {
    const isSafe = url?.protocol === 'https:' ||
      (url?.protocol === 'http:' && apiUri.startsWith('http:') && isLoopback(url.hostname))
    if (!isSafe || url.username !== '' || url.password !== '') {
      throw cannotExchange('the API names a login service that is not an https address')
    }
  }
  if (issuer?.origin !== endpoint?.origin) {
    throw cannotExchange('the API names a login service whose token endpoint lies elsewhere')
  }
}

function parseAnswered(value: string): Secret {
  return Secret.parse(value, 'the login service')
}

function parseSuccessor(value: string | undefined): Secret | undefined {
  if (value === undefined) return undefined
  const token = parseAnswered(value)
  // Stored, it would be taken for an API key, and sent to the API instead of being exchanged.
  if (classifyCredential(token, 'the login service') !== 'refresh_token') {
    throw cannotExchange('the new refresh token has the form of an API key')
  }
  return token
}

// Nothing of the client's errors is passed on but their codes: their causes hold whole answers, tokens included.
function explain(error: unknown, refreshToken: Secret): PhylumError {
  if (isPhylumError(error)) return error
  if (!(error instanceof Error)) return cannotExchange('the reason is unknown')
  if (isPhylumError(error.cause)) return error.cause
  if ('error' in error && typeof error.error === 'string') {
    const words = describeRefusal(error as RefusalError, refreshToken)
    if (error.error !== 'invalid_grant') {
      return cannotExchange(`the login service answered ${words}`)
    }
    return new PhylumError(
      'ERR_AUTH_FAILED',
      `Cannot exchange the refresh token: the login service refused it, ${words}`,
      { hints: ['store a new credential: `phylum auth set-token`'] },
    )
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return cannotExchange(ANSWERS[code ?? ''] ?? 'the login service gave no usable answer')
}

type RefusalError = Error & { error: string; error_description?: unknown }

function describeRefusal(refusal: RefusalError, refreshToken: Secret): string {
  const description = typeof refusal.error_description === 'string' ? refusal.error_description : ''
  const text = description === '' ? refusal.error : `${refusal.error}: ${description}`
  // A service that repeats the request in its answer would put the token on the screen.
  const isLeaking = text.includes(refreshToken.reveal()) ||
    text.includes(encodeURIComponent(refreshToken.reveal()))
  return isLeaking ? 'with words that hold the token' : `"${display(text, 200)}"`
}

const ANSWERS: Readonly<Record<string, string>> = {
  OAUTH_TIMEOUT: 'the login service did not answer in time',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'the login service is not an https address',
  OAUTH_INVALID_RESPONSE: 'an answer lacks what it must have',
  OAUTH_MISSING_SERVER_METADATA: 'the API names no token endpoint',
  OAUTH_PARSE_ERROR: 'an answer is not JSON',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'an answer has an unexpected status',
  OAUTH_RESPONSE_IS_NOT_JSON: 'an answer is not JSON',
  OAUTH_UNSUPPORTED_OPERATION: 'the access token is not a bearer token',
}
