import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { display } from '#base'
import { STATEMENT_MILLISECONDS } from './database.ts'
import type { Database, DatabaseOptions, Limits, Value } from './database.ts'
import { BUSY_MILLISECONDS, openSqlite } from './open_sqlite.ts'
import { explainSqliteError, isBusy } from './sqlite_error.ts'
import { assertStorable } from './storable.ts'
import { MAX_STATEMENTS, Transaction } from './transaction.ts'
import type { Outcome } from './transaction.ts'

/** Longest pause between two attempts while another process is writing, in milliseconds. */
const MAX_PAUSE = 25

/**
 * Opens the database that is one SQLite file, or in memory for the file name ":memory:".
 *
 * @throws ERR_SERVER_DATABASE when the file cannot be a database of this phylum, with the reason
 */
export async function openSqliteDatabase(
  file: string,
  options: DatabaseOptions = {},
): Promise<Database> {
  const busy = options.busyMilliseconds ?? BUSY_MILLISECONDS
  const database = await openSqlite(file, { busyMilliseconds: busy })
  // From here on it is this process that waits, and not SQLite, which would hold up every other request meanwhile.
  database.exec('PRAGMA busy_timeout = 0')
  return new SqliteDatabase(database, file, {
    busy,
    longest: options.statementMilliseconds ?? STATEMENT_MILLISECONDS,
  })
}

/** One connection. Its calls are synchronous, and so come one after the other; a transaction keeps the others out. */
class SqliteDatabase implements Database {
  readonly dialect = 'sqlite'
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #limits: Limits
  // Prepared once: parsing the text anew would cost a request more than running it.
  readonly #statements = new Map<string, StatementSync>()
  readonly #waiting: (() => void)[] = []
  #isTaken = false
  #isOpen = true

  constructor(database: DatabaseSync, file: string, limits: Limits) {
    this.#database = database
    this.#file = file
    this.#limits = limits
  }

  async all<Row>(sql: string, ...values: readonly Value[]): Promise<Row[]> {
    return (await this.#single('read', sql, values)).rows as Row[]
  }

  async get<Row>(sql: string, ...values: readonly Value[]): Promise<Row | undefined> {
    return (await this.#single('read', sql, values)).rows[0] as Row | undefined
  }

  async run(sql: string, ...values: readonly Value[]): Promise<number> {
    return (await this.#single('write', sql, values)).changes
  }

  transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    // The write lock at once: a transaction that reads first and then finds another one writing could not go on.
    return this.#perform('BEGIN IMMEDIATE', work)
  }

  snapshot<T>(work: (database: Database) => Promise<T>): Promise<T> {
    // With a write-ahead log, readers hold up nobody.
    return this.#perform('BEGIN', work)
  }

  #perform<T>(begin: string, work: (database: Database) => Promise<T>): Promise<T> {
    return this.#patiently('write', async () => {
      this.#database.exec(begin)
      const transaction = new Transaction('sqlite', display(this.#file), (act, sql, values) => {
        return Promise.resolve(this.#explain(act, () => this.#execute(act, sql, values)))
      })
      try {
        const result = await transaction.perform(work, this.#limits.longest)
        this.#explain('write', () => this.#database.exec('COMMIT'))
        return { result }
      } catch (error) {
        this.#rollBack()
        return { error }
      }
    }).then((outcome) => {
      if ('result' in outcome) return outcome.result
      throw outcome.error
    })
  }

  async close(): Promise<void> {
    await this.#turn(() => {
      if (this.#isOpen) this.#database.close()
      this.#isOpen = false
    })
  }

  #single(act: 'read' | 'write', sql: string, values: readonly Value[]): Promise<Outcome> {
    return this.#patiently(act, () => this.#execute(act, sql, values))
  }

  #execute(act: 'read' | 'write', sql: string, values: readonly Value[]): Outcome {
    assertStorable(values)
    const statement = this.#prepare(sql)
    const bound = values as SQLInputValue[]
    if (act === 'write') return { rows: [], changes: Number(statement.run(...bound).changes) }
    return { rows: statement.all(...bound).map((row) => ({ ...row })), changes: 0 }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** Tries again while another process is writing, and lets others of this process come in between. */
  async #patiently<T>(act: string, work: () => T | Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#limits.busy
    for (let pause = 1;; pause = Math.min(2 * pause, MAX_PAUSE)) {
      try {
        return await this.#turn(work)
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) {
          throw explainSqliteError(act, this.#file, error)
        }
      }
      await delay(pause)
    }
  }

  /** Waits for those who came before, while one of them is in a transaction. */
  async #turn<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#isTaken = true
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#isTaken = false
      else next()
    }
  }

  #rollBack(): void {
    // SQLite has rolled back by itself after some errors, a full disk among them; then there is nothing left to undo.
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // The first error is the one to tell.
    }
  }

  #explain<Result>(act: string, call: () => Result): Result {
    try {
      return call()
    } catch (error) {
      throw explainSqliteError(act, this.#file, error)
    }
  }
}
