import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import { onEachDatabase } from '../../harness/databases.ts'
import { takeDatabase, whyNoPostgres } from '../../harness/postgres.ts'

// The tests that run on each database leave PostgreSQL out where there is none; this one says so.
test('openDatabase() opens PostgreSQL for a URL', async (t) => {
  const reason = await whyNoPostgres()
  if (reason !== undefined) return t.skip(reason)
  const { url, remove } = await takeDatabase()
  for (const where of [url, url.replace('postgres://', 'postgresql://')]) {
    const database = await openDatabase(where)
    assert.equal(database.dialect, 'postgres')
    await database.close()
  }
  await remove()
})

test(
  'Database gives numbers, bytes, text and nothing back as they were, in either dialect',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    const hash = Uint8Array.from({ length: 32 }, (_, index) => 255 - index)
    const at = Date.parse('2100-01-01')
    const text = `'"\\ $1 ? 🦆 \r\n\t`
    await database.run(
      'INSERT INTO oidc_payloads (model, id_hash, payload, expires_at) VALUES (?, ?, ?, ?)',
      ...['model', hash, text, at],
    )
    const row = await database.get(
      `SELECT model, id_hash AS "idHash", payload, expires_at AS "expiresAt", consumed_at FROM oidc_payloads
      WHERE id_hash = ?`,
      hash,
    )
    assert.deepEqual(row, {
      model: 'model',
      idHash: hash,
      payload: text,
      expiresAt: at,
      consumed_at: null,
    })
    assert.deepEqual(
      await database.all(
        `SELECT count(*) AS count, sum(expires_at) AS sum, count(*) = 1 AS "isOne" FROM oidc_payloads`,
      ),
      [{ count: 1, sum: at, isOne: 1 }],
    )
    assert.equal(
      await database.get('SELECT model FROM oidc_payloads WHERE model = ?', ''),
      undefined,
    )
    assert.deepEqual(await database.all('SELECT model FROM oidc_payloads WHERE model = ?', ''), [])
    await database.close()
  }),
)
