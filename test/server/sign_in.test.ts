import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Refusal } from '../../src/server/refusal.ts'
import { signIn, signUp } from '../../src/server/sign_in.ts'
import type { Database } from '../../src/server/store/database.ts'
import { openDatabase } from '../../src/server/store/open_database.ts'
import { createStore } from '../../src/server/store.ts'
import type { Store } from '../../src/server/store.ts'
import { NOON } from '../harness/api.ts'
import { onEachDatabase } from '../harness/databases.ts'
import { cheapPasswords, PASSWORD } from '../harness/pages.ts'

interface Door {
  database: Database
  store: Store
  clock: { time: number; now(): number }
  /** @returns the user's name, '' for a wrong password, or how long to wait */
  tryOn(email: string, password: string, address?: string): Promise<string | number>
}

function withDoor(body: (door: Door) => Promise<void>) {
  return onEachDatabase(async (where) => {
    const clock = { time: NOON, now: () => clock.time }
    const database = await openDatabase(where)
    const store = createStore(database, { clock })
    const options = { store, passwords: cheapPasswords() }
    const account = { name: 'Ann', email: 'ann@example.org', password: PASSWORD }
    await signUp(options, { ...account, address: '192.0.2.9' })
    try {
      await body({
        database,
        store,
        clock,
        async tryOn(email, password, address = '192.0.2.1') {
          try {
            return (await signIn(options, { email, password, address }))?.name ?? ''
          } catch (error) {
            assert.equal((error as Refusal).status, 429, String(error))
            return Number((error as Refusal).headers['retry-after'])
          }
        },
      })
    } finally {
      await store.close()
    }
  })
}

test(
  'signIn() finds the user by email and password, in whatever case the email is typed',
  withDoor(async ({ tryOn }) => {
    assert.equal(await tryOn('ann@example.org', PASSWORD), 'Ann')
    assert.equal(await tryOn(' Ann@Example.org ', PASSWORD), 'Ann')
    assert.equal(await tryOn('ann@example.org', 'another password'), '')
    assert.equal(await tryOn('bob@example.org', PASSWORD), '')
    assert.equal(await tryOn('', ''), '')
    assert.equal(await tryOn('ann@example.org\0', PASSWORD), '')
  }),
)

test(
  'signIn() lets nobody into an account without a password',
  withDoor(async ({ store, tryOn }) => {
    await store.createUser({ email: 'admin@localhost', name: 'Admin' })
    for (const password of ['', 'null', 'undefined', PASSWORD]) {
      assert.equal(await tryOn('admin@localhost', password), '')
    }
  }),
)

test(
  'O203 signIn() takes ten attempts on one account from one address, then none, the right one neither',
  withDoor(async ({ clock, tryOn }) => {
    for (let i = 0; i < 10; i++) assert.equal(await tryOn('ann@example.org', `guess ${i}`), '')
    assert.equal(await tryOn('ann@example.org', PASSWORD), 900)
    assert.equal(await tryOn('ann@example.org', PASSWORD, '192.0.2.2'), 'Ann', 'from elsewhere')
    clock.time += 899_000
    assert.equal(await tryOn('ann@example.org', PASSWORD), 1)
    clock.time += 1_000
    assert.equal(await tryOn('ann@example.org', PASSWORD), 'Ann')
  }),
)

test(
  'O203 signIn() counts anew for who got in: signing in often is no attack',
  withDoor(async ({ tryOn }) => {
    for (let i = 0; i < 15; i++) {
      assert.equal(await tryOn('ann@example.org', 'a slip'), '')
      assert.equal(await tryOn('ann@example.org', PASSWORD), 'Ann')
    }
  }),
)

