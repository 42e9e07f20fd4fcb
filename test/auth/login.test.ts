import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { isPhylumError, type PhylumError } from '#base'
import { openLogin } from '#auth'
import { parseApiUri } from '#config'
import { createCanary, findLeak } from '../harness/canary.ts'
import {
  startProvider,
  type TestProvider,
  type TestProviderOptions,
} from '../harness/oidc_provider.ts'
import { signIn } from '../harness/sign_in.ts'

const { discoverKeyService, loginByBrowser, loginByDevice } = await openLogin()

async function withProvider(
  options: TestProviderOptions,
  use: (provider: TestProvider) => Promise<void>,
): Promise<void> {
  const provider = await startProvider(options)
  try {
    await use(provider)
  } finally {
    await provider.stop()
  }
}

function discover({ uri }: { uri: string }, timeout?: number) {
  return discoverKeyService({
    apiUri: parseApiUri(uri, 'the test'),
    fetch: (input, init) => fetch(input, init),
    timeout,
  })
}

interface Wishes {
  name?: string
  expiry?: Date
  isReauth?: boolean
  isRegistration?: boolean
  limit?: number
  signal?: AbortSignal
}

/** Logs in; `browse` is what the browser does with the address. */
async function login(
  provider: { uri: string },
  browse: (address: string) => Promise<unknown>,
  { name = 'laptop', expiry, ...wishes }: Wishes = {},
) {
  let browsing: Promise<unknown> = Promise.resolve()
  try {
    return await loginByBrowser(await discover(provider), {
      wish: { name, expiry },
      isReauth: false,
      isRegistration: false,
      signal: new AbortController().signal,
      show(address) {
        browsing = browse(address)
        browsing.catch(() => {})
      },
      ...wishes,
    })
  } finally {
    await browsing
  }
}

async function refusal(work: Promise<unknown>): Promise<PhylumError> {
  try {
    await work
  } catch (error) {
    assert.ok(isPhylumError(error), String(error))
    return error
  }
  assert.fail('it succeeded')
}

/** Answers the callback in the place of the provider. */
function answerWith(change: (callback: URL) => void): (address: string) => Promise<Response> {
  return (address) => {
    const { searchParams, origin, pathname } = new URL(address)
    const callback = new URL(searchParams.get('redirect_uri') ?? '')
    callback.searchParams.set('code', 'a-code')
    callback.searchParams.set('state', searchParams.get('state') ?? '')
    callback.searchParams.set('iss', origin + pathname.replace(/\/auth$/, ''))
    change(callback)
    return fetch(callback)
  }
}

for (
  const options of [
    {},
    { path: '/realms/phylum', algorithm: 'RS256' },
    { path: '/a/b/', algorithm: 'ES256' },
  ] satisfies TestProviderOptions[]
) {
  const shown = JSON.stringify(options)
  test(`loginByBrowser() gets a key at a real OpenID provider ${shown}`, () =>
    withProvider({ ...options, path: options.path?.replace(/\/$/, '') ?? '' }, async (provider) => {
      let page: Awaited<ReturnType<typeof signIn>> | undefined
      const expiry = new Date('2030-01-02T03:04:05.000Z')
      const key = await login(provider, async (address) => page = await signIn(address), { expiry })
      assert.equal(key.reveal(), provider.keys.get('laptop')?.token)
      assert.equal(provider.keys.get('laptop')?.expiry, expiry.toISOString())
      assert.equal(page?.status, 200)
      assert.match(page!.text, /You are logged in/)
      assert.equal(findLeak(page!.text, key.reveal()), undefined)
      // The provider's signing keys change between two logins; nothing of the first is believed in the second.
      await provider.rotateKeys()
      await login(provider, signIn, { name: 'second' })
      assert.deepEqual([...provider.keys.keys()], ['laptop', 'second'])
    }))

  test(`loginByDevice() gets a key at a real OpenID provider ${shown}`, () =>
    withProvider({ ...options, path: options.path?.replace(/\/$/, '') ?? '' }, async (provider) => {
      let browsing: Promise<unknown> | undefined
      const key = await loginByDevice(await discover(provider), {
        wish: { name: 'server' },
        isReauth: true,
        signal: new AbortController().signal,
        show({ address, code, completeAddress, lifetime }) {
          assert.equal(address, `${provider.issuer}/device`)
          assert.equal(completeAddress, `${address}?user_code=${code}`)
          assert.equal(lifetime, 600_000)
          browsing = signIn(address, { user_code: code })
        },
      })
      await browsing
      assert.equal(key.reveal(), provider.keys.get('server')?.token)
    }))
}

