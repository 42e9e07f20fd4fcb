import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { askGroups, discover, discoverKeys, post, withIdentity } from '../../harness/identity.ts'
import type { World } from '../../harness/identity.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** Begins as a device does. */
async function begin(world: World, holds: 'key' | 'tokens' = 'key') {
  const config = holds === 'key' ? await discoverKeys(world.url) : await discover(world.url)
  const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid offline_access' })
  const endpoint = config.serverMetadata().token_endpoint ?? ''
  let polls = 0
  return {
    config,
    device,
    /** Asks as the device does, and as if it had waited before. */
    async poll(more: Record<string, string> = {}) {
      if (polls++ > 0) world.clock.skew += 5000
      return await post(endpoint, {
        grant_type: GRANT,
        client_id: config.clientMetadata().client_id,
        device_code: device.device_code,
        ...more,
      })
    },
  }
}

test(
  'a device shows a code, waits, and gets a key when somebody has agreed',
  withIdentity(async (world) => {
    const { device, poll } = await begin(world)
    assert.match(device.user_code, /^[B-Z]{4}-[B-Z]{4}$/)
    assert.equal(device.verification_uri, `${world.url}/device`)
    assert.equal(
      device.verification_uri_complete,
      `${world.url}/device?user_code=${device.user_code}`,
    )
    assert.equal(device.interval, 5)
    assert.equal((await poll()).body['error'], 'authorization_pending')

    const signedIn = { userId: world.user.id, signedInAt: Date.now() }
    const typed = ` ${device.user_code.toLowerCase().replace('-', ' ')}`
    const request = await world.identity.readDevice(typed, world.user.id)
    assert.equal(request?.program.holds, 'key')
    assert.equal(request?.userCode, device.user_code)
    assert.ok(Math.abs((request?.requestedAt ?? 0) - Date.now()) < 60_000)
    assert.equal(await world.identity.approveDevice(typed, signedIn), true)

    const { status, body } = await poll({ name: 'box' })
    assert.equal(status, 200)
    assert.equal(await askGroups(world.url, body['token'] ?? ''), 200)
    const names = (await world.server.store.listKeys(world.user.id)).map(({ name }) => name)
    assert.deepEqual(names, ['box'])

    // Shown again, the code is worth nothing, and ends what came of it.
    assert.equal((await poll()).body['error'], 'invalid_grant')
    assert.equal(await askGroups(world.url, body['token'] ?? ''), 401)
  }),
)

test(
  'a device may get tokens instead, which are renewed',
  withIdentity(async (world) => {
    const { config, device, poll } = await begin(world, 'tokens')
    const signedIn = { userId: world.user.id, signedInAt: Date.now() }
    assert.equal(await world.identity.approveDevice(device.user_code, signedIn), true)
    const { body } = await poll()
    assert.equal(await askGroups(world.url, body['access_token'] ?? ''), 200)
    const next = await oidc.refreshTokenGrant(config, body['refresh_token'] ?? '')
    assert.equal(await askGroups(world.url, next.access_token), 200)
    await assert.rejects(oidc.refreshTokenGrant(config, body['refresh_token'] ?? ''))
    assert.equal(await askGroups(world.url, next.access_token), 401)
  }),
)

test(
  'a device is told when somebody has said no',
  withIdentity(async (world) => {
    const { device, poll } = await begin(world)
    assert.equal(await world.identity.denyDevice(device.user_code, world.user.id), true)
    const { status, body } = await poll()
    assert.deepEqual([status, body['error']], [400, 'access_denied'])
  }),
)

test(
  'a code is answered once: of two who agree at once, one is heard',
  withIdentity(async (world) => {
    const { device, poll } = await begin(world)
    const bob = await world.server.store.createUser({ email: 'bob@example.org', name: 'Bob' })
    const people = [world.user.id, bob?.id ?? '']
    const heard = await Promise.all(
      people.map((userId) =>
        world.identity.approveDevice(device.user_code, { userId, signedInAt: Date.now() })
      ),
    )
    assert.equal(heard.filter(Boolean).length, 1)
    assert.equal(await world.identity.readDevice(device.user_code, world.user.id), undefined)
    assert.equal(await world.identity.denyDevice(device.user_code, world.user.id), false)
    const key = (await poll()).body['token'] ?? ''
    const winner = people[heard.indexOf(true)] ?? ''
    assert.equal((await world.server.store.listKeys(winner)).length, 1)
    assert.equal(await askGroups(world.url, key), 200)
  }),
)

test(
  'a code that has expired, or is no code, finds no device',
  withIdentity(async (world) => {
    const { device } = await begin(world)
    const signedIn = { userId: world.user.id, signedInAt: Date.now() }
    const wrong = ['', 'BBBB-BBBB', device.user_code.slice(0, -1), device.device_code, "' OR 1=1"]
    for (const code of wrong) {
      assert.equal(await world.identity.readDevice(code, world.user.id), undefined, code)
      assert.equal(await world.identity.approveDevice(code, signedIn), false, code)
    }
    world.clock.skew = 601_000
    assert.equal(await world.identity.readDevice(device.user_code, world.user.id), undefined)
    assert.equal(await world.identity.approveDevice(device.user_code, signedIn), false)
  }),
)

test(
  'O203 who guesses the codes of devices is stopped, and nobody else',
  withIdentity(async (world) => {
    const { device } = await begin(world)
    const mallory = await world.server.store.createUser({ email: 'm@example.org', name: 'M' })
    const guesser = mallory?.id ?? ''
    for (let guess = 0; guess < 20; guess++) {
      assert.equal(await world.identity.readDevice('BBBB-BBBB', guesser), undefined)
    }
    const refusal = { code: 'ERR_API_RATE_LIMITED', status: 429 }
    await assert.rejects(world.identity.readDevice(device.user_code, guesser), refusal)
    const signedIn = { userId: guesser, signedInAt: Date.now() }
    await assert.rejects(world.identity.approveDevice(device.user_code, signedIn), refusal)
    await assert.rejects(world.identity.denyDevice(device.user_code, guesser), refusal)
    assert.ok(await world.identity.readDevice(device.user_code, world.user.id))
    world.clock.skew = 599_000
    await assert.rejects(world.identity.readDevice(device.user_code, guesser), refusal)
    world.clock.skew = 601_000
    assert.equal(await world.identity.readDevice('BBBB-BBBB', guesser), undefined)
  }),
)

test(
  'a device that asks too often is told to slow down',
  withIdentity(async (world) => {
    const { device, poll } = await begin(world)
    assert.equal((await poll()).body['error'], 'authorization_pending')
    world.clock.skew -= 5000
    const { status, body } = await poll()
    assert.deepEqual([status, body['error']], [400, 'slow_down'])
    world.clock.skew += 5000
    assert.equal((await poll()).body['error'], 'authorization_pending')
    assert.ok(device)
  }),
)

test(
  'the library that programs use polls until there is an answer',
  { timeout: 60_000 },
  withIdentity(async (world) => {
    const { config, device } = await begin(world, 'tokens')
    const tokens = oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.2 })
    const signedIn = { userId: world.user.id, signedInAt: Date.now() }
    assert.equal(await world.identity.approveDevice(device.user_code, signedIn), true)
    assert.equal(await askGroups(world.url, (await tokens).access_token), 200)
  }),
)