test(
  'O203 signIn() limits one address that tries everybody, and a network of IPv6 as one',
  withDoor(async ({ tryOn }) => {
    for (let i = 0; i < 60; i++) {
      assert.equal(await tryOn(`user${i}@example.org`, PASSWORD, `2001:db8:0:7::${i}`), '')
    }
    assert.equal(await tryOn('ann@example.org', PASSWORD, '2001:db8:0:7:ffff::1'), 900)
    assert.equal(await tryOn('ann@example.org', PASSWORD, '2001:0db8:0000:0007::1'), 900)
    assert.equal(await tryOn('ann@example.org', PASSWORD, '2001:db8:0:8::1'), 'Ann')
  }),
)

test(
  'O203 signIn() limits many addresses that try one account, and says no more of one that exists',
  withDoor(async ({ tryOn }) => {
    for (const email of ['ann@example.org', 'nobody@example.org']) {
      for (let i = 0; i < 100; i++) assert.equal(await tryOn(email, 'guess', `198.51.100.${i}`), '')
      assert.equal(await tryOn(email, 'guess', '203.0.113.1'), 3600)
    }
  }),
)

test(
  'O203 attempts at once all count',
  withDoor(async ({ tryOn }) => {
    const guesses = Array.from({ length: 30 }, (_, i) => tryOn('ann@example.org', `guess ${i}`))
    const looked = (await Promise.all(guesses)).filter((result) => result === '')
    assert.equal(looked.length, 10)
  }),
)

test(
  'O203 signIn() asks the database and the hasher as much of an account that is not there',
  withDoor(async ({ store }) => {
    const count = async (email: string) => {
      const calls: string[] = []
      const watched = new Proxy(store, {
        get(target, name) {
          calls.push(String(name))
          return Reflect.get(target, name).bind(target)
        },
      })
      const cheap = cheapPasswords()
      const passwords = {
        hash: cheap.hash,
        verify(password: string, hash: string | null | undefined) {
          calls.push('verify')
          return cheap.verify(password, hash)
        },
      }
      await signIn({ store: watched, passwords }, { email, password: 'x', address: '192.0.2.3' })
      return calls
    }
    const known = await count('ann@example.org')
    assert.ok(known.includes('verify'))
    assert.deepEqual(await count('nobody@example.org'), known)
  }),
)

test(
  'O205 attempts are kept without what was typed: people type passwords where an email belongs',
  withDoor(async ({ database, tryOn }) => {
    await tryOn('my password in the wrong field', 'x')
    const kept = await database.all<{ bucket: string }>('SELECT bucket FROM rate_limits')
    assert.ok(kept.length >= 3)
    for (const { bucket } of kept) assert.match(bucket, /^[0-9a-f]{64}$/)
  }),
)

test(
  'countAttempt() begins anew when its time is over, and when it is told to forget',
  withDoor(async ({ store, clock }) => {
    const count = async (name = 'a bucket') => (await store.countAttempt(name, 1000)).count
    assert.deepEqual([await count(), await count(), await count('another')], [1, 2, 1])
    clock.time += 999
    assert.deepEqual(await store.countAttempt('a bucket', 1000), { count: 3, remaining: 1 })
    clock.time += 1
    assert.equal(await count(), 1)
    await store.forgetAttempts('a bucket')
    assert.equal(await count(), 1)
  }),
)

test(
  'signUp() makes one account for an email, and limits who makes many',
  withDoor(async ({ store }) => {
    const options = { store, passwords: cheapPasswords() }
    const make = (i: number, address: string) =>
      signUp(options, { email: `new${i}@example.org`, name: 'New', password: PASSWORD, address })
    assert.equal(
      await signUp(options, {
        email: 'ann@example.org',
        name: 'Other',
        password: PASSWORD,
        address: '192.0.2.4',
      }),
      undefined,
    )
    for (let i = 0; i < 20; i++) assert.ok(await make(i, '192.0.2.5'))
    await assert.rejects(make(20, '192.0.2.5'), { code: 'ERR_API_RATE_LIMITED' })
    assert.ok(await make(21, '192.0.2.6'))
  }),
)