test('loginByBrowser() asks for a code with PKCE, and for the page that was wished', () =>
  withProvider({}, async (provider) => {
    const addresses: URL[] = []
    const note = async (address: string) => {
      addresses.push(new URL(address))
      await signIn(address)
    }
    await login(provider, note, { name: 'a' })
    await login(provider, note, { name: 'b', isReauth: true })
    await login(provider, note, { name: 'c', isRegistration: true })
    const [plain, reauth, registration] = addresses
    const parameters = Object.fromEntries(plain!.searchParams)
    assert.match(parameters['redirect_uri']!, /^http:\/\/127\.0\.0\.1:\d+\/$/)
    assert.match(parameters['code_challenge']!, /^[\w-]{43}$/)
    assert.match(parameters['state']!, /^[\w-]{43}$/)
    for (const name of ['redirect_uri', 'code_challenge', 'state']) delete parameters[name]
    assert.deepEqual(parameters, {
      client_id: 'locksmith',
      code_challenge_method: 'S256',
      response_mode: 'query',
      response_type: 'code',
      scope: 'openid offline_access',
    })
    assert.equal(plain!.pathname, '/auth')
    assert.equal(reauth!.searchParams.get('prompt'), 'login')
    assert.equal(registration!.pathname, '/registrations')
    assert.equal(new Set(addresses.map((each) => each.searchParams.get('state'))).size, 3)
    assert.deepEqual([...provider.keys.keys()], ['a', 'b', 'c'])
  }))

test('K146 K149 loginByBrowser() goes on after callbacks that are not its own', () =>
  withProvider({}, async (provider) => {
    const key = await login(provider, async (address) => {
      const callback = new URL(address).searchParams.get('redirect_uri')!
      const strangers = ['?code=evil', '?code=evil&state=guess', '?error=access_denied&state=x']
      for (const query of strangers) {
        const response = await fetch(callback + query)
        assert.equal(response.status, 400)
        assert.match(await response.text(), /belongs to another login/)
      }
      await signIn(address)
    })
    assert.equal(key.reveal(), provider.keys.get('laptop')?.token)
    // The strangers' code was shown to nobody.
    const asked = provider.seen.filter(({ line }) => line === 'POST /locksmith/v1/token')
    assert.equal(asked.length, 1)
  }))

