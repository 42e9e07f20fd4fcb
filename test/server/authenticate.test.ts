import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '../../src/server/account.ts'
import { generateKey } from '../../src/server/key.ts'
import type { Store } from '../../src/server/store.ts'
import { assertRefused, NOON, withApi } from '../harness/api.ts'

const GROUPS = '/api/v0/groups'

/** Counts the writes that the use of a key causes, and makes them fail on demand. */
function watchUse(uses: { count: number; fails: boolean }): (store: Store) => Store {
  return (store) =>
    new Proxy(store, {
      get(target, name) {
        if (name !== 'recordKeyUse') return Reflect.get(target, name).bind(target)
        return async (id: string) => {
          uses.count++
          if (uses.fails) throw new Error('the disk is full')
          await target.recordKeyUse(id)
        }
      },
    })
}

test(
  'authenticate() asks for a key where none is sent, or what is sent is no bearer token',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    for (
      const header of [undefined, '', 'Bearer', 'Bearer ', `Basic ${key}`, key]
    ) {
      const reply = await api.ask(
        'GET',
        GROUPS,
        header === undefined ? {} : { headers: { authorization: header } },
      )
      assert.match(assertRefused(reply, 401), /it carries no API key/, String(header))
      assert.equal(reply.headers.get('www-authenticate'), 'Bearer')
      assert.equal(reply.body.error.error_id, 'ERR_AUTH_FAILED')
    }
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const reply = await api.ask('GET', GROUPS, { headers: { authorization: `${scheme} ${key}` } })
      assert.equal(reply.status, 200)
    }
  }),
)

test(
  'authenticate() says "not valid" of every key that nobody has, with one text',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    const texts = new Set<string>()
    for (
      const unknown of [
        generateKey(),
        `${key}A`,
        key.slice(0, -1),
        key.toUpperCase(),
        `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`,
        "ph0_' OR 1=1 --",
        'eyJhbGciOiJub25lIn0.e30.',
        'x'.repeat(8000),
        `${key}, Bearer ${key}`,
      ]
    ) {
      const reply = await api.ask('GET', GROUPS, {
        headers: { authorization: `Bearer ${unknown}` },
      })
      assertRefused(reply, 401)
      assert.equal(reply.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
      texts.add(reply.text)
    }
    assert.deepEqual([...texts].map((text) => JSON.parse(text).error.description), [
      'Cannot authorize the request: the API key or access token is not valid',
    ])
  }),
)

test(
  'authenticate() tells the holder of a key that it expired, from that very moment on',
  withApi(async (api) => {
    const { user } = await api.signUp('ann')
    const { secret } = await createKey(api.store, user.id, {
      name: 'short',
      expiresAt: NOON + 1000,
    })
    const key = secret.reveal()
    api.clock.time = NOON + 999
    assert.equal((await api.ask('GET', GROUPS, { key })).status, 200)
    api.clock.time = NOON + 1000
    const reply = await api.ask('GET', GROUPS, { key })
    assert.match(assertRefused(reply, 401), /expired at 2026-03-01T12:00:01.000Z$/)
    assert.equal(reply.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  }),
)

test(
  'authenticate() tells the holder of a key that it is revoked, expired or not',
  withApi(async (api) => {
    const { user } = await api.signUp('ann')
    const { secret } = await createKey(api.store, user.id, {
      name: 'short',
      expiresAt: NOON + 1000,
    })
    await api.store.revokeKey(user.id, 'short')
    for (const time of [NOON, NOON + 2000]) {
      api.clock.time = time
      const reply = await api.ask('GET', GROUPS, { key: secret.reveal() })
      assert.match(assertRefused(reply, 401), /the API key is revoked$/)
    }
  }),
)

const uses = { count: 0, fails: false }
test(
  'authenticate() records the last use of a key at most once a minute',
  withApi(async (api) => {
    Object.assign(uses, { count: 0, fails: false })
    const ann = await api.signUp('ann')
    const lastUse = async () => (await api.store.listKeys(ann.user.id))[0]?.usedAt
    assert.equal(await lastUse(), null)
    for (let request = 0; request < 5; request++) await ann.ask('GET', GROUPS)
    api.clock.time += 59_999
    await ann.ask('GET', GROUPS)
    assert.equal(uses.count, 1)
    assert.equal(await lastUse(), NOON)
    api.clock.time += 1
    await ann.ask('GET', GROUPS)
    assert.equal(uses.count, 2)
    assert.equal(await lastUse(), NOON + 60_000)
    api.clock.time += 60_000
    uses.fails = true
    assert.equal((await ann.ask('GET', GROUPS)).status, 200)
    assert.equal(api.log.details.length, 1)
  }, { wrap: watchUse(uses) }),
)

test(
  'authenticate() comes before the body is read',
  withApi(async (api) => {
    let isRead = false
    const raw = new ReadableStream({
      pull(controller) {
        isRead = true
        controller.enqueue(new TextEncoder().encode('{}'))
        controller.close()
      },
    }, { highWaterMark: 0 })
    const request = new Request(`http://localhost${GROUPS}`, {
      method: 'POST',
      body: raw,
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as RequestInit)
    assert.equal((await api.app(request)).status, 401)
    assert.equal(isRead, false)
  }),
)
