import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createKeyOnce } from '../../src/server/create_key_once.ts'
import { hashRequest, readIdempotencyKey } from '../../src/server/idempotency_key.ts'
import { openDatabase } from '../../src/server/store/open_database.ts'
import { createStore } from '../../src/server/store.ts'
import { assertRefused, withApi } from '../harness/api.ts'
import type { Api, Person, Reply } from '../harness/api.ts'
import { findLeak } from '../harness/canary.ts'
import { startChild } from '../harness/child.ts'
import { onEachDatabase } from '../harness/databases.ts'

const ACT = new URL('fixtures/act.ts', import.meta.url)

function read(header: string): string | undefined {
  return readIdempotencyKey(new Request('http://a/', { headers: { 'idempotency-key': header } }))
}

test('readIdempotencyKey() reads a string of RFC 9651, and a bare word', () => {
  assert.equal(readIdempotencyKey(new Request('http://a/')), undefined)
  assert.equal(
    read('"8e03978e-40d5-43e8-bc93-6894a57f9324"'),
    '8e03978e-40d5-43e8-bc93-6894a57f9324',
  )
  assert.equal(read('8e03978e-40d5-43e8-bc93-6894a57f9324'), '8e03978e-40d5-43e8-bc93-6894a57f9324')
  assert.equal(read('"a \\"b\\" \\\\ c"'), 'a "b" \\ c')
  assert.equal(read(`"${'x'.repeat(254)}"`), 'x'.repeat(254))
})

test('readIdempotencyKey() refuses what is neither, rather than to do twice what is believed done once', () => {
  const bad = [
    '""',
    '"a',
    'a b',
    'a, b',
    '"a", "b"',
    '"a";x=1',
    '"\\a"',
    'é',
    '"\u00e9"',
    '?1',
    ':YQ==:x y',
  ]
  for (const header of [...bad, 'x'.repeat(257), `"${'x'.repeat(255)}"`]) {
    assert.throws(() => read(header), { code: 'ERR_SERVER_REQUEST', status: 400 }, header)
  }
})

test('hashRequest() tells requests apart by method, path and body', () => {
  const hashes = [
    hashRequest('POST', '/a', { b: 1 }),
    hashRequest('POST', '/a', { b: 2 }),
    hashRequest('POST', '/b', { b: 1 }),
    hashRequest('PUT', '/a', { b: 1 }),
    hashRequest('POST', '/a', undefined),
  ].map((hash) => Buffer.from(hash).toString('hex'))
  assert.equal(new Set(hashes).size, hashes.length)
  assert.equal(hashes[0], Buffer.from(hashRequest('POST', '/a', { b: 1 })).toString('hex'))
})

/** Asks for a group with an Idempotency-Key. */
function createGroup(api: Api, { key }: Person, name: string, once = 'k1'): Promise<Reply> {
  return api.ask('POST', '/api/v0/groups', {
    key,
    body: { group_name: name },
    headers: { 'idempotency-key': `"${once}"` },
  })
}

test(
  'POST /api/v0/groups is done once, and its answer repeated to the letter',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const first = await createGroup(api, ann, 'blue')
    assert.deepEqual([first.status, first.headers.get('idempotency-replayed')], [201, null])
    api.clock.time += 60_000
    const second = await createGroup(api, ann, 'blue')
    assert.deepEqual([second.status, second.headers.get('idempotency-replayed')], [201, 'true'])
    assert.equal(second.text, first.text)
    assertRefused(await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' }), 409)
    assert.equal((await ann.ask('GET', '/api/v0/groups')).body.groups.length, 1)
  }),
)

test(
  'POST /api/v0/groups refuses an Idempotency-Key that belongs to another request, and one that is none',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    await createGroup(api, ann, 'blue')
    assert.match(assertRefused(await createGroup(api, ann, 'green'), 422), /another request/)
    assertRefused(await createGroup(api, ann, 'green', '"'), 400)
    assert.equal((await ann.ask('GET', '/api/v0/groups')).body.groups.length, 1)
  }),
)

test(
  'O204 an Idempotency-Key is its user’s own: it neither shows nor disturbs what others did with the same',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await createGroup(api, ann, 'blue')
    const reply = await createGroup(api, bob, 'green')
    assert.deepEqual([reply.status, reply.body.group_name], [201, 'green'])
    assertRefused(await createGroup(api, bob, 'blue', 'k2'), 409)
  }),
)

test(
  'POST /api/v0/groups tries a refused request anew, and forgets after a day',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await bob.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    assertRefused(await createGroup(api, ann, 'blue'), 409)
    await bob.ask('DELETE', '/api/v0/groups/blue')
    assert.equal((await createGroup(api, ann, 'blue')).status, 201)
    api.clock.time += 24 * 3_600_000
    assertRefused(await createGroup(api, ann, 'blue'), 409)
  }),
)