test('K149 K150 a code that was made for another login is refused by its proof, and so is one that was used', () =>
  withProvider({}, async (provider) => {
    let used = ''
    await login(provider, async (address) => used = (await signIn(address)).url, { name: 'first' })
    const injected = (query: (own: URL) => string) => async (address: string) => {
      const own = new URL(new URL(address).searchParams.get('redirect_uri')!)
      own.searchParams.set('code', query(new URL(address)))
      own.searchParams.set('state', new URL(address).searchParams.get('state')!)
      own.searchParams.set('iss', provider.issuer)
      const page = await (await fetch(own)).text()
      assert.match(page, /The login failed/)
    }
    const replayed = new URL(used).searchParams.get('code')!
    for (const code of [replayed, 'made-up']) {
      const error = await refusal(login(provider, injected(() => code), { name: 'second' }))
      assert.equal(error.code, 'ERR_AUTH_FAILED')
      assert.match(error.message, /does not accept the code \("invalid_grant/)
      assert.ok(!error.message.includes(code))
    }
    assert.deepEqual([...provider.keys.keys()], ['first'])
  }))

test('K151 loginByBrowser() sends no code that came from another issuer, or from nobody', () =>
  withProvider({}, async (provider) => {
    const changes: ((callback: URL) => void)[] = [
      (callback) => callback.searchParams.set('iss', 'https://evil.example'),
      (callback) => callback.searchParams.set('iss', `${provider.issuer}/`),
      (callback) => callback.searchParams.append('iss', 'https://evil.example'),
      (callback) => callback.searchParams.delete('iss'),
    ]
    for (const change of changes) {
      const error = await refusal(login(provider, answerWith(change)))
      assert.equal(error.code, 'ERR_AUTH_LOGIN')
      assert.match(error.message, /comes from another login service|lacks what it must have/)
    }
    assert.deepEqual(provider.seen.filter(({ line }) => line.endsWith('/token')), [])
    // The twin: with the right issuer the code is sent.
    await refusal(login(provider, answerWith(() => {})))
    assert.equal(provider.seen.filter(({ line }) => line.endsWith('/v1/token')).length, 1)
  }))

test('K148 loginByBrowser() tells what the login service says, safe to show', () =>
  withProvider({}, async (provider) => {
    const fail = (error: string, description: string) =>
      answerWith((callback) => {
        callback.searchParams.delete('code')
        callback.searchParams.set('error', error)
        callback.searchParams.set('error_description', description)
      })
    let page = ''
    const hostile = '<script>alert(1)</script>\u001b]8;;evil\u0007'
    const error = await refusal(login(provider, async (address) => {
      page = await (await fail('access_denied', hostile)(address)).text()
    }))
    assert.equal(error.code, 'ERR_AUTH_FAILED')
    assert.match(
      error.message,
      /^Cannot log in: the request was declined in the browser \("access_denied: /,
    )
    assert.ok(error.message.includes('\\x1b]8;;evil\\x07'))
    assert.match(page, /&#60;script&#62;alert\(1\)&#60;\/script&#62;\\x1b\]8;;evil\\x07/)
    assert.doesNotMatch(page, /<script/)
    const other = await refusal(login(provider, fail('server_error', 'x'.repeat(5_000))))
    assert.equal(other.code, 'ERR_AUTH_LOGIN')
    assert.ok(other.message.length < 400)
  }))

test('K150 K151 K152 discoverKeyService() takes no document of a service that is not one', () => {
  let document: unknown
  const changes: [(document: Record<string, unknown>) => unknown, RegExp][] = [
    [(own) => ({ ...own, issuer: 'https://evil.example' }), /lies elsewhere/],
    [(own) => ({ ...own, issuer: 'http://login.example' }), /issuer is not an https address/],
    [(own) => ({ ...own, issuer: 'nonsense' }), /issuer is not an https address/],
    [(own) => ({ ...own, issuer: 7 }), /lacks what it must have/],
    [(own) => ({ ...own, token_endpoint: 'https://evil.example/token' }), /token endpoint lies/],
    [(own) => ({ ...own, token_endpoint: 'http://evil.example/token' }), /not an https address/],
    [(own) => ({ ...own, token_endpoint: '/token' }), /not an https address/],
    [(own) => ({ ...own, token_endpoint: undefined }), /names no token endpoint/],
    [(own) => ({ ...own, authorization_endpoint: undefined }), /names no authorization endpoint/],
    [(own) => ({ ...own, authorization_endpoint: 'file:///etc/passwd' }), /not an https address/],
    [(own) => ({ ...own, authorization_endpoint: 'https://evil.example/auth' }), /lies elsewhere/],
    [(own) => ({ ...own, authorization_endpoint: '--version' }), /not an https address/],
    [
      (own) => ({ ...own, device_authorization_endpoint: 'https://evil.example' }),
      /lies elsewhere/,
    ],
    [(own) => ({ ...own, code_challenge_methods_supported: ['plain'] }), /PKCE with S256/],
    [() => ({}), /./],
    [() => [], /./],
    [() => 'x'.repeat(300 * 1024), /larger than 256 KiB/],
    [() => '<html>', /./],
  ]
  return withProvider({ describeKeyService: (own) => document = change(own) }, async (provider) => {
    for (const [each, message] of changes) {
      change = each
      const error = await refusal(discover(provider))
      assert.equal(error.code, 'ERR_AUTH_LOGIN', JSON.stringify(document))
      assert.match(error.message, message)
      assert.match(error.hints.join(), /phylum auth login/)
    }
    change = (own) => own
    assert.equal((await discover(provider)).hasDeviceLogin, true)
    // What a service need not say.
    change = (own) => ({
      token_endpoint: own['token_endpoint'],
      authorization_endpoint: own['authorization_endpoint'],
    })
    const service = await discover(provider)
    assert.equal(service.configuration.serverMetadata().issuer, provider.issuer)
    assert.deepEqual([service.hasDeviceLogin, service.userinfoPath], [false, undefined])
    // A credential is not sent to another origin to ask whose it is.
    change = (own) => ({ ...own, userinfo_endpoint: `${provider.issuer}/me` })
    assert.equal((await discover(provider)).userinfoPath, undefined)
  })
})

let change: (document: Record<string, unknown>) => unknown = (own) => own

test('loginByBrowser() refuses what is no key', () => {
  let answer: { status: number; body: unknown } = { status: 200, body: {} }
  const canary = createCanary()
  return withProvider({ answerKey: () => answer }, async (provider) => {
    const cases: [number, unknown, string, RegExp][] = [
      [200, {}, 'ERR_AUTH_LOGIN', /holds no key$/],
      [200, { token: null }, 'ERR_AUTH_LOGIN', /holds no key$/],
      [200, { token: 7 }, 'ERR_AUTH_LOGIN', /holds no key$/],
      [200, { access_token: canary, token_type: 'bearer' }, 'ERR_AUTH_LOGIN', /holds no key$/],
      [200, { token: '' }, 'ERR_AUTH_LOGIN', /lacks what it must have$/],
      [200, { token: 'a.b.c' }, 'ERR_AUTH_LOGIN', /is not an API key$/],
      [200, { token: `${canary}x` }, 'ERR_AUTH_CREDENTIAL', /43 letters/],
      [200, { token: `${canary}\r\nX: y` }, 'ERR_AUTH_CREDENTIAL', /visible ASCII/],
      [200, [canary], 'ERR_AUTH_LOGIN', /./],
      [200, canary, 'ERR_AUTH_LOGIN', /./],
      [500, { token: canary }, 'ERR_AUTH_LOGIN', /unexpected status$/],
      [
        409,
        { error: { error_id: 'exists', description: 'A key of this name exists' } },
        'ERR_AUTH_LOGIN',
        /answered "exists: A key of this name exists"$/,
      ],
      [400, { error: 'invalid_grant', error_description: 'gone' }, 'ERR_AUTH_FAILED', /gone/],
    ]
    for (const [status, body, code, message] of cases) {
      answer = { status, body }
      const error = await refusal(login(provider, signIn))
      assert.equal(error.code, code, JSON.stringify(body))
      assert.match(error.message, message)
      const shown = `${error.message} ${error.stack} ${error.cause} ${error.hints}`
      assert.equal(findLeak(shown, canary), undefined)
    }
  })
})

test('K153 K154 no ID token is looked at, so none can do harm, and no signing key is asked for', () => {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, '')
  const claims = part({ iss: 'https://evil.example', sub: 'eve', aud: 'x', exp: 1, nbf: 9e9 })
  const idTokens = [
    `${part({ alg: 'none' })}.${claims}.`,
    `${part({ alg: 'HS256', kid: '../../etc/passwd' })}.${claims}.c2ln`,
    `${part({ alg: 'RS256', jku: 'https://evil.example/jwks', x5u: 'x' })}.${claims}.c2ln`,
    'not a token',
    ['two', 'tokens'],
  ]
  let idToken: unknown
  return withProvider({
    answerKey: () => ({ status: 200, body: { token: createCanary(), id_token: idToken } }),
  }, async (provider) => {
    for (idToken of idTokens) await login(provider, signIn)
    assert.deepEqual(provider.seen.filter(({ line }) => /jwks/.test(line)), [])
  })
})

test('loginByBrowser() gives up in time, and when it is told to', () =>
  withProvider({}, async (provider) => {
    const late = await refusal(login(provider, () => Promise.resolve(), { limit: 20 }))
    assert.equal(late.code, 'ERR_AUTH_LOGIN')
    assert.match(late.message, /did not come back in time$/)
    const interruption = new AbortController()
    let address = ''
    const stopped = await refusal(login(provider, (shown) => {
      address = shown
      interruption.abort()
      return Promise.resolve()
    }, { signal: interruption.signal }))
    assert.equal(stopped.code, 'ERR_CLI_CANCELLED')
    // K166: nothing listens any more.
    await assert.rejects(fetch(new URL(address).searchParams.get('redirect_uri')!))
  }))

test('discoverKeyService() gives up on an API that is silent or not there', async () => {
  const silent = createServer(() => {})
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const uri = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const hanging = await refusal(discover({ uri }, 50))
  assert.match(hanging.message, /"127\.0\.0\.1:\d+" did not answer in time$/)
  silent.close()
  silent.closeAllConnections()
  const gone = await refusal(discover({ uri }))
  assert.match(gone.message, /"127\.0\.0\.1:\d+" cannot be reached$/)
  assert.equal(gone.code, 'ERR_AUTH_LOGIN')
})

/** Logs in by a code; the answers of the token endpoint are given. */
async function loginWithAnswers(
  answers: ({ status: number; body: unknown } | undefined)[],
  options: { signal?: AbortSignal } = {},
) {
  let polls = 0
  const provider = await startProvider({ answerKey: () => answers[polls++] ?? answers.at(-1) })
  try {
    const service = await discover(provider)
    const work = loginByDevice(service, {
      wish: { name: 'server' },
      isReauth: false,
      show() {},
      signal: options.signal ?? new AbortController().signal,
    })
    return { result: await work.catch((error) => error), polls }
  } finally {
    await provider.stop()
  }
}

const pending = { status: 400, body: { error: 'authorization_pending' } }

test('loginByDevice() asks again while nobody has answered, and tells how it ended', async () => {
  const key = createCanary()
  const good = await loginWithAnswers([pending, pending, { status: 200, body: { token: key } }])
  assert.deepEqual([good.result.reveal(), good.polls], [key, 3])
  for (
    const [error, code, message] of [
      ['access_denied', 'ERR_AUTH_FAILED', /declined/],
      ['expired_token', 'ERR_AUTH_FAILED', /has expired/],
      ['invalid_client', 'ERR_AUTH_LOGIN', /answered "invalid_client"/],
    ] as const
  ) {
    const bad = await loginWithAnswers([pending, { status: 400, body: { error } }])
    assert.equal(bad.result.code, code)
    assert.match(bad.result.message, message)
    assert.equal(bad.polls, 2)
  }
  const without = await loginWithAnswers([{ status: 200, body: {} }])
  assert.equal(without.result.code, 'ERR_AUTH_LOGIN')
})

test('loginByDevice() asks less often when it is told to, and stops at once when it is cancelled', async () => {
  // RFC 8628, section 3.5: from then on five seconds more, where it would ask twenty times a second.
  const slow = { status: 400, body: { error: 'slow_down' } }
  const { result, polls } = await loginWithAnswers([slow], { signal: AbortSignal.timeout(1_000) })
  assert.deepEqual([result.code, polls], ['ERR_CLI_CANCELLED', 1])
  const never = await loginWithAnswers([pending], { signal: AbortSignal.abort() })
  assert.deepEqual([never.result.code, never.polls], ['ERR_CLI_CANCELLED', 0])
})

test('loginByDevice() outlives a network that is away for a moment, and no longer', () =>
  withProvider({}, async (provider) => {
    let failures = 3
    const service = await discoverKeyService({
      apiUri: parseApiUri(provider.uri, 'the test'),
      fetch(input, init) {
        const isPoll = String(input).endsWith('/locksmith/v1/token')
        return isPoll && failures-- > 0 ? Promise.reject(new TypeError('away')) : fetch(input, init)
      },
    })
    const login = (name: string) =>
      loginByDevice(service, {
        wish: { name },
        isReauth: false,
        signal: new AbortController().signal,
        show: ({ address, code }) => void signIn(address, { user_code: code }),
      })
    await login('first')
    assert.ok(provider.keys.has('first'))
    failures = Infinity
    assert.match((await refusal(login('second'))).message, /cannot be reached$/)
  }))

test('a person may decline on the pages of the provider', () =>
  withProvider({}, async (provider) => {
    const error = await refusal(loginByDevice(await discover(provider), {
      wish: { name: 'server' },
      isReauth: false,
      signal: new AbortController().signal,
      // The provider shows the form once more, for another code.
      show: ({ address, code }) =>
        void signIn(address, { user_code: code, 'button:abort': 'yes' }).catch(() => {}),
    }))
    assert.equal(error.code, 'ERR_AUTH_FAILED')
    assert.match(error.message, /declined/)
    assert.equal(provider.keys.size, 0)
  }))
