import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccount, createKey } from '#server'
import { findAccessToken } from '../../../src/server/identity/access_token.ts'
import { createAdapter } from '../../../src/server/identity/adapter.ts'
import { KeyIssuer } from '../../../src/server/identity/key_issuer.ts'
import { Records } from '../../../src/server/identity/records.ts'
import type { Model } from '../../../src/server/identity/records.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import type { Database } from '../../../src/server/store/database.ts'
import { createStore } from '../../../src/server/store.ts'
import type { Store } from '../../../src/server/store.ts'
import { onEachDatabase } from '../../harness/databases.ts'

const NOON = Date.parse('2026-03-01T12:00:00.000Z')

const clock = { now: () => NOON }

interface Kit {
  database: Database
  records: Records
  store: Store
  userId: string
  /** Keeps something that came of the grant "grant". */
  keep(model: Model, id: string, more?: Record<string, unknown>): Promise<void>
  has(model: Model, id: string): Promise<boolean>
}

function withRecords(body: (kit: Kit) => Promise<void>) {
  return onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    try {
      const store = createStore(database, { clock })
      const records = new Records(database, clock)
      const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
      const exp = NOON / 1000 + 60
      await records.keep('Grant', 'grant', { jti: 'grant', exp, clientId: 'locksmith' })
      await body({
        database,
        records,
        store,
        userId: user.id,
        keep: (model, id, more) =>
          records.keep(model, id, { jti: id, exp, grantId: 'grant', ...more }),
        has: async (model, id) => await records.find(model, id) !== undefined,
      })
    } finally {
      await database.close()
    }
  })
}

test(
  'Records.consume() lets one through, and whoever comes second ends the grant',
  withRecords(async ({ records, store, userId, keep, has }) => {
    const { key } = await createKey(store, userId, { name: 'made of it' })
    await createKey(store, userId, { name: 'another' })
    await keep('RefreshToken', 'first')
    await keep('RefreshToken', 'second')
    await keep('AccessToken', 'access')
    await keep('Key', 'key 1', { keyId: key.id })
    await keep('AccessToken', 'of another grant', { grantId: 'other' })
    assert.equal(await records.consume('RefreshToken', 'first'), true)
    assert.equal((await records.find('RefreshToken', 'first'))?.['consumed'], NOON / 1000)
    assert.equal(await has('Grant', 'grant'), true)

    assert.equal(await records.consume('RefreshToken', 'first'), false)
    assert.equal(await has('Grant', 'grant'), false)
    for (const id of ['first', 'second']) assert.equal(await has('RefreshToken', id), false)
    assert.equal(await has('AccessToken', 'access'), false)
    assert.deepEqual((await store.listKeys(userId)).map(({ name }) => name), ['another'])
    assert.equal(await has('AccessToken', 'of another grant'), true)
    assert.equal(await records.consume('RefreshToken', 'never was'), false)
  }),
)

test(
  'Records.keep() replaces what is there, but not that it was used, nor the code that people type',
  withRecords(async ({ records, keep, database }) => {
    await keep('DeviceCode', 'device', { userCode: 'BCDFGHJK', a: 1 })
    await records.consume('DeviceCode', 'device')
    await keep('DeviceCode', 'device', { a: 2 })
    const kept = await records.find('DeviceCode', 'device')
    assert.deepEqual([kept?.['a'], kept?.['consumed']], [2, NOON / 1000])
    const rows = await database.all(
      `SELECT 1 AS one FROM oidc_payloads WHERE user_code_hash IS NOT NULL`,
    )
    assert.equal(rows.length, 1)
  }),
)

test(
  'an interaction is gone on with once; other things may go twice',
  withRecords(async ({ records, keep }) => {
    await keep('Interaction', 'one')
    const interactions = createAdapter('Interaction', records)
    await interactions.destroy('one')
    await assert.rejects(interactions.destroy('one'), { name: 'SessionNotFound' })
    const tokens = createAdapter('AccessToken', records)
    await tokens.destroy('none')
  }),
)

test(
  'createAdapter() keeps what is used here, and nothing else',
  withRecords(async ({ records, database }) => {
    for (
      const name of ['ReplayDetection', 'PushedAuthorizationRequest', 'ClientCredentials', 'Key']
    ) {
      assert.throws(() => createAdapter(name, records), /keeps no/, name)
    }
    for (const name of ['Session', 'Client']) {
      const adapter = createAdapter(name, records)
      await adapter.upsert('id', { jti: 'id' }, 60)
      assert.equal(await adapter.find('id'), undefined)
    }
    const rows = await database.all(`SELECT model FROM oidc_payloads`)
    assert.deepEqual(rows.map((row) => ({ ...row as object })), [{ model: 'Grant' }])
  }),
)

test(
  'findAccessToken() takes tokens for the API alone, and none whose grant is gone',
  withRecords(async ({ database, records, userId, keep }) => {
    const good = { accountId: userId, clientId: 'phylum_cli', scope: 'openid offline_access' }
    const bad = [
      { ...good, clientId: 'locksmith' },
      { ...good, clientId: undefined },
      { ...good, scope: 'offline_access' },
      { ...good, scope: 'openidx' },
      { ...good, scope: undefined },
      { ...good, accountId: undefined },
      { ...good, grantId: 'gone' },
    ]
    for (const [index, payload] of bad.entries()) {
      await keep('AccessToken', `bad ${index}`, payload)
      assert.equal(await findAccessToken(database, `bad ${index}`), undefined, String(index))
    }
    await keep('AccessToken', 'good', good)
    await keep('RefreshToken', 'refresh', good)
    assert.deepEqual(await findAccessToken(database, 'good'), {
      userId,
      expiresAt: NOON + 60_000,
    })
    assert.equal(await findAccessToken(database, 'refresh'), undefined)
    await records.revokeGrant('grant')
    assert.equal(await findAccessToken(database, 'good'), undefined)
  }),
)

test(
  'a grant is good for one key, however many tokens came of it',
  withRecords(async ({ database, records, store, userId, keep }) => {
    const issuer = new KeyIssuer(database, records, clock)
    const payload = { accountId: userId, clientId: 'locksmith', scope: 'openid' }
    await keep('AccessToken', 'one', payload)
    await keep('AccessToken', 'two', payload)
    await keep('AccessToken', 'other', { ...payload, clientId: 'phylum_cli' })
    const refusal = { name: 'OAuthError', error: 'invalid_grant' }
    await assert.rejects(issuer.answer('other', { name: 'a' }), refusal)
    await assert.rejects(issuer.answer('none', { name: 'a' }), refusal)
    assert.equal((await issuer.answer('one', { name: 'b' })).status, 200)
    await assert.rejects(issuer.answer('two', { name: 'c' }), refusal)
    await assert.rejects(issuer.answer('one', { name: 'd' }), refusal)
    assert.deepEqual((await store.listKeys(userId)).map(({ name }) => name), ['b'])
  }),
)
