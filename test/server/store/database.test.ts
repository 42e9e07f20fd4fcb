import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPhylumError, PhylumError } from '#base'
import type { Database } from '../../../src/server/store/database.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import { onEachDatabase } from '../../harness/databases.ts'

/** Makes a test that runs with each database, opened. */
function withDatabase(use: (database: Database) => Promise<void>) {
  return onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    try {
      await use(database)
    } finally {
      await database.close()
      await database.close()
    }
  })
}

function insert(database: Database, bucket: string, count = 0): Promise<number> {
  return database.run(
    `INSERT INTO rate_limits (bucket, window_start, count, expires_at) VALUES (?, 0, ?, 0)`,
    ...[bucket, count],
  )
}

async function list(database: Database): Promise<string[]> {
  const rows = await database.all<{ bucket: string }>(
    `SELECT bucket FROM rate_limits ORDER BY bucket`,
  )
  return rows.map(({ bucket }) => bucket)
}

const FAILS = { code: 'ERR_SERVER_DATABASE' }

test(
  'Database gives numbers, bytes, text and nothing back as they were',
  withDatabase(async (database) => {
    const hash = Uint8Array.from({ length: 32 }, (_, index) => 255 - index)
    const at = Date.parse('2100-01-01')
    const text = `'"\\ $1 ? 🦆 \r\n\t`
    await database.run(
      'INSERT INTO oidc_payloads (model, id_hash, payload, expires_at) VALUES (?, ?, ?, ?)',
      ...['model', hash, text, at],
    )
    const row = await database.get(
      `SELECT model, id_hash AS "idHash", payload, expires_at AS "expiresAt", consumed_at
      FROM oidc_payloads WHERE id_hash = ?`,
      hash,
    )
    const expected = { model: 'model', idHash: hash, payload: text, expiresAt: at }
    assert.deepEqual(row, { ...expected, consumed_at: null })
    assert.deepEqual(
      await database.all(
        `SELECT count(*) AS count, sum(expires_at) AS sum, count(*) = 1 AS "isOne" FROM oidc_payloads`,
      ),
      [{ count: 1, sum: at, isOne: 1 }],
    )
    const none = 'SELECT model FROM oidc_payloads WHERE model = ?'
    assert.equal(await database.get(none, ''), undefined)
    assert.deepEqual(await database.all(none, ''), [])
    const upsert = await database.get<{ count: number }>(
      `INSERT INTO rate_limits (bucket, window_start, count, expires_at) VALUES (?, 0, 1, 0)
      ON CONFLICT (bucket) DO UPDATE SET count = rate_limits.count + 1 RETURNING count`,
      'a',
    )
    assert.deepEqual(upsert, { count: 1 })
  }),
)

test(
  'Database orders text by its bytes, whatever the language of the server',
  withDatabase(async (database) => {
    for (const bucket of ['b', 'ä', 'Z', 'a', '_', '🦆', '\ufb01']) await insert(database, bucket)
    assert.deepEqual(await list(database), ['Z', '_', 'a', 'b', 'ä', '\ufb01', '🦆'])
  }),
)

test(
  'Database refuses a text with U+0000, which not every dialect can keep',
  withDatabase(async (database) => {
    await assert.rejects(insert(database, 'a\0b'), { code: 'ERR_SERVER_REQUEST', status: 400 })
    await assert.rejects(
      database.transaction((inside) => insert(inside, 'a\0b')),
      { code: 'ERR_SERVER_REQUEST' },
    )
    assert.deepEqual(await list(database), [])
  }),
)

test(
  'transaction() keeps everything or nothing',
  withDatabase(async (database) => {
    const result = await database.transaction(async (inside) => {
      await insert(inside, 'a')
      await insert(inside, 'b')
      return await list(inside)
    })
    assert.deepEqual(result, ['a', 'b'])
    const thrown = new PhylumError('ERR_API_EXISTS', 'x')
    const undone = database.transaction(async (inside) => {
      await insert(inside, 'c')
      throw thrown
    })
    await assert.rejects(undone, (error) => error === thrown)
    assert.deepEqual(await list(database), ['a', 'b'])
  }),
)

