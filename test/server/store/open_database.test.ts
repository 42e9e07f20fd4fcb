import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../../src/server/store/open_database.ts'
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
