import { type Fetch, PhylumError, Secret } from '#base'
import type { ApiUri } from '#config'
import type { Configuration } from 'openid-client'
import { classifyCredential } from './credential.ts'
import { type Answer, createNarrowFetch } from './narrow_fetch.ts'
import { explainClientError } from './explain_client_error.ts'
import { parseEndpoint } from './parse_endpoint.ts'

/** The key service takes this as the name of every client that asks for keys. */
const CLIENT_ID = 'locksmith'

const CONFIGURATION_PATH = '/locksmith/v1/.well-known/locksmith-configuration'

/** What talking to the key service needs from the world. */
export interface KeyServiceOptions {
  apiUri: ApiUri
  fetch: Fetch
  /** Longest time for each request, in milliseconds; 15 seconds unless told. */
  timeout?: number | undefined
}

/** The service that makes API keys for people who log in. */
export interface KeyService {
  readonly client: typeof import('openid-client')
  readonly configuration: Configuration
  /** Whether a login without a browser on this machine is offered, RFC 8628. */
  readonly hasDeviceLogin: boolean
  /** Where the owner of a credential can be asked for, where that is the API's own origin. */
  readonly userinfoPath: string | undefined
}

/** The key that is asked for. */
export interface KeyWish {
  name: string
  /** When it ends; it lasts for ever unless told. */
  expiry?: Date | undefined
}

/**
 * Reads what the API says of its key service.
 *
 * @throws ERR_AUTH_LOGIN when that cannot be had, or names addresses that do not belong together
 */
export async function discoverKeyService(options: KeyServiceOptions): Promise<KeyService> {
  const client = await import('openid-client')
  const { apiUri, fetch } = options
  const narrowFetch = createNarrowFetch(fetch, {
    fail: cannotLogIn,
    narrow: (answer, request) =>
      request.method === 'POST'
        ? adapt(answer)
        : nameIssuer(answer, request.url, apiUri, narrowFetch),
  })
  const settings = {
    [client.customFetch]: (url: string, init: unknown) => narrowFetch(url, init as RequestInit),
    timeout: (options.timeout ?? 15_000) / 1000,
    // The type of `apiUri` allows plain http to this machine alone, and the check below holds the endpoints to the same.
    execute: apiUri.startsWith('http:') ? [client.allowInsecureRequests] : [],
  }
  try {
    const configuration = await client.discovery(
      new URL(`${apiUri}${CONFIGURATION_PATH}`),
      CLIENT_ID,
      undefined,
      client.None(),
      settings,
    )
    const { userinfo_endpoint, device_authorization_endpoint } = assertOneService(
      configuration,
      apiUri,
    )
    const userinfo = parseEndpoint(userinfo_endpoint, apiUri)
    return {
      client,
      configuration,
      hasDeviceLogin: device_authorization_endpoint !== undefined,
      // A credential is for one origin.
      userinfoPath: userinfo?.origin === apiUri ? userinfo.pathname : undefined,
    }
  } catch (error) {
    throw explainLogin(error)
  }
}

/**
 * Holds the document to one service (RFC 9700, section 4.4, mix-up): people log in at the issuer, and nowhere else; the code goes to the
 * issuer or to the API itself, which served the document; nothing over plain http, but where all is this machine.
 */
function assertOneService(configuration: Configuration, apiUri: ApiUri) {
  const metadata = configuration.serverMetadata()
  const endpoints = [
    ['issuer', metadata.issuer],
    ['authorization endpoint', metadata.authorization_endpoint],
    ['token endpoint', metadata.token_endpoint],
    ['device authorization endpoint', metadata.device_authorization_endpoint],
  ] as const
  const issuer = parseEndpoint(metadata.issuer, apiUri)
  for (const [name, text] of endpoints) {
    if (text === undefined && name === 'device authorization endpoint') continue
    if (text === undefined) throw cannotLogIn(`the API names no ${name}`)
    const url = parseEndpoint(text, apiUri)
    if (url === undefined) {
      throw cannotLogIn(`the API names a login service whose ${name} is not an https address`)
    }
    const isOwn = url.origin === issuer?.origin ||
      (name === 'token endpoint' && url.origin === apiUri)
    if (!isOwn) {
      throw cannotLogIn(
        `the API names a login service whose ${name} lies elsewhere than its issuer`,
      )
    }
  }
  const methods = metadata.code_challenge_methods_supported
  // With "plain", whoever reads the first request knows the proof that the second one shows.
  if (methods !== undefined && !methods.includes('S256')) {
    throw cannotLogIn('the login service does not know PKCE with S256')
  }
  return metadata
}

