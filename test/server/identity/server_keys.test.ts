import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as jose from 'jose'
import { readServerKeys, rotateServerKeys } from '../../../src/server/identity/server_keys.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import type { Database } from '../../../src/server/store/database.ts'
import { Browser } from '../../harness/browser.ts'
import { onEachDatabase } from '../../harness/databases.ts'
import { beginLogin, discover, exchange, logIn, withIdentity } from '../../harness/identity.ts'

const NOON = Date.parse('2026-03-01T12:00:00.000Z')

/** Makes a test of the keys in an empty database. */
function withKeys(
  body: (database: Database, clock: { time: number; now(): number }) => Promise<void>,
) {
  return onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    const clock = { time: NOON, now: () => clock.time }
    try {
      await body(database, clock)
    } finally {
      await database.close()
    }
  })
}

test(
  'readServerKeys() makes the keys once',
  withKeys(async (database, clock) => {
    const first = await readServerKeys(database, clock)
    assert.deepEqual(first.signing.map(({ alg }) => alg), ['RS256', 'ES256'])
    assert.equal(first.cookies.length, 1)
    assert.deepEqual(await readServerKeys(database, clock), first)
  }),
)

test(
  'readServerKeys() gives all servers the same keys, also those that begin at once',
  withKeys(async (database, clock) => {
    await Promise.all(Array.from({ length: 4 }, () => readServerKeys(database, clock)))
    const [one, other] = await Promise.all([
      readServerKeys(database, clock),
      readServerKeys(database, clock),
    ])
    assert.deepEqual(one, other)
  }),
)

test(
  'rotateServerKeys() puts new keys first, and keeps the old ones until nothing of theirs is good',
  withKeys(async (database, clock) => {
    const old = await readServerKeys(database, clock)
    clock.time += 1000
    await rotateServerKeys(database, clock)
    const both = await readServerKeys(database, clock)
    assert.notEqual(both.version, old.version)
    assert.deepEqual(both.signing.map(({ alg }) => alg), ['RS256', 'RS256', 'ES256', 'ES256'])
    assert.deepEqual([both.signing[1], both.signing[3]], old.signing)
    assert.deepEqual(both.cookies[1], old.cookies[0])
    // An ID token lives six minutes, a login half an hour; clocks may be five minutes apart.
    clock.time += 10 * 60_000
    assert.equal((await readServerKeys(database, clock)).signing.length, 4)
    clock.time += 60_000
    const late = await readServerKeys(database, clock)
    assert.deepEqual(late.signing, [both.signing[0], both.signing[2]])
    assert.equal(late.cookies.length, 2)
    clock.time += 30 * 60_000
    assert.equal((await readServerKeys(database, clock)).cookies.length, 1)

    await rotateServerKeys(database, clock)
    const rows = await database.all(`SELECT name FROM server_secrets`)
    assert.equal(rows.length, 6, 'keys of which nothing is good any more are gone')
  }),
)

test(
  'rotateServerKeys() works where the last keys were made by a server whose clock is ahead',
  withKeys(async (database, clock) => {
    clock.time = NOON + 120_000
    const old = await readServerKeys(database, clock)
    clock.time = NOON
    await rotateServerKeys(database, clock)
    const { signing } = await readServerKeys(database, clock)
    assert.notEqual(signing[0]?.['kid'], old.signing[0]?.['kid'])
    assert.equal(signing.length, 4)
  }),
)

test(
  'K154 keys are rotated while people log in: nobody notices',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const keys = async () => {
      const answer = await fetch(`${world.url}/oidc/jwks`)
      return await answer.json() as jose.JSONWebKeySet
    }
    const before = await exchange(await logIn(world, config))
    const browser = new Browser()
    const { address } = await beginLogin(config)
    const { url: page } = await browser.open(address)

    await rotateServerKeys(world.database, world.clock)
    // The cookie of a login under way is still good.
    assert.ok(await world.identity.readInteraction(browser.request(page)))
    const after = await exchange(await logIn(world, config))
    const published = await keys()
    assert.equal(published.keys.length, 4)
    for (const key of published.keys) {
      for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.equal(part in key, false)
    }
    const local = jose.createLocalJWKSet(published)
    const [old, young] = await Promise.all(
      [before, after].map(async ({ id_token: token = '' }) =>
        (await jose.jwtVerify(token, local)).protectedHeader.kid
      ),
    )
    assert.notEqual(old, young)
  }),
)
