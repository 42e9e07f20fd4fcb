import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { createKey } from '#server'
import {
  askGroups,
  codeForm,
  discover,
  discoverKeys,
  logIn,
  post,
  withIdentity,
} from '../../harness/identity.ts'
import type { World } from '../../harness/identity.ts'

/** Logs in for a key, and gives what a program then sends. */
async function prepare(world: World): Promise<{ endpoint: string; form: Record<string, string> }> {
  const config = await discoverKeys(world.url)
  const login = await logIn(world, config)
  return { endpoint: config.serverMetadata().token_endpoint ?? '', form: codeForm(login) }
}

async function listKeys(world: World) {
  return await world.server.store.listKeys(world.user.id)
}

test(
  'the key service describes itself with the addresses that a program needs',
  withIdentity(async ({ url }) => {
    const answer = await fetch(`${url}/locksmith/v1/.well-known/locksmith-configuration`)
    const document = await answer.json() as Record<string, unknown>
    assert.equal(document['issuer'], `${url}/oidc`)
    assert.equal(document['authorization_endpoint'], `${url}/oidc/auth`)
    assert.equal(document['token_endpoint'], `${url}/locksmith/v1/token`)
    assert.equal(document['userinfo_endpoint'], `${url}/locksmith/v1/userinfo`)
    assert.equal(document['device_authorization_endpoint'], `${url}/oidc/device/auth`)
    assert.equal(document['jwks_uri'], `${url}/oidc/jwks`)
    assert.deepEqual(document['code_challenge_methods_supported'], ['S256'])
    for (const value of Object.values(document)) assert.notEqual(value, undefined)
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
  }),
)

test(
  'a code becomes an API key, and nothing else',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    const { status, body, headers } = await post(endpoint, { ...form, name: 'my laptop' })
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['token'])
    assert.equal(headers.get('cache-control'), 'no-store')
    const key = body['token'] ?? ''
    assert.match(key, /^ph0_[\w-]{43}$/)
    assert.equal(await askGroups(world.url, key), 200)
    assert.deepEqual((await listKeys(world)).map(({ name }) => name), ['my laptop'])
    const left = await world.database.all(
      `SELECT 1 AS one FROM oidc_payloads WHERE model IN ('AccessToken', 'RefreshToken')`,
    )
    assert.deepEqual(left, [])
  }),
)

test(
  'a request for a key that comes again with its Idempotency-Key ends nothing, and shows no key again',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    const named = { ...form, name: 'my laptop' }
    const once = { 'idempotency-key': '"a7f3"' }
    const { body: { token: key = '' } } = await post(endpoint, named, once)
    const again = await post(endpoint, named, once)
    assert.equal(again.status, 409)
    assert.match(again.body['error_description'] ?? '', /"my laptop" again: an earlier request/)
    assert.ok(!JSON.stringify(again.body).includes(key))
    const other = await post(endpoint, { ...form, name: 'another' }, once)
    assert.equal(other.status, 422)
    assert.equal(await askGroups(world.url, key), 200)
    // Without it a code that is shown twice is a stolen one.
    assert.equal((await post(endpoint, { ...form, name: 'third' })).status, 400)
    assert.equal(await askGroups(world.url, key), 401)
  }),
)

test(
  'O201 what a program says twice is nothing that it has said',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    const soon = encodeURIComponent(new Date(Date.now() + 60_000).toISOString())
    for (const twice of [`expiry=${soon}&expiry=`, 'name=a&name=b']) {
      const { status, body } = await post(endpoint, `${new URLSearchParams(form)}&${twice}`)
      assert.deepEqual([status, body['error']], [400, 'invalid_request'], twice)
    }
    assert.deepEqual(await listKeys(world), [])
    assert.equal((await post(endpoint, form)).status, 200)
  }),
)

test(
  'a key that nobody named gets a name of its own',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    assert.equal((await post(endpoint, form)).status, 200)
    assert.match((await listKeys(world))[0]?.name ?? '', /^phylum-cli-[0-9a-f-]{36}$/)
  }),
)

test(
  'the expiry of a key is a timestamp to come; another one costs no login',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    const bad = [
      '',
      'tomorrow',
      '30',
      '2035-01-01',
      '2035-13-01T00:00:00Z',
      '2035-01-01T00:00:00',
      '2001-01-01T00:00:00Z',
      new Date().toISOString(),
      '<script>\u001b[31m',
    ]
    for (const expiry of bad) {
      const { status, body } = await post(endpoint, { ...form, expiry })
      assert.deepEqual([status, body['error']], [400, 'invalid_request'], expiry)
      assert.match(body['error_description'] ?? '', /^expiry .* is (past|no timestamp like 20)/)
      assert.equal(body['error_description']?.includes('\u001b'), false)
    }
    const expiry = new Date(Date.now() + 86_400_000).toISOString()
    assert.equal((await post(endpoint, { ...form, expiry })).status, 200)
    assert.equal((await listKeys(world))[0]?.expiresAt, Date.parse(expiry))
  }),
)

