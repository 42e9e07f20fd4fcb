import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Provider from 'oidc-provider'
import type { Adapter } from 'oidc-provider'

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
  /** Closes the connections on which nothing is under way, as services do in time. */
  closeConnections(): void
  /** Makes the API answer 401 to every access token issued so far. */
  revokeAccessTokens(): void
  /** Ends the login: no refresh token of it can be exchanged any more. */
  revokeRefreshTokens(): void
  /** Makes another login, and answers its refresh token. */
  login(): Promise<string>
  stop(): Promise<void>
}

/** How the provider behaves. */
export interface TestProviderOptions {
  /** Life of an access token in seconds; 360 unless told. */
  accessTokenLifetime?: number
  /** Whether each exchange brings a new refresh token, and a second use of an old one ends the login; true unless told. */
  isRotating?: boolean
}

const SCOPE = 'openid offline_access'

/**
 * Starts an API with three routes: `GET /api/v0/.well-known/openid-configuration` serves the discovery document of the
 * login service, `GET /api/v0/groups` answers `{"groups":[]}` to a current access token and 401 to anything else, and the rest is 404.
 *
 * ```ts
 * const provider = await startProvider()
 * try { … PHYLUM_API_KEY: provider.refreshToken, PHYLUM_API_URI: provider.uri … } finally { await provider.stop() }
 * ```
 */
export async function startProvider(options: TestProviderOptions = {}): Promise<TestProvider> {
  const seen: SeenRequest[] = []
  const records = new Records()
  const login = await listen((request) => {
    seen.push({ at: 'login', line: `${request.method} ${request.url}` })
  })
  const provider = await createProvider(login.origin, records, options)
  login.server.on('request', provider.callback())
  let exchanges = 0
  let refusals = 0
  const shown: string[] = []
  provider.on('grant.success', (context) => {
    exchanges++
    shown.push(context.oidc.params.refresh_token)
  })
  provider.on('grant.error', (context) => {
    refusals++
    shown.push(context.oidc.params.refresh_token)
  })

  const api = await listen(async (request, response) => {
    seen.push({ at: 'api', line: `${request.method} ${request.url}` })
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.url === '/api/v0/.well-known/openid-configuration') {
      const document = await fetch(`${login.origin}/.well-known/openid-configuration`)
      return answer(200, await document.json())
    }
    if (request.url !== '/api/v0/groups') {
      return answer(404, { error: { error_id: 'not_found', description: 'Not found' } })
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (await provider.AccessToken.find(token)) return answer(200, { groups: [] })
    answer(401, { error: { error_id: 'unauthorized', description: 'The token is not valid' } })
  })
  const makeLogin = () => createRefreshToken(provider)

  return {
    uri: api.origin,
    issuer: login.origin,
    refreshToken: await makeLogin(),
    seen,
    shown,
    exchanges: () => exchanges,
    refusals: () => refusals,
    revokeAccessTokens: () => records.remove('AccessToken'),
    revokeRefreshTokens: () => records.remove('RefreshToken'),
    login: makeLogin,
    closeConnections() {
      api.server.closeIdleConnections()
      login.server.closeIdleConnections()
    },
    async stop() {
      await Promise.all([api.stop(), login.stop()])
    },
  }
}

async function createProvider(
  issuer: string,
  records: Records,
  options: TestProviderOptions,
): Promise<Provider> {
  const { default: OidcProvider } = await import('oidc-provider')
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const key = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return new OidcProvider(issuer, {
    adapter: (kind: string) => records.adapter(kind),
    clients: [{
      client_id: 'phylum_cli',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/'],
      id_token_signed_response_alg: 'ES256',
    }],
    cookies: { keys: ['a key of the test'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id }),
    }),
    jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'test' }] },
    rotateRefreshToken: options.isRotating ?? true,
    ttl: {
      AccessToken: options.accessTokenLifetime ?? 360,
      Grant: 86_400,
      IdToken: 360,
      RefreshToken: 86_400,
    },
  })
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
    return {
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
