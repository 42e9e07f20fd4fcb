import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as jose from 'jose'
import * as oidc from 'openid-client'
import { Browser } from '../../harness/browser.ts'
import {
  askGroups,
  beginLogin,
  CALLBACK,
  codeForm,
  discover,
  exchange,
  logIn,
  post,
  withIdentity,
} from '../../harness/identity.ts'

test(
  'a program logs in with a code, is told who it is, and uses the API',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const login = await logIn(world, config)
    // RFC 9207: the client compares this, and refuses an answer without it.
    assert.equal(login.callback.searchParams.get('iss'), `${world.url}/oidc`)
    const tokens = await exchange(login)
    assert.equal(tokens.expires_in, 360)
    assert.match(tokens.access_token, /^[\w-]{43}$/)
    assert.ok(tokens.refresh_token)
    const claims = tokens.claims()
    assert.equal(claims?.sub, world.user.id)
    assert.deepEqual([claims['email'], claims['name']], ['ann@example.org', 'Ann'])
    assert.equal(await askGroups(world.url, tokens.access_token), 200)
    const profile = await oidc.fetchUserInfo(config, tokens.access_token, world.user.id)
    assert.deepEqual(profile, { sub: world.user.id, email: 'ann@example.org', name: 'Ann' })

    const post = async () =>
      await fetch(config.serverMetadata().userinfo_endpoint ?? '', {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens.access_token}` },
      })
    assert.deepEqual(await (await post()).json(), profile)
    await oidc.tokenRevocation(config, tokens.refresh_token)
    assert.equal((await post()).status, 401)
  }),
)

test(
  'an ID token is signed with a published key',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const { id_token: token = '' } = await exchange(await logIn(world, config))
    const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''))
    const { payload, protectedHeader } = await jose.jwtVerify(token, keys, {
      issuer: `${world.url}/oidc`,
      audience: 'phylum_cli',
    })
    assert.equal(protectedHeader.alg, 'ES256')
    assert.equal(payload.sub, world.user.id)
  }),
)

test(
  'a refresh token is good once; the second use of it ends the login with all that came of it',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const first = await exchange(await logIn(world, config))
    const second = await oidc.refreshTokenGrant(config, first.refresh_token ?? '')
    assert.notEqual(second.refresh_token, first.refresh_token)
    const third = await oidc.refreshTokenGrant(config, second.refresh_token ?? '')
    assert.equal(await askGroups(world.url, third.access_token), 200)

    await assert.rejects(oidc.refreshTokenGrant(config, first.refresh_token ?? ''), {
      error: 'invalid_grant',
    })
    await assert.rejects(oidc.refreshTokenGrant(config, third.refresh_token ?? ''), {
      error: 'invalid_grant',
    })
    for (const { access_token: token } of [first, second, third]) {
      assert.equal(await askGroups(world.url, token), 401)
    }
  }),
)

test(
  'the end of one login ends no other of the same account',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const browser = new Browser()
    const one = await exchange(await logIn(world, config, {}, browser))
    const other = await exchange(await logIn(world, config, {}, browser))
    await oidc.tokenRevocation(config, one.refresh_token ?? '')
    assert.equal(await askGroups(world.url, one.access_token), 401)
    await assert.rejects(oidc.refreshTokenGrant(config, one.refresh_token ?? ''))
    assert.equal(await askGroups(world.url, other.access_token), 200)
    await oidc.refreshTokenGrant(config, other.refresh_token ?? '')
  }),
)

test(
  'K150 a code is good for the program that asked for it alone, and once',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const login = await logIn(world, config)
    const endpoint = config.serverMetadata().token_endpoint ?? ''
    const form = codeForm(login)
    const wrong = {
      'another verifier': { code_verifier: oidc.randomPKCECodeVerifier() },
      'no verifier': { code_verifier: '' },
      'another port': { redirect_uri: 'http://127.0.0.1:51235/' },
      'another client': { client_id: 'locksmith' },
      'an unknown client': { client_id: 'evil' },
    }
    for (const [what, fields] of Object.entries(wrong)) {
      const { status, body } = await post(endpoint, { ...form, ...fields })
      assert.ok(status === 400 || status === 401, what)
      assert.match(body['error'] ?? '', /^invalid_(grant|client)$/, what)
    }
    // None of these has used it up: whoever has stolen a code cannot spoil it for its owner.
    const { status, body } = await post(endpoint, form)
    assert.equal(status, 200)
    assert.equal(await askGroups(world.url, body['access_token'] ?? ''), 200)

    const again = await post(endpoint, form)
    assert.deepEqual([again.status, again.body['error']], [400, 'invalid_grant'])
    assert.equal(await askGroups(world.url, body['access_token'] ?? ''), 401)
  }),
)

test(
  'of many who show one code at the same time at most one gets tokens, and they are not good for long',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const login = await logIn(world, config)
    const endpoint = config.serverMetadata().token_endpoint ?? ''
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(endpoint, codeForm(login))),
    )
    const granted = answers.filter(({ status }) => status === 200)
    assert.ok(granted.length <= 1, `${granted.length} were granted`)
    for (const { body } of granted) {
      assert.equal(await askGroups(world.url, body['access_token'] ?? ''), 401)
    }
  }),
)

test(
  'K150 a login without PKCE, with the plain method, or without a challenge is not begun',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    assert.deepEqual(config.serverMetadata().code_challenge_methods_supported, ['S256'])
    const { address } = await beginLogin(config)
    const change = async (edit: (parameters: URLSearchParams) => void) => {
      const url = new URL(address)
      edit(url.searchParams)
      return (await new Browser().open(url)).url
    }
    const refused = [
      await change((all) => all.set('code_challenge_method', 'plain')),
      await change((all) => all.delete('code_challenge_method')),
      await change((all) => all.delete('code_challenge')),
      await change((all) => {
        all.delete('code_challenge')
        all.delete('code_challenge_method')
      }),
    ]
    for (const url of refused) {
      assert.equal(url.origin + url.pathname, CALLBACK, url.href)
      assert.equal(url.searchParams.get('error'), 'invalid_request')
      assert.equal(url.searchParams.get('iss'), `${world.url}/oidc`)
      assert.equal(url.searchParams.get('code'), null)
    }
  }),
)

test(
  'a browser is sent to nobody but a program on its own machine',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const addresses = [
      'http://evil.example/',
      'https://127.0.0.1:51234/',
      'http://127.0.0.1.evil.example:51234/',
      'http://127.0.0.1:51234/other',
      'http://127.0.0.1:51234/#fragment',
      'http://127.0.0.1:51234/?query',
      'http://user@127.0.0.1:51234/',
      'http://[::1]:51234/',
      'http://localhost:51234/',
      'javascript:alert(1)',
      '//evil.example/',
      '/',
    ]
    for (const redirect of addresses) {
      const { address } = await beginLogin(config, { redirect_uri: redirect })
      const { response } = await new Browser().open(address)
      assert.equal(response?.status, 400, redirect)
      assert.match(response?.headers.get('content-type') ?? '', /^text\/plain/)
      assert.match(await response?.text() ?? '', /^Cannot go on: /)
    }
    for (const port of [1, 80, 8080, 65535]) {
      const { address } = await beginLogin(config, { redirect_uri: `http://127.0.0.1:${port}/` })
      assert.match((await new Browser().open(address)).url.pathname, /^\/interaction\//)
    }
  }),
)