test(
  'POST /api/v0/groups is not done with a key that was revoked since, repetition or not',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    await createGroup(api, ann, 'blue')
    await api.store.revokeKey(ann.user.id, 'test')
    assertRefused(await createGroup(api, ann, 'blue'), 401)
  }),
)

test(
  'O205 createKeyOnce() makes one key, shows it once, and keeps it nowhere',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    const store = createStore(database, { clock: { now: () => Date.now() } })
    const user = await store.createUser({ email: 'a@b.c', name: 'Ann' })
    const userId = user?.id ?? ''
    const request = {
      userId,
      key: 'k1',
      requestHash: hashRequest('POST', '/tokens', { name: 'laptop' }),
    }
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, () => createKeyOnce(store, request, { name: 'laptop' })),
    )
    const made = asked.filter((each) => each.status === 'fulfilled')
    assert.equal(made.length, 1)
    for (const each of asked.filter((each) => each.status === 'rejected')) {
      assert.equal(each.reason.code, 'ERR_API_EXISTS')
      assert.equal(each.reason.status, 409)
      assert.match(
        each.reason.message,
        /^Cannot show key "laptop" again: .*; revoke it to make another$/,
      )
    }
    assert.equal((await store.listKeys(userId)).length, 1)
    const secret = made[0]?.value.secret.reveal() ?? ''
    const kept = JSON.stringify([
      await database.all('SELECT * FROM idempotency'),
      await database.all('SELECT * FROM api_keys'),
    ])
    assert.match(kept, /laptop/)
    assert.equal(findLeak(kept, secret), undefined)

    // Who has lost the answer finds out, revokes, and goes on.
    await store.revokeKey(userId, 'laptop')
    await createKeyOnce(store, { ...request, key: 'k2' }, { name: 'laptop' })
    await store.close()
  }),
)

/** Starts a server in a process of its own. */
async function startServer(where: string) {
  const child = startChild(ACT, ['serve', where])
  const [line] = await once(createInterface(child.stdout!), 'line')
  const { url, key } = JSON.parse(line) as { url: string; key: string }
  const ended = once(child, 'close')
  return {
    url,
    key,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function post(url: string, key: string, name: string, headers: Record<string, string>) {
  return fetch(`${url}/api/v0/groups`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ group_name: name }),
  })
}

test(
  'POST /api/v0/groups is done once where several processes are asked at once, each as often',
  { timeout: 60_000 },
  onEachDatabase(async (where) => {
    const servers = await Promise.all([startServer(where), startServer(where)])
    try {
      const { key } = servers[0]!
      const ask = (name: string, headers: Record<string, string>) =>
        Promise.all(
          Array.from({ length: 12 }, async (_, index) => {
            const response = await post(servers[index % 2]!.url, key, name, headers)
            return { status: response.status, text: await response.text() }
          }),
        )
      const repeated = await ask('blue', { 'idempotency-key': 'k1' })
      assert.deepEqual([...new Set(repeated.map(({ status }) => status))], [201])
      assert.equal(new Set(repeated.map(({ text }) => text)).size, 1)
      // The twin: without the header, all but one are refused.
      const plain = await ask('green', {})
      assert.deepEqual(plain.map(({ status }) => status).sort(), [201, ...Array(11).fill(409)])
    } finally {
      await Promise.all(servers.map((server) => server.kill()))
    }
  }, { isFile: true }),
)

test(
  'O206 a request that was sent again to a server that was killed meanwhile is done once',
  { timeout: 120_000 },
  onEachDatabase(async (where) => {
    const first = await startServer(where)
    let server = first
    const names: string[] = []
    for (let round = 0; round < 4; round++) {
      const name = `round ${round}`
      names.push(name)
      const headers = { 'idempotency-key': `k${round}` }
      // It may have been done or not: whoever is cut off does not know.
      const lost = post(server.url, first.key, name, headers).catch(() => undefined)
      for (let turn = 0; turn < 20 * round; turn++) await setImmediate()
      await server.kill()
      await lost
      server = await startServer(where)
      const response = await post(server.url, first.key, name, headers)
      assert.equal(response.status, 201, await response.text())
    }
    const response = await fetch(`${server.url}/api/v0/groups`, {
      headers: { authorization: `Bearer ${first.key}` },
    })
    const { groups } = await response.json() as { groups: { group_name: string }[] }
    assert.deepEqual(groups.map((group) => group.group_name), names)
    await server.kill()
  }, { isFile: true }),
)
