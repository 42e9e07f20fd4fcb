import { lstat, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { display, PhylumError, systemCode } from '#base'
import { describeSystemError } from './system_error.ts'

/** Longest pause between two attempts, in milliseconds. */
const MAX_PAUSE = 40

/** How long to wait for a lock. */
export interface LockOptions {
  /** In milliseconds; 10 seconds unless told. */
  timeout?: number
}

/**
 * Does `work` while no other process, and no other caller in this one, does work under the lock of the same file.
 *
 * The lock belongs to the kernel, which takes it away from a process that dies, however it dies: there is no stale lock to
 * recognise and no process id, clock or namespace to be wrong about. JavaScript cannot reach flock or fcntl, but SQLite locks its
 * files with fcntl, and both runtimes carry SQLite: a write transaction on an empty file is a lock, and writes nothing.
 * The empty file stays: removing a lock file is what lets two waiters win.
 *
 * @throws ERR_CONFIG_LOCKED when the time is over, ERR_CONFIG_WRITE when the lock file cannot be made
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const lockFile = join(dirname(file), `.${basename(file)}.lock`)
  await makeLockFile(lockFile)
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(lockFile)
  try {
    const timeout = options.timeout ?? 10_000
    // A clock that cannot jump, as the time of day can.
    const deadline = performance.now() + timeout
    for (let pause = 1; !tryToLock(database, lockFile); pause = Math.min(pause * 2, MAX_PAUSE)) {
      if (performance.now() >= deadline) {
        throw new PhylumError(
          'ERR_CONFIG_LOCKED',
          `Cannot lock "${display(file)}": another process has held it for ${
            timeout / 1000
          } seconds`,
          { hints: ['wait for the other phylum command to end, then try again'] },
        )
      }
      // Two waiters that woke together shall not wake together again.
      await sleep(pause * (0.5 + Math.random()))
    }
    return await work()
  } finally {
    database.close()
  }
}

function tryToLock(database: { exec(sql: string): void }, lockFile: string): boolean {
  try {
    // A journal in memory: otherwise a killed holder would leave one on the disk.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw cannotLock(lockFile, describeSystemError(error), error)
  }
}

// Bun gives SQLite's number, Deno only its words.
function isBusy(error: unknown): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string }
  return errcode === 5 || message?.startsWith('database is locked') === true
}

async function makeLockFile(path: string): Promise<void> {
  try {
    const handle = await open(path, 'wx', 0o600)
    await handle.close()
    return
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw cannotLock(path, describeSystemError(error), error)
  }
  // Never opened here once it exists: closing any descriptor of a file drops all fcntl locks that the process holds on it.
  const status = await lstat(path).catch((error) => {
    throw cannotLock(path, describeSystemError(error), error)
  })
  // A link would let SQLite open, and roll back, a database somewhere else.
  if (!status.isFile() || status.size !== 0) throw cannotLock(path, 'it is not an empty file')
}

function cannotLock(path: string, state: string, cause?: unknown): PhylumError {
  return new PhylumError('ERR_CONFIG_WRITE', `Cannot lock "${display(path)}": ${state}`, {
    cause,
  })
}
