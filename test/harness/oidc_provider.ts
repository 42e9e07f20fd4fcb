import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Provider from 'oidc-provider'
import type { Adapter } from 'oidc-provider'
import { serveKeys, type TestKey } from './key_service.ts'

/** A request as the API or the login service saw it. */
export interface SeenRequest {
  at: 'api' | 'login'
  /** As in "POST /token". */
  line: string
}

/** An API and its login service, a real OpenID provider, each on a free port of the loopback interface. */
export interface TestProvider {
  /** Address of the API, for `connection.uri` or PHYLUM_API_URI. */
  uri: string
  /** Address of the login service; another origin than the API, as in the real system. */
  issuer: string
  /** A refresh token that has not been used. */
  refreshToken: string
  /** Every request so far, in order. */
  seen: SeenRequest[]
  /** How many exchanges succeeded. */
  exchanges(): number
  /** Every refresh token that was shown to the login service, in order. */
  shown: string[]
  /** How many exchanges were refused. */
  refusals(): number
  /** What the key service has made, by name. */
  keys: Map<string, TestKey>
  /** Closes the connections on which nothing is under way, as services do in time. */
  closeConnections(): void
  /** Makes the API answer 401 to every access token issued so far. */
  revokeAccessTokens(): void
  /** Ends the login: no refresh token of it can be exchanged any more. */
  revokeRefreshTokens(): void
  /** Makes another login, and answers its refresh token. */
  login(): Promise<string>
  /** Replaces the keys with which the provider signs. */
  rotateKeys(): Promise<void>
  stop(): Promise<void>
}

/** How the provider behaves. */
export interface TestProviderOptions {
  /** Life of an access token in seconds; 360 unless told. */
  accessTokenLifetime?: number
  /** Whether each exchange brings a new refresh token, and a second use of an old one ends the login; true unless told. */
  isRotating?: boolean
  /** Path of the issuer, "/realms/phylum"; none unless told. */
  path?: string
  /** How ID tokens are signed; ES256 unless told. */
  algorithm?: 'ES256' | 'RS256'
  /** Changes the document of the key service. */
  describeKeyService?: (document: Record<string, unknown>) => unknown
  /** Answers a request of the key service's token endpoint instead of it; `undefined` lets it. */
  answerKey?: (form: URLSearchParams) => { status: number; body: unknown } | undefined
  /** Does something between the provider's answer to an exchange and its way back. */
  beforeAnswer?: () => Promise<void>
}

const SCOPE = 'openid offline_access'

/**
 * Starts an API with what a client needs: `GET /api/v0/.well-known/openid-configuration` serves the discovery document of the
 * login service, `GET /api/v0/groups` answers `{"groups":[]}` to a current access token or key and 401 to anything else, `/locksmith/v1`
 * is a key service, and the rest is 404. People log in on the provider's own pages, with any name and password.
 *
 * ```ts
 * const provider = await startProvider()
 * try { … PHYLUM_API_KEY: provider.refreshToken, PHYLUM_API_URI: provider.uri … } finally { await provider.stop() }
 * ```
 */
export async function startProvider(options: TestProviderOptions = {}): Promise<TestProvider> {
  const seen: SeenRequest[] = []
  const records = new Records()
  const path = options.path ?? ''
  let handle: RequestListener = () => {}
  const login = await listen((request, response) => {
    seen.push({ at: 'login', line: `${request.method} ${request.url}` })
    // The form for a new account, which this provider has not.
    if (request.url?.startsWith(`${path}/registrations?`)) {
      const location = request.url.replace('/registrations?', '/auth?')
      return void response.writeHead(303, { location }).end()
    }
    if (request.method === 'POST' && request.url === `${path}/device/auth`) hurry(response)
    if (request.method === 'POST' && request.url === `${path}/token`) delay(response, options)
    Object.assign(request, { originalUrl: request.url })
    request.url = request.url?.slice(path.length) ?? ''
    handle(request, response)
  })
  const issuer = `${login.origin}${path}`
  let exchanges = 0
  let refusals = 0
  const shown: string[] = []
  async function openProvider(): Promise<Provider> {
    const opened = await createProvider(issuer, records, options)
    opened.on('grant.success', ({ oidc: { params } }) => {
      if (params.refresh_token === undefined) return
      exchanges++
      shown.push(params.refresh_token)
    })
    opened.on('grant.error', ({ oidc: { params } }) => {
      if (params.refresh_token === undefined) return
      refusals++
      shown.push(params.refresh_token)
    })
    handle = opened.callback()
    return opened
  }
  let provider = await openProvider()

  const keys = new Map<string, TestKey>()
  const api = await listen(async (request, response) => {
    seen.push({ at: 'api', line: `${request.method} ${request.url}` })
    const answer = (status: number, body: unknown): void => {
      const text = body === undefined ? '' : JSON.stringify(body)
      response.writeHead(status, { 'content-type': 'application/json' }).end(text)
    }
    const discover = async () =>
      await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
    if (request.url === '/api/v0/.well-known/openid-configuration') {
      return answer(200, await discover())
    }
    const service = await serveKeys(request, {
      apiUri: api.origin,
      discover,
      keys,
      describe: options.describeKeyService ?? ((document) => document),
      answerKey: options.answerKey ?? (() => undefined),
      isAccessToken: async (token) => await provider.AccessToken.find(token) !== undefined,
    })
    if (service !== undefined) return answer(service.status, service.body)
    answer(404, { error: { error_id: 'not_found', description: 'Not found' } })
  })
  const makeLogin = () => createRefreshToken(provider)

  return {
    uri: api.origin,
    issuer,
    refreshToken: await makeLogin(),
    seen,
    shown,
    keys,
    exchanges: () => exchanges,
    refusals: () => refusals,
    revokeAccessTokens: () => records.remove('AccessToken'),
    revokeRefreshTokens: () => records.remove('RefreshToken'),
    login: makeLogin,
    async rotateKeys() {
      provider = await openProvider()
    },
    closeConnections() {
      api.server.closeIdleConnections()
      login.server.closeIdleConnections()
    },
    async stop() {
      await Promise.all([api.stop(), login.stop()])
    },
  }
}

