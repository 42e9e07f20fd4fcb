import { type Fetch, PhylumError, Secret } from '#base'
import type { ApiUri } from '#config'
import type { Configuration, ServerMetadata } from 'openid-client'
import { classifyCredential } from './credential.ts'
import { type Answer, createNarrowFetch } from './narrow_fetch.ts'
import { explainClientError } from './explain_client_error.ts'
import { parseEndpoint } from './parse_endpoint.ts'

const CLIENT_ID = 'phylum_cli'

/** Longest life of an access token that is believed, in seconds. */
const MAX_LIFETIME = 366 * 24 * 60 * 60

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
  try {
    const { client, configuration } = await discoverLoginService(options)
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
 * Ends the login of a refresh token at the service that issued it, RFC 7009, where that can be done.
 *
 * @returns whether the service says how
 * @throws as `exchangeRefreshToken`
 */
export async function revokeRefreshToken(
  refreshToken: Secret,
  options: ExchangeOptions,
): Promise<boolean> {
  try {
    const { client, configuration } = await discoverLoginService(options)
    const { issuer, revocation_endpoint } = configuration.serverMetadata()
    if (revocation_endpoint === undefined) return false
    const endpoint = parseEndpoint(revocation_endpoint, options.apiUri)
    if (endpoint?.origin !== new URL(issuer).origin) {
      throw cannotExchange('the API names a login service whose revocation endpoint lies elsewhere')
    }
    await client.tokenRevocation(configuration, refreshToken.reveal(), {
      token_type_hint: 'refresh_token',
    })
    return true
  } catch (error) {
    throw explain(error, refreshToken)
  }
}

async function discoverLoginService(
  options: ExchangeOptions,
): Promise<{ client: typeof import('openid-client'); configuration: Configuration }> {
  const client = await import('openid-client')
  const narrowFetch = createNarrowFetch(options.fetch, { fail: cannotExchange, narrow })
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
  return { client, configuration }
}

/**
 * Holds the discovery document to one service. The API serves a copy of the document of its login service, so the issuer is not the
 * address that was asked, as OpenID Connect Discovery 1.0, section 4.3, has it; the trust comes from the API's own
 * https. What can be held to: the token goes to the issuer's origin (RFC 9700, section 4.4, mix-up), over https, or over http
 * where the API and the service are both this machine.
 */
function assertOneService(metadata: ServerMetadata, apiUri: ApiUri): void {
  const issuer = parseEndpoint(metadata.issuer, apiUri)
  const endpoint = parseEndpoint(metadata.token_endpoint, apiUri)
  if (issuer === undefined || endpoint === undefined) {
    throw cannotExchange('the API names a login service that is not an https address')
  }
  if (issuer.origin !== endpoint.origin) {
    throw cannotExchange('the API names a login service whose token endpoint lies elsewhere')
  }
}

/**
 * Leaves of a token answer only what is used. An odd lifetime, or an ID token that nobody reads, must not make the client throw the
 * answer away: by then the old refresh token is spent, and the new one is in it.
 */
function narrow(answer: Answer, { method }: { method: string }): Answer {
  if (method !== 'POST' || answer.status !== 200) return answer
  const { access_token, token_type, refresh_token, expires_in } = answer.body
  // RFC 6749, section 5.1, recommends `expires_in` and does not demand it; what is no sensible time counts as absent.
  const lifetime = typeof expires_in === 'string' ? Number(expires_in) : expires_in
  const isSensible = typeof lifetime === 'number' && lifetime > 0 && lifetime <= MAX_LIFETIME
  const body = {
    access_token,
    token_type,
    ...(typeof refresh_token === 'string' && refresh_token !== '' ? { refresh_token } : {}),
    ...(isSensible ? { expires_in: lifetime } : {}),
  }
  return { status: answer.status, body }
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

function explain(error: unknown, refreshToken: Secret): PhylumError {
  return explainClientError(error, {
    fail: cannotExchange,
    refuse: (code, words) =>
      code === 'invalid_grant'
        ? new PhylumError(
          'ERR_AUTH_FAILED',
          `Cannot exchange the refresh token: the login service refused it, ${words}`,
          { hints: ['log in again: `phylum auth login`'] },
        )
        : cannotExchange(`the login service answered ${words}`),
    secrets: [refreshToken],
  })
}

function cannotExchange(state: string, cause?: unknown): PhylumError {
  return new PhylumError('ERR_AUTH_EXCHANGE', `Cannot exchange the refresh token: ${state}`, {
    cause,
  })
}
