import type { DatabaseSync } from 'node:sqlite'
import { APPLICATION_ID, assertNotNewer, MIGRATIONS, refuseForeign, textOf } from './migrations.ts'
import type { Step } from './migrations.ts'

/**
 * Refuses a database that phylum must not touch, before anything is written to it.
 *
 * @throws ERR_SERVER_DATABASE when it is of another program or of a newer phylum
 */
export function assertKnownSqlite(
  database: DatabaseSync,
  file: string,
  migrations: readonly Step[] = MIGRATIONS,
): void {
  const version = readNumber(database, 'PRAGMA user_version')
  const application = readNumber(database, 'PRAGMA application_id')
  // Somebody else's file (a browser's history, say) must not get our tables, nor change its journal mode.
  const tables = readNumber(database, 'SELECT count(*) FROM sqlite_schema')
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables !== 0)) {
    throw refuseForeign(file)
  }
  assertNotNewer(version, file, migrations)
}

/**
 * Brings a database to the newest schema, in one transaction. Of two servers that start at once the second waits for
 * the first and then finds nothing left to do.
 *
 * @throws ERR_SERVER_DATABASE when it is of another program or of a newer phylum
 */
export function migrateSqlite(
  database: DatabaseSync,
  file: string,
  migrations: readonly Step[] = MIGRATIONS,
): void {
  // IMMEDIATE takes the write lock before the version is read, so what is read stays true. It also fails here, at
  // the start, on a file that cannot be written.
  database.exec('BEGIN IMMEDIATE')
  try {
    assertKnownSqlite(database, file, migrations)
    const version = readNumber(database, 'PRAGMA user_version')
    for (const step of migrations.slice(version)) database.exec(textOf(step, 'sqlite'))
    if (version < migrations.length) {
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
      database.exec(`PRAGMA user_version = ${migrations.length}`)
    }
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function readNumber(database: DatabaseSync, query: string): number {
  const row = database.prepare(query).get() as Record<string, number>
  return Object.values(row)[0] ?? 0
}