/** Lets devices ask as often as a test can wait for: RFC 8628 gives them five seconds where the answer says nothing. */
function hurry(response: ServerResponse): void {
  const end = response.end.bind(response) as (text: string) => ServerResponse
  response.end = ((text: string) => {
    const body = JSON.stringify({ ...JSON.parse(String(text)), interval: 0.05 })
    response.setHeader('content-length', Buffer.byteLength(body))
    return end(body)
  }) as typeof response.end
}

function delay(response: ServerResponse, { beforeAnswer }: TestProviderOptions): void {
  if (beforeAnswer === undefined) return
  const end = response.end.bind(response) as (text: unknown) => ServerResponse
  response.end = ((text: unknown) => {
    void beforeAnswer().then(() => end(text))
    return response
  }) as typeof response.end
}

async function createProvider(
  issuer: string,
  records: Records,
  options: TestProviderOptions,
): Promise<Provider> {
  const { default: OidcProvider } = await import('oidc-provider')
  const algorithm = options.algorithm ?? 'ES256'
  const client = {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/'],
    id_token_signed_response_alg: algorithm,
  }
  return new OidcProvider(issuer, {
    adapter: (kind: string) => records.adapter(kind),
    clients: [
      {
        ...client,
        client_id: 'phylum_cli',
        grant_types: ['authorization_code', 'refresh_token'],
      },
      {
        ...client,
        client_id: 'locksmith',
        grant_types: [
          'authorization_code',
          'refresh_token',
          'urn:ietf:params:oauth:grant-type:device_code',
        ],
      },
    ],
    cookies: { keys: ['a key of the test'] },
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
    },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id }),
    }),
    jwks: { keys: [await createSigningKey(algorithm)] },
    pkce: { required: () => true },
    rotateRefreshToken: options.isRotating ?? true,
    ttl: {
      AccessToken: options.accessTokenLifetime ?? 360,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: 86_400,
      IdToken: 360,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 600,
    },
  })
}

async function createSigningKey(algorithm: 'ES256' | 'RS256'): Promise<JsonWebKey> {
  const parameters = algorithm === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  }
  const pair = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  const key = await crypto.subtle.exportKey('jwk', (pair as CryptoKeyPair).privateKey)
  return { ...key, alg: algorithm, use: 'sig', kid: crypto.randomUUID() } as JsonWebKey
}

async function createRefreshToken(provider: Provider): Promise<string> {
  const accountId = 'ada'
  const clientId = 'phylum_cli'
  const grant = new provider.Grant({ accountId, clientId })
  grant.addOIDCScope(SCOPE)
  const grantId = await grant.save()
  const token = new provider.RefreshToken({
    accountId,
    client: await provider.Client.find(clientId),
    clientId,
    grantId,
    gty: 'authorization_code',
    scope: SCOPE,
    claims: {},
    rotations: 0,
    expiresWithSession: false,
  })
  return await token.save()
}

/** The provider's database, in memory. */
class Records {
  readonly #rows = new Map<string, Record<string, unknown>>()

  remove(kind: string): void {
    for (const key of this.#rows.keys()) if (key.startsWith(`${kind}:`)) this.#rows.delete(key)
  }

  adapter(kind: string): Adapter {
    const rows = this.#rows
    const findBy = (field: string, value: string) =>
      Promise.resolve(
        [...rows].find(([key, row]) => key.startsWith(`${kind}:`) && row[field] === value)?.[1],
      )
    return {
      findByUid: (uid) => findBy('uid', uid),
      findByUserCode: (userCode) => findBy('userCode', userCode),
      upsert: (id, payload) => Promise.resolve(void rows.set(`${kind}:${id}`, payload)),
      find: (id) => Promise.resolve(rows.get(`${kind}:${id}`)),
      consume(id) {
        const row = rows.get(`${kind}:${id}`)
        if (row !== undefined) row['consumed'] = Math.floor(Date.now() / 1000)
        return Promise.resolve()
      },
      destroy: (id) => Promise.resolve(void rows.delete(`${kind}:${id}`)),
      revokeByGrantId(grantId) {
        for (const [key, row] of rows) {
          if (key.startsWith(`${kind}:`) && row['grantId'] === grantId) rows.delete(key)
        }
        return Promise.resolve()
      },
    }
  }
}

async function listen(
  listener: RequestListener,
): Promise<{ origin: string; server: Server; stop(): Promise<void> }> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    server,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