/**
 * A key service may leave its issuer out of its document: then it is that of the API's OpenID provider. Without one, an answer in the
 * browser could not be told from another service's.
 */
async function nameIssuer(
  answer: Answer,
  url: string,
  apiUri: ApiUri,
  fetch: Fetch,
): Promise<Answer> {
  const isNameless = url === `${apiUri}${CONFIGURATION_PATH}` && answer.status === 200 &&
    answer.body['issuer'] === undefined
  if (!isNameless) return answer
  const response = await fetch(`${apiUri}/api/v0/.well-known/openid-configuration`)
  const { issuer } = await response.json().catch(() => ({}))
  return { status: answer.status, body: { ...answer.body, issuer } }
}

/**
 * Says in the words of OAuth what the key service says in its own: `{"token": …}` is the answer to a login, and errors may have the API's
 * form. Nothing else of a token answer is passed on: an ID token would be checked, and no claim of one is used.
 */
function adapt({ status, body }: Answer): Answer {
  if (status === 200 && !('device_code' in body)) {
    const { token } = body
    if (typeof token !== 'string') throw cannotLogIn('the answer of the key service holds no key')
    return { status, body: { access_token: token, token_type: 'bearer' } }
  }
  const error = body['error']
  if (status < 400 || typeof error !== 'object' || error === null) return { status, body }
  const { error_id, description } = error as Record<string, unknown>
  return { status: 400, body: { error: error_id ?? 'error', error_description: description } }
}

/** Reads the key out of a token answer. @throws ERR_AUTH_LOGIN when it is none */
export function parseKey(token: string): Secret {
  const key = Secret.parse(token, 'the key service')
  if (classifyCredential(key, 'the key service') === 'api_key') return key
  throw cannotLogIn('what the key service answered is not an API key')
}

/** The parameters of a token request that describe the key. */
export function describeWish({ name, expiry }: KeyWish): Record<string, string> {
  return { name, ...(expiry === undefined ? {} : { expiry: expiry.toISOString() }) }
}

/** Tells why a login did not come about. */
export function explainLogin(error: unknown): PhylumError {
  // RFC 9207: the code of another service must be sent to nobody.
  if (error instanceof Error && error.cause instanceof Error && /"iss"/.test(error.cause.message)) {
    return cannotLogIn('the answer in the browser comes from another login service')
  }
  return explainClientError(error, {
    fail: cannotLogIn,
    refuse: (code, words) => {
      const sentence = REFUSALS[code]
      return sentence === undefined
        ? cannotLogIn(`the login service answered ${words}`)
        : new PhylumError('ERR_AUTH_FAILED', `Cannot log in: ${sentence} (${words})`, {
          hints: ['try again: `phylum auth login`'],
        })
    },
    secrets: [],
  })
}

/** What it means when the service says no. */
const REFUSALS: Readonly<Record<string, string>> = {
  access_denied: 'the request was declined in the browser',
  expired_token: 'the code has expired before it was entered',
  invalid_grant: 'the login service does not accept the code',
}

/** Builds the error for a login that did not come about. */
export function cannotLogIn(state: string, cause?: unknown): PhylumError {
  return new PhylumError('ERR_AUTH_LOGIN', `Cannot log in: ${state}`, {
    cause,
    hints: [
      'try again: `phylum auth login`',
      'or store a key of the web UI: `phylum auth set-token`',
    ],
  })
}