test(
  'transaction() undoes everything when a statement fails, even where the work takes no notice',
  withDatabase(async (database) => {
    await insert(database, 'a')
    const work = database.transaction(async (inside) => {
      await insert(inside, 'b')
      await insert(inside, 'a').catch(() => {})
      await assert.rejects(list(inside), FAILS)
      return 'done'
    })
    await assert.rejects(work, FAILS)
    const late = database.transaction((inside) => {
      void insert(inside, 'b')
      void insert(inside, 'a').catch(() => {})
      return Promise.resolve('done')
    })
    await assert.rejects(late, FAILS)
    assert.deepEqual(await list(database), ['a'])
  }),
)

test(
  'transaction() within one is a part of it, and nothing can be added to one that has ended',
  withDatabase(async (database) => {
    let kept: Database | undefined
    const undone = database.transaction(async (inside) => {
      kept = inside
      await inside.transaction((deeper) => insert(deeper, 'a'))
      throw new PhylumError('ERR_API_EXISTS', 'x')
    })
    await assert.rejects(undone, { code: 'ERR_API_EXISTS' })
    await assert.rejects(insert(kept!, 'b'), FAILS)
    assert.deepEqual(await list(database), [])
  }),
)

test(
  'transaction() keeps other calls of the process out until it ends',
  withDatabase(async (database) => {
    const seen: number[] = []
    const read = async () => {
      const row = await database.get<{ count: number }>(`SELECT count(*) AS count FROM rate_limits`)
      seen.push(row?.count ?? NaN)
    }
    await Promise.all([
      database.transaction(async (inside) => {
        await insert(inside, 'a')
        await new Promise((resolve) => setTimeout(resolve, 1))
        await insert(inside, 'b')
      }),
      ...Array.from({ length: 5 }, read),
    ])
    await read()
    assert.equal(seen.pop(), 2)
    assert.ok(seen.every((count) => count !== 1), `${seen}`)
  }),
)

test(
  'transaction() lets nobody decide upon what another one is changing',
  withDatabase(async (database) => {
    await insert(database, 'a', 1)
    await insert(database, 'b', 1)
    // Write skew: each may take from one as long as both together keep something.
    const take = (bucket: string) =>
      database.transaction(async (inside) => {
        const row = await inside.get<{ sum: number }>('SELECT sum(count) AS sum FROM rate_limits')
        if ((row?.sum ?? 0) < 2) return false
        await inside.run('UPDATE rate_limits SET count = 0 WHERE bucket = ?', bucket)
        return true
      })
    const taken = await Promise.all([take('a'), take('b'), take('a'), take('b')])
    assert.equal(taken.filter(Boolean).length, 1)
    const counted = await Promise.all(
      Array.from({ length: 20 }, () =>
        database.transaction(async (inside) => {
          const row = await inside.get<{ count: number }>(
            `SELECT count FROM rate_limits WHERE bucket = 'b'`,
          )
          const count = (row?.count ?? NaN) + 1
          await inside.run(`UPDATE rate_limits SET count = ? WHERE bucket = 'b'`, count)
          return count
        })),
    )
    assert.equal(new Set(counted).size, 20)
  }),
)

test(
  'transaction() gives up on work that does not end, and lets the others go on',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where, { statementMilliseconds: 1000, connections: 1 })
    let kept: Database | undefined
    const stuck = database.transaction(async (inside) => {
      kept = inside
      await insert(inside, 'a')
      // The mistake that leads here: it waits for the transaction, which waits for it.
      await list(database)
    })
    await assert.rejects(stuck, {
      code: 'ERR_SERVER_DATABASE',
      message: /^Cannot write database ".*": a transaction takes too long$/,
    })
    await assert.rejects(insert(kept!, 'b'), FAILS)
    assert.deepEqual(await list(database), [])
    assert.equal(await insert(database, 'c'), 1)
    await database.close()
  }),
)

test(
  'Database goes on after a statement that it does not understand, and tells the cause',
  withDatabase(async (database) => {
    await assert.rejects(database.all('SELECT nonsense'), (error) => {
      assert.ok(isPhylumError(error, 'ERR_SERVER_DATABASE'))
      assert.match(error.message, /^Cannot read database ".*": \w+ reports an error$/)
      assert.match(String(error.cause), /nonsense/)
      return true
    })
    for (let index = 0; index < 20; index++) await assert.rejects(insert(database, 'a', 0.5), FAILS)
    assert.equal(await insert(database, 'a'), 1)
  }),
)

test(
  'Database tells no more once it is closed',
  withDatabase(async (database) => {
    await database.close()
    await assert.rejects(list(database), FAILS)
    await assert.rejects(database.transaction(list), FAILS)
  }),
)
