import { chmodSync, closeSync, openSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { display, systemCode } from '#base'
import { assertKnownSqlite, migrateSqlite } from './migrate_sqlite.ts'
import { explainSqliteError, isBusy, refuseDatabase } from './sqlite_error.ts'

/** How long a database that another process is writing to is waited for, in milliseconds. */
export const BUSY_MILLISECONDS = 5000

/** Pause between two attempts to open a database that is being made, in milliseconds. */
const RETRY_MILLISECONDS = 20

/** The name that SQLite gives to a database without a file. */
export const MEMORY = ':memory:'

/**
 * Opens a database file, makes it when it is missing, and brings it to the newest schema. The file and its
 * companions are readable by their owner alone.
 *
 * @param file path of the file, or ":memory:"
 * @throws ERR_SERVER_DATABASE with the reason
 */
export async function openSqlite(
  file: string,
  options: { busyMilliseconds?: number } = {},
): Promise<DatabaseSync> {
  const busy = options.busyMilliseconds ?? BUSY_MILLISECONDS
  // An absolute path, because SQLite reads a name that begins with "file:" as a URI with options of its own.
  const path = file === MEMORY ? MEMORY : resolve(file)
  if (path !== MEMORY) createFile(file)
  const deadline = performance.now() + busy
  for (;;) {
    try {
      return prepareDatabase(path, display(file), busy)
    } catch (error) {
      // Where two change to write-ahead logging at once, neither could go on if both waited: SQLite fails one at once.
      if (!isBusy(error) || performance.now() >= deadline) {
        throw explainSqliteError('open', file, error)
      }
    }
    await delay(RETRY_MILLISECONDS)
  }
}

function prepareDatabase(path: string, shown: string, busy: number): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    database.exec(`PRAGMA busy_timeout = ${Math.trunc(busy)}`)
    // Views and triggers of a file that somebody prepared may not call functions with side effects.
    database.exec('PRAGMA trusted_schema = OFF')
    // In one transaction, so that a database which another server is just making is not seen half made.
    database.exec('BEGIN')
    assertKnownSqlite(database, shown)
    database.exec('COMMIT')
    if (path !== MEMORY) closeToOthers(realpathSync(path))
    database.exec('PRAGMA journal_mode = WAL')
    // Flushed at every commit: an acknowledged write survives the loss of power, too, and not only a kill. NORMAL would
    // be enough for the kill; writes are rare here, and reads do not pay for it.
    database.exec('PRAGMA synchronous = FULL')
    database.exec('PRAGMA foreign_keys = ON')
    migrateSqlite(database, shown)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Makes the file with mode 0600 where it is missing.
 *
 * A file that exists is not opened here: to close it would drop the locks that this process holds on it through
 * SQLite (POSIX locks belong to the process, not to the descriptor).
 */
function createFile(file: string): void {
  try {
    closeSync(openSync(resolve(file), 'wx', 0o600))
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw explainSqliteError('create', file, error)
    // A FIFO would hold up the open for ever, and a device is no place for a database.
    const stat = statSync(resolve(file), { throwIfNoEntry: false })
    if (stat === undefined || stat.isFile()) return
    throw refuseDatabase(
      'open',
      file,
      stat.isDirectory() ? 'it is a directory' : 'it is not a regular file',
    )
  }
}

/**
 * Takes a file that others may read away from them: who uses this server, and the hashes of their keys, are in it.
 * SQLite gives the companions that it makes the mode of the file; one that a crash left may have an older mode.
 */
function closeToOthers(path: string): void {
  for (const companion of ['', '-wal', '-shm']) {
    const stat = statSync(path + companion, { throwIfNoEntry: false })
    if (stat !== undefined && (stat.mode & 0o077) !== 0) chmodSync(path + companion, 0o600)
  }
}
