import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  beginSession,
  generateVisitId,
  hashVisitId,
  IDLE_LIFE,
  isProof,
  isVisitId,
  proofOf,
  resumeSession,
  WHOLE_LIFE,
} from '../../src/server/session.ts'
import { openStore } from '../../src/server/store.ts'
import type { Store, User } from '../../src/server/store.ts'
import { NOON } from '../harness/api.ts'
import { onEachDatabase } from '../harness/databases.ts'

const MINUTE = 60_000

interface World {
  store: Store
  clock: { time: number; now(): number }
  ann: User
}

function withWorld(body: (world: World) => Promise<void>) {
  return onEachDatabase(async (where) => {
    const clock = { time: NOON, now: () => clock.time }
    const store = await openStore(where, { clock })
    try {
      const ann = await store.createUser({ email: 'ann@example.org', name: 'Ann' })
      await body({ store, clock, ann: ann! })
    } finally {
      await store.close()
    }
  })
}

test('generateVisitId() makes 256 random bits, and the hash is not the id', () => {
  const ids = new Set(Array.from({ length: 100 }, generateVisitId))
  assert.equal(ids.size, 100)
  for (const id of ids) {
    assert.ok(isVisitId(id))
    assert.equal(hashVisitId(id).length, 32)
    assert.notEqual(Buffer.from(hashVisitId(id)).toString('base64url'), id)
  }
  for (
    const bad of ['', 'x', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`, ' '.repeat(43)]
  ) {
    assert.ok(!isVisitId(bad), bad)
  }
})

test('O202 isProof() takes the proof of this visit alone', () => {
  const [mine, other] = [generateVisitId(), generateVisitId()]
  assert.ok(isProof(proofOf(mine), mine))
  for (const bad of ['', mine, proofOf(other), proofOf(mine).slice(1), `${proofOf(mine)}A`]) {
    assert.ok(!isProof(bad, mine))
  }
  assert.ok(!proofOf(mine).includes(mine))
})

test(
  'resumeSession() knows the user until the session has been idle for too long',
  withWorld(async ({ store, clock, ann }) => {
    const id = await beginSession(store, clock, ann.id)
    assert.deepEqual((await resumeSession(store, clock, id))?.user, ann)
    clock.time += IDLE_LIFE - 1
    assert.ok(await resumeSession(store, clock, id), 'used just in time')
    clock.time += IDLE_LIFE - 1
    assert.ok(await resumeSession(store, clock, id), 'each use puts off the end')
    clock.time += IDLE_LIFE
    assert.equal(await resumeSession(store, clock, id), undefined)
    assert.equal(await resumeSession(store, clock, generateVisitId()), undefined)
  }),
)

test(
  'resumeSession() ends a session that is used all the time, too',
  withWorld(async ({ store, clock, ann }) => {
    const id = await beginSession(store, clock, ann.id)
    for (; clock.time < NOON + WHOLE_LIFE; clock.time += IDLE_LIFE / 2) {
      assert.ok(await resumeSession(store, clock, id))
    }
    assert.equal(await resumeSession(store, clock, id), undefined)
  }),
)

test(
  'resumeSession() does not write each time',
  withWorld(async ({ store, clock, ann }) => {
    const id = await beginSession(store, clock, ann.id)
    let writes = 0
    const watched = new Proxy(store, {
      get(target, name) {
        if (name === 'prolongSession') writes++
        return Reflect.get(target, name).bind(target)
      },
    })
    for (let i = 0; i < 10; i++) await resumeSession(watched, clock, id)
    assert.equal(writes, 0)
    clock.time += 5 * MINUTE
    for (let i = 0; i < 10; i++) await resumeSession(watched, clock, id)
    assert.equal(writes, 1)
  }),
)

test(
  'endSession() ends one, endSessions() all of one user',
  withWorld(async ({ store, clock, ann }) => {
    const bob = await store.createUser({ email: 'bob@example.org', name: 'Bob' })
    const [here, there, elsewhere] = [
      await beginSession(store, clock, ann.id),
      await beginSession(store, clock, ann.id),
      await beginSession(store, clock, ann.id),
    ]
    const bobs = await beginSession(store, clock, bob!.id)
    assert.equal((await store.listSessions(ann.id)).length, 3)
    await store.endSession(hashVisitId(here))
    assert.equal(await resumeSession(store, clock, here), undefined)
    assert.ok(await resumeSession(store, clock, there))
    assert.equal(await store.endSessions(ann.id), 2)
    assert.equal(await resumeSession(store, clock, elsewhere), undefined)
    assert.ok(await resumeSession(store, clock, bobs))
    assert.deepEqual(await store.listSessions(ann.id), [])
  }),
)