test(
  'an access token that has expired is refused, and that is said',
  withIdentity(async (world) => {
    const { access_token: token } = await exchange(await logIn(world, await discover(world.url)))
    world.clock.skew = 361_000
    const response = await fetch(`${world.url}/api/v0/groups`, {
      headers: { authorization: `Bearer ${token}` },
    })
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
    assert.match(await response.text(), /the access token expired at 20\d\d-/)
  }),
)

test(
  'K162 what is no access token of the API is none: refresh token, code, ID token, key service',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const login = await logIn(world, config)
    const code = login.callback.searchParams.get('code') ?? ''
    assert.equal(await askGroups(world.url, code), 401)
    const tokens = await exchange(login)
    assert.equal(await askGroups(world.url, tokens.refresh_token ?? ''), 401)
    assert.equal(await askGroups(world.url, tokens.id_token ?? ''), 401)
    assert.equal(await askGroups(world.url, 'x'), 401)
    // Without "openid" there is nobody to be told about.
    const narrow = await logIn(world, config, { scope: 'offline_access' })
    const form = await post(config.serverMetadata().token_endpoint ?? '', codeForm(narrow))
    assert.equal(form.status, 200)
    assert.equal(await askGroups(world.url, form.body['access_token'] ?? ''), 401)
  }),
)

test(
  'a refresh token comes to those alone who ask for it',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const tokens = await exchange(await logIn(world, config, { scope: 'openid' }))
    assert.equal(tokens.refresh_token, undefined)
    assert.equal(await askGroups(world.url, tokens.access_token), 200)
  }),
)
