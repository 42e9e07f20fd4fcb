import type { DatabaseSync } from 'node:sqlite'
import { PhylumError } from '#base'

/** Marks a database file as phylum's: "phyl" in ASCII, in SQLite's `application_id`. */
export const APPLICATION_ID = 0x7068796c

/**
 * The schema, step by step: step n brings a database from version n to n + 1. A released step is never edited.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE users (
    user_id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE api_keys (
    key_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    expires_at INTEGER,
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX api_keys_by_user ON api_keys (user_id, name) WHERE revoked_at IS NULL;

  CREATE TABLE groups (
    group_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE members (
    group_id TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    PRIMARY KEY (group_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_by_user ON members (user_id);
  `,
]

/**
 * Refuses a database that phylum must not touch, before anything is written to it.
 *
 * @throws ERR_SERVER_DATABASE when it is of another program or of a newer phylum
 */
export function assertKnownDatabase(
  database: DatabaseSync,
  file: string,
  migrations = MIGRATIONS,
): void {
  const version = readNumber(database, 'PRAGMA user_version')
  const application = readNumber(database, 'PRAGMA application_id')
  // Somebody else's file (a browser's history, say) must not get our tables, nor change its journal mode.
  const tables = readNumber(database, 'SELECT count(*) FROM sqlite_schema')
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables !== 0)) {
    throw new PhylumError(
      'ERR_SERVER_DATABASE',
      `Cannot open database "${file}": it belongs to another program`,
      { hints: ['name another file with --database'] },
    )
  }
  if (version > migrations.length) {
    throw new PhylumError(
      'ERR_SERVER_DATABASE',
      `Cannot open database "${file}": its schema is version ${version}, and this phylum knows ${migrations.length}`,
      { hints: ['a newer phylum wrote it: update phylum, or name another file with --database'] },
    )
  }
}

/**
 * Brings a database to the newest schema, in one transaction. Of two servers that start at once the second waits for
 * the first and then finds nothing left to do.
 *
 * @throws ERR_SERVER_DATABASE when it is of another program or of a newer phylum
 */
export function migrate(database: DatabaseSync, file: string, migrations = MIGRATIONS): void {
  // IMMEDIATE takes the write lock before the version is read, so what is read stays true. It also fails here, at
  // the start, on a file that cannot be written.
  database.exec('BEGIN IMMEDIATE')
  try {
    assertKnownDatabase(database, file, migrations)
    const version = readNumber(database, 'PRAGMA user_version')
    for (const step of migrations.slice(version)) database.exec(step)
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
