import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { isPhylumError, type PhylumError, Secret } from '#base'
import { type ExchangeOptions, openExchange, type Tokens } from '#auth'
import { parseApiUri } from '#config'
import { createCanary, findLeak } from '../harness/canary.ts'
import { startProvider } from '../harness/oidc_provider.ts'

const { exchangeRefreshToken } = await openExchange()
const TOKEN = `refresh-${createCanary().slice(4)}`
const secret = (value: string) => Secret.parse(value, 'the test')

/** A server whose token endpoint and discovery document say what a test wants; it notes what reaches it. */
async function withServer<T>(
  answers: {
    discovery?: (origin: string) => unknown
    token?: unknown
    status?: number
    handle?: RequestListener
  },
  use: (origin: string, seen: { line: string; body: string }[]) => Promise<T>,
): Promise<T> {
  const seen: { line: string; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push({ line: `${request.method} ${request.url}`, body })
    if (answers.handle !== undefined) return answers.handle(request, response)
    const isToken = request.url === '/token'
    const answer = isToken ? answers.token : answers.discovery?.(origin) ?? discovery(origin)
    response.writeHead(isToken ? answers.status ?? 200 : 200, {
      'content-type': 'application/json',
    })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    return await use(origin, seen)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const discovery = (origin: string) => ({ issuer: origin, token_endpoint: `${origin}/token` })

function exchange(origin: string, options: Partial<ExchangeOptions> = {}): Promise<Tokens> {
  return exchangeRefreshToken(secret(TOKEN), {
    apiUri: parseApiUri(origin, 'the test'),
    fetch: (input, init) => fetch(input, init),
    ...options,
  })
}

async function refusal(exchanging: Promise<unknown>): Promise<PhylumError> {
  try {
    await exchanging
  } catch (error) {
    assert.ok(isPhylumError(error), String(error))
    const shown = [error.message, ...error.hints, String(error.cause), error.stack].join('\n')
    assert.equal(findLeak(shown, TOKEN), undefined)
    assert.ok(!shown.includes('access-CANARY'), shown)
    return error
  }
  assert.fail('the exchange succeeded')
}

test('exchangeRefreshToken() exchanges at a real OpenID provider', async () => {
  const provider = await startProvider({ accessTokenLifetime: 77 })
  try {
    const options = { apiUri: parseApiUri(provider.uri, 'x'), fetch: globalThis.fetch }
    const tokens = await exchangeRefreshToken(secret(provider.refreshToken), options)
    assert.equal(tokens.lifetime, 77_000)
    assert.ok(!tokens.refreshToken.equals(secret(provider.refreshToken)))
    const groups = (token: string) =>
      fetch(`${provider.uri}/api/v0/groups`, { headers: { authorization: `Bearer ${token}` } })
    assert.deepEqual(await (await groups(tokens.accessToken.reveal())).json(), { groups: [] })
    assert.equal((await groups(provider.refreshToken)).status, 401)
    assert.deepEqual(
      provider.seen.filter(({ line }) => !line.startsWith('GET /.well-known')).slice(0, 2),
      [
        { at: 'api', line: 'GET /api/v0/.well-known/openid-configuration' },
        { at: 'login', line: 'POST /token' },
      ],
    )

    // The provider sees the old token twice, and ends the login: the new one is refused as well.
    for (const token of [secret(provider.refreshToken), tokens.refreshToken]) {
      const error = await refusal(exchangeRefreshToken(token, options))
      assert.equal(error.code, 'ERR_AUTH_FAILED')
      assert.match(error.message, /refused it, "invalid_grant: /)
      assert.match(error.hints.join(), /phylum auth login/)
    }
  } finally {
    await provider.stop()
  }
})

test('exchangeRefreshToken() sends the parameters of a refresh, and nothing about the machine', () =>
  withServer({ token: { access_token: 'a', token_type: 'Bearer' } }, async (origin, seen) => {
    await exchange(origin)
    assert.deepEqual(seen.map(({ line }) => line), [
      'GET /api/v0/.well-known/openid-configuration',
      'POST /token',
    ])
    assert.deepEqual(Object.fromEntries(new URLSearchParams(seen[1]?.body)), {
      client_id: 'phylum_cli',
      grant_type: 'refresh_token',
      refresh_token: TOKEN,
    })
  }))

test('K155 exchangeRefreshToken() takes an odd lifetime for an unknown one', async () => {
  const cases: [unknown, number | undefined][] = [
    [300, 300_000],
    ['300', 300_000],
    [0.5, 500],
    [0, undefined],
    [-1, undefined],
    [1e12, undefined],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
    [[300], undefined],
    [true, undefined],
  ]
  for (const [expires_in, lifetime] of cases) {
    const token = { access_token: 'a', token_type: 'Bearer', refresh_token: 'new', expires_in }
    await withServer({ token }, async (origin) => {
      const tokens = await exchange(origin)
      assert.equal(tokens.lifetime, lifetime, JSON.stringify(expires_in))
      assert.equal(tokens.refreshToken.reveal(), 'new')
    })
  }
})

test('K161 exchangeRefreshToken() keeps the old refresh token or takes the new one', async () => {
  const cases: [Record<string, unknown>, string][] = [
    [{}, TOKEN],
    [{ refresh_token: 'new' }, 'new'],
    [{ refresh_token: TOKEN }, TOKEN],
    [{ refresh_token: '' }, TOKEN],
    [{ refresh_token: null }, TOKEN],
    [{ refresh_token: 'new', scope: 'less' }, 'new'],
    [{ refresh_token: 'new', scope: 7 }, 'new'],
    // K153: no ID token is read, so none can do harm.
    [{ refresh_token: 'new', id_token: 'not.a.jwt' }, 'new'],
  ]
  for (const [more, expected] of cases) {
    const token = { access_token: 'a', token_type: 'bearer', ...more }
    await withServer({ token }, async (origin) => {
      assert.equal((await exchange(origin)).refreshToken.reveal(), expected, JSON.stringify(more))
    })
  }
})

test('K161 exchangeRefreshToken() refuses an answer that is no bearer token', async () => {
  const good = { access_token: 'access-CANARY', token_type: 'Bearer' }
  const answers: unknown[] = [
    { ...good, token_type: 'DPoP' },
    { ...good, token_type: 'mac' },
    { ...good, token_type: undefined },
    { ...good, access_token: undefined },
    { ...good, access_token: '' },
    { ...good, access_token: 7 },
    { ...good, access_token: 'access-CANARY\r\nx: y' },
    { ...good, refresh_token: 'new\ntoken' },
    { ...good, refresh_token: createCanary() },
    [good],
    null,
    '<html>access-CANARY</html>',
    '{"access_token":"access-CANARY',
    '',
    'x'.repeat(300 * 1024),
  ]
  for (const token of answers) {
    await withServer({ token }, async (origin) => {
      const error = await refusal(exchange(origin))
      assert.match(error.code, /^ERR_AUTH_(EXCHANGE|CREDENTIAL)$/, JSON.stringify(token))
    })
  }
})

test('exchangeRefreshToken() shows what the service says, made safe, and never the token', async () => {
  const cases: [unknown, number, string, RegExp][] = [
    [
      { error: 'invalid_grant', error_description: 'gone\u001b[2J' },
      400,
      'ERR_AUTH_FAILED',
      /"invalid_grant: gone\\x1b\[2J"$/,
    ],
    [
      { error: 'invalid_grant', error_description: `${TOKEN} is gone` },
      400,
      'ERR_AUTH_FAILED',
      /with words that hold the token$/,
    ],
    [{ error: TOKEN }, 400, 'ERR_AUTH_EXCHANGE', /with words that hold the token$/],
    [{ error: 'invalid_client' }, 401, 'ERR_AUTH_EXCHANGE', /answered "invalid_client"$/],
    [{ error: 'temporarily_unavailable' }, 503, 'ERR_AUTH_EXCHANGE', /unexpected status$/],
    [{ error: 'x'.repeat(5000) }, 400, 'ERR_AUTH_EXCHANGE', /x…"$/],
    [`<html>${TOKEN}</html>`, 500, 'ERR_AUTH_EXCHANGE', /unexpected status$/],
  ]
  for (const [token, status, code, message] of cases) {
    await withServer({ token, status }, async (origin) => {
      const error = await refusal(exchange(origin))
      assert.equal(error.code, code)
      assert.match(error.message, message)
      assert.ok(error.message.length < 400)
    })
  }
})

test('K151 exchangeRefreshToken() sends the token to no service that is not one with its issuer', async () => {
  let elsewhere: { line: string }[] = []
  await withServer({}, async (other, otherSeen) => {
    elsewhere = otherSeen
    const documents: ((origin: string) => unknown)[] = [
      (origin) => ({ issuer: origin, token_endpoint: `${other}/token` }),
      (origin) => ({ issuer: other, token_endpoint: `${origin}/token` }),
      (origin) => ({ issuer: origin }),
      (origin) => ({ issuer: origin, token_endpoint: '/token' }),
      (origin) => ({ issuer: origin, token_endpoint: origin.replace('//', '//user:pass@') }),
      () => ({ issuer: 'http://login.example', token_endpoint: 'http://login.example/token' }),
      () => ({ issuer: 'ftp://login.example', token_endpoint: 'ftp://login.example/token' }),
      () => ({ token_endpoint: `${other}/token` }),
      () => 'x'.repeat(300 * 1024),
      () => '<html></html>',
      () => [],
    ]
    for (const document of documents) {
      await withServer({ discovery: document }, async (origin, seen) => {
        const error = await refusal(exchange(origin))
        assert.equal(error.code, 'ERR_AUTH_EXCHANGE', String(document(origin)))
        assert.deepEqual(seen.map(({ line }) => line), [
          'GET /api/v0/.well-known/openid-configuration',
        ])
      })
    }
  })
  assert.deepEqual(elsewhere, [])
})

test('K151 exchangeRefreshToken() leaves https for nothing, not even for this machine', async () => {
  const asked: string[] = []
  const error = await refusal(exchange('https://api.example', {
    fetch: (input) => {
      asked.push(String(input))
      return Promise.resolve(Response.json(discovery('http://127.0.0.1:1')))
    },
  }))
  assert.match(error.message, /not an https address$/)
  assert.deepEqual(asked, ['https://api.example/api/v0/.well-known/openid-configuration'])
})

test('K152 exchangeRefreshToken() follows no redirect', async () => {
  await withServer({}, async (other, otherSeen) => {
    for (const status of [301, 302, 307, 308]) {
      const redirect: RequestListener = (_request, response) =>
        void response.writeHead(status, { location: `${other}/token` }).end()
      await withServer({ handle: redirect }, async (origin) => {
        assert.equal((await refusal(exchange(origin))).code, 'ERR_AUTH_EXCHANGE')
      })
      const late: RequestListener = (request, response) =>
        request.method === 'POST'
          ? redirect(request, response)
          : void response.writeHead(200, { 'content-type': 'application/json' }).end(
            JSON.stringify(discovery(`http://${request.headers.host}`)),
          )
      await withServer({ handle: late }, async (origin, seen) => {
        assert.equal((await refusal(exchange(origin))).code, 'ERR_AUTH_EXCHANGE')
        assert.equal(seen.length, 2)
      })
    }
    assert.deepEqual(otherSeen, [])
  })
})

test('exchangeRefreshToken() gives up on a service that is silent, slow to end, or not there', async () => {
  const silent: RequestListener = () => {}
  const endless: RequestListener = (_request, response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).write('{')
  for (const handle of [silent, endless]) {
    await withServer({ handle }, async (origin) => {
      const error = await refusal(exchange(origin, { timeout: 50 }))
      assert.equal(error.code, 'ERR_AUTH_EXCHANGE')
      assert.match(
        error.message,
        /^Cannot exchange the refresh token: "127\.0\.0\.1:\d+" did not answer in time$/,
      )
    })
  }
  const gone = await withServer({}, (origin) => Promise.resolve(origin))
  const error = await refusal(exchange(gone))
  assert.match(error.message, /"127\.0\.0\.1:\d+" cannot be reached$/)
})

test('K162 exchangeRefreshToken() never sends an API key', () =>
  withServer({ token: { access_token: 'a', token_type: 'Bearer' } }, async (origin, seen) => {
    for (const key of [createCanary(), 'ph0_short', `"${createCanary()}"`]) {
      const exchanging = exchangeRefreshToken(secret(key), {
        apiUri: parseApiUri(origin, 'the test'),
        fetch: globalThis.fetch,
      })
      assert.equal((await refusal(exchanging)).code, 'ERR_AUTH_CREDENTIAL')
    }
    assert.deepEqual(seen, [])
    // The twin: a refresh token is sent.
    await exchange(origin)
    assert.equal(seen.length, 2)
  }))
