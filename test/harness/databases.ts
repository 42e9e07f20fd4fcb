import type { TestContext } from 'node:test'
import { takeDatabase, whyNoPostgres } from './postgres.ts'

/** Where a test keeps its data: what `--database` takes. */
export type Use = (where: string) => Promise<void>

/** Makes a test that runs on each database, SQLite and PostgreSQL, each time with an empty one of its own. */
export function onEachDatabase(use: Use): (t: TestContext) => Promise<void> {
  return async (t) => {
    await t.test('on SQLite', () => use(':memory:'))
    const reason = await whyNoPostgres()
    await t.test(
      'on PostgreSQL',
      reason === undefined ? {} : { skip: reason },
      () => onPostgres(use),
    )
  }
}

async function onPostgres(use: Use): Promise<void> {
  const database = await takeDatabase()
  try {
    await use(database.url)
  } finally {
    await database.remove()
  }
}
