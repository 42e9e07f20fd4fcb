import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '../../src/server/account.ts'
import { assertRefused, NOON, withApi } from '../harness/api.ts'

test(
  'listKeys lists the caller’s own keys, and nothing of which a key could be made',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    api.clock.time += 1000
    await createKey(api.store, ann.user.id, { name: 'short', expiresAt: NOON + 5000 })
    await createKey(api.store, bob.user.id, { name: 'other' })
    const reply = await ann.ask('GET', '/locksmith/v1/tokens')
    assert.deepEqual(reply.body, [
      {
        name: 'test',
        creation_time: new Date(NOON).toISOString(),
        access_time: new Date(NOON + 1000).toISOString(),
        expiry: null,
      },
      {
        name: 'short',
        creation_time: new Date(NOON + 1000).toISOString(),
        access_time: null,
        expiry: new Date(NOON + 5000).toISOString(),
      },
    ])
  }),
)

test(
  'O204 revokeKey revokes the caller’s own key alone, and its name is free again',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    const { secret } = await createKey(api.store, ann.user.id, { name: 'old' })
    await assertRefused(await bob.ask('POST', '/locksmith/v1/revoke', { name: 'old' }), 404)
    assert.equal((await api.ask('GET', '/api/v0/groups', { key: secret.reveal() })).status, 200)

    assert.equal((await ann.ask('POST', '/locksmith/v1/revoke', { name: 'old' })).status, 204)
    assertRefused(await api.ask('GET', '/api/v0/groups', { key: secret.reveal() }), 401)
    assert.match(
      assertRefused(await ann.ask('POST', '/locksmith/v1/revoke', { name: 'old' }), 404),
      /Cannot revoke key "old": you have no key of this name/,
    )
    const names = (await ann.ask('GET', '/locksmith/v1/tokens')).body
    assert.deepEqual(names.map(({ name }: { name: string }) => name), ['test'])

    const renewed = await createKey(api.store, ann.user.id, { name: 'old' })
    const key = renewed.secret.reveal()
    assert.equal((await api.ask('GET', '/api/v0/groups', { key })).status, 200)
    assertRefused(await api.ask('GET', '/api/v0/groups', { key: secret.reveal() }), 401)
  }),
)

test(
  'revokeKey works for the key that the request is sent with',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    assert.equal((await ann.ask('POST', '/locksmith/v1/revoke', { name: 'test' })).status, 204)
    assert.match(assertRefused(await ann.ask('GET', '/locksmith/v1/tokens'), 401), /revoked/)
  }),
)
