import { join } from 'node:path'
import process from 'node:process'
import type { TestContext } from 'node:test'
import { takeDatabase, whyNoPostgres } from './postgres.ts'
import { withTemporaryDirectory } from './temporary.ts'

/** Where a test keeps its data: what `--database` takes. */
export type Use = (where: string) => Promise<void>

/**
 * Makes a test that runs on each database, SQLite and PostgreSQL, each time with an empty one of its own;
 * `PHYLUM_TEST_DATABASES=sqlite` leaves PostgreSQL out.
 *
 * @param options.isFile whether SQLite keeps a file, which others can open too, and not in memory
 */
export function onEachDatabase(
  use: Use,
  options: { isFile?: boolean } = {},
): (t: TestContext) => Promise<void> {
  const onSqlite = options.isFile
    ? () => withTemporaryDirectory((directory) => use(join(directory, 'a.sqlite')))
    : () => use(':memory:')
  return async (t) => {
    await t.test('on SQLite', onSqlite)
    if (process.env['PHYLUM_TEST_DATABASES'] === 'sqlite') return
    const reason = await whyNoPostgres()
    const skip = reason === undefined ? {} : { skip: reason }
    await t.test('on PostgreSQL', skip, () => onPostgres(use))
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