test(
  'the clock of the server says what is past, not that of the program',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    world.clock.skew = 120_000
    const soon = new Date(Date.now() + 60_000).toISOString()
    assert.equal((await post(endpoint, { ...form, expiry: soon })).status, 400)
    world.clock.skew = -120_000
    const justPast = new Date(Date.now() - 60_000).toISOString()
    assert.equal((await post(endpoint, { ...form, expiry: justPast })).status, 200)
  }),
)

test(
  'a name that is taken, or none, costs no login either',
  withIdentity(async (world) => {
    await createKey(world.server.store, world.user.id, { name: 'taken' })
    const { endpoint, form } = await prepare(world)
    const taken = await post(endpoint, { ...form, name: 'taken' })
    assert.equal(taken.status, 409)
    assert.deepEqual(taken.body, {
      error: 'invalid_request',
      error_description: 'Cannot create key "taken": it exists already',
    })
    for (const name of ['', ' ', 'a\u0000b', 'x'.repeat(65), '\u202efdp.exe']) {
      const { status, body } = await post(endpoint, { ...form, name })
      assert.deepEqual([status, body['error']], [400, 'invalid_request'], name)
    }
    assert.equal((await post(endpoint, { ...form, name: 'free' })).status, 200)
  }),
)

test(
  'a code that is shown again makes no key, and ends the one that was made of it',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    const key = (await post(endpoint, form)).body['token'] ?? ''
    assert.equal(await askGroups(world.url, key), 200)
    // Whoever has the code without its verifier ends nothing.
    const stolen = { ...form, code_verifier: oidc.randomPKCECodeVerifier() }
    assert.equal((await post(endpoint, stolen)).status, 400)
    assert.equal(await askGroups(world.url, key), 200)

    const again = await post(endpoint, form)
    assert.deepEqual([again.status, again.body['error']], [400, 'invalid_grant'])
    assert.equal(await askGroups(world.url, key), 401)
    assert.deepEqual(await listKeys(world), [])
  }),
)

test(
  'of many who show one code at once at most one gets a key, and it is revoked',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, each) => post(endpoint, { ...form, name: `key ${each}` })),
    )
    const granted = answers.filter(({ status }) => status === 200)
    assert.ok(granted.length <= 1, `${granted.length} were granted`)
    assert.deepEqual(await listKeys(world), [])
    for (const { body } of granted) {
      assert.equal(await askGroups(world.url, body['token'] ?? ''), 401)
    }
  }),
)

test(
  'a key comes of the grant for it alone, at whichever token endpoint',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    const other = `${world.url}/oidc/token`
    const wrong = await post(endpoint, { ...form, client_id: 'phylum_cli' })
    assert.deepEqual([wrong.status, wrong.body['error']], [400, 'invalid_grant'])
    const { status, body } = await post(other, form)
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['token'])

    const tokens = codeForm(await logIn(world, await discover(world.url)))
    const crossed = await post(endpoint, { ...tokens, client_id: 'locksmith' })
    assert.deepEqual([crossed.status, crossed.body['error']], [400, 'invalid_grant'])
    const refresh = await post(endpoint, {
      grant_type: 'refresh_token',
      client_id: 'locksmith',
      refresh_token: 'x',
    })
    assert.equal(refresh.status, 400)
  }),
)

test(
  'whose key it is can be asked at the address that either document names',
  withIdentity(async (world) => {
    const { endpoint, form } = await prepare(world)
    const key = (await post(endpoint, form)).body['token'] ?? ''
    for (const config of [await discover(world.url), await discoverKeys(world.url)]) {
      const address = config.serverMetadata().userinfo_endpoint ?? ''
      const ask = async (credential: string) =>
        await fetch(address, { headers: { authorization: `Bearer ${credential}` } })
      const answer = await ask(key)
      assert.deepEqual(await answer.json(), {
        sub: world.user.id,
        email: 'ann@example.org',
        name: 'Ann',
      })
      assert.equal((await ask(`${key.slice(0, -1)}!`)).status, 401)
      assert.equal((await fetch(address)).status, 401)
    }
  }),
)
