import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSweeping } from '../../../src/server/start_sweeping.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import type { Database } from '../../../src/server/store/database.ts'
import { createStore } from '../../../src/server/store.ts'
import { NOON } from '../../harness/api.ts'
import { onEachDatabase } from '../../harness/databases.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'

const HOUR = 3_600_000
const hash = (index: number) =>
  Uint8Array.from({ length: 32 }, (_, at) => at < 2 ? index >> 8 * at : 0)

/** Keeps two of each kind that ends, one of which has ended at noon, and what never ends. */
async function fill(database: Database): Promise<void> {
  const store = createStore(database, { clock: { now: () => NOON - 24 * HOUR } })
  const user = await store.createUser({ email: 'ann@example.org', name: 'Ann' })
  const id = user?.id ?? ''
  for (const [index, end] of [NOON, NOON + 1].entries()) {
    await database.run(
      `INSERT INTO sessions (session_hash, user_id, created_at, used_at, expires_at) VALUES (?, ?, 0, 0, ?)`,
      ...[hash(index), id, end],
    )
    await database.run(
      `INSERT INTO rate_limits (bucket, window_start, count, expires_at) VALUES (?, 0, 1, ?)`,
      ...[`bucket ${index}`, end],
    )
    await database.run(
      `INSERT INTO oidc_payloads (model, id_hash, payload, expires_at) VALUES ('Token', ?, '{}', ?)`,
      ...[hash(index), end - HOUR],
    )
    const later = createStore(database, { clock: { now: () => end - 24 * HOUR } })
    await later.keepAnswer({ userId: id, key: `${index}`, requestHash: hash(0) }, {
      status: 201,
      body: '',
    })
  }
  await database.run(
    `INSERT INTO oidc_payloads (model, id_hash, payload) VALUES ('Key', ?, '{}')`,
    hash(9),
  )
}

async function count(database: Database, table: string): Promise<number> {
  const row = await database.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)
  return row?.count ?? NaN
}

test(
  'sweep() removes what has ended, and nothing else',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    await fill(database)
    const store = createStore(database, { clock: { now: () => NOON } })
    assert.equal(await store.sweep(), 4)
    const tables = ['sessions', 'rate_limits', 'oidc_payloads', 'idempotency', 'users']
    const counts = await Promise.all(tables.map((table) => count(database, table)))
    assert.deepEqual(counts, [1, 1, 2, 1, 1])
    assert.equal(await store.sweep(), 0)
    await database.close()
  }),
)

test(
  'sweep() removes many, in several servers at once',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    await database.transaction(async (inside) => {
      for (let index = 0; index < 1234; index++) {
        await inside.run(
          `INSERT INTO rate_limits (bucket, window_start, count, expires_at) VALUES (?, 0, 1, ?)`,
          ...[`bucket ${index}`, index],
        )
      }
    })
    const store = createStore(database, { clock: { now: () => 1199 } })
    const removed = await Promise.all([store.sweep(), store.sweep(), store.sweep()])
    assert.equal(removed[0] + removed[1] + removed[2], 1200)
    assert.equal(await count(database, 'rate_limits'), 34)
    await database.close()
  }),
)

test(
  'startSweeping() sweeps until it is stopped, also after a failure',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    await fill(database)
    const store = createStore(database, { clock: { now: () => NOON } })
    let sweeps = 0
    let reach = () => {}
    const reached = new Promise<void>((resolve) => reach = resolve)
    const log = createRecordingLog()
    const stop = startSweeping({
      ...store,
      async sweep() {
        if (++sweeps === 1) throw new Error('the database is gone')
        if (sweeps === 3) reach()
        return await store.sweep()
      },
    }, { log, intervalMilliseconds: 1 })
    // The sweeps do not keep a process alive.
    const alive = setTimeout(() => {}, 60_000)
    await reached
    await stop()
    clearTimeout(alive)
    const before = sweeps
    assert.deepEqual(log.details, [
      'Not removed what has expired: the database is gone',
      'Removed what has expired: 4 rows',
    ])
    await store.sweep()
    assert.equal(sweeps, before)
    await database.close()
  }),
)
