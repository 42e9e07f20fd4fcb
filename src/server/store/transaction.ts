import { PhylumError } from '#base'
import type { Database, Dialect, Value } from './database.ts'

/** Statements that are kept prepared; each is a text of this program, so there are some hundred. */
export const MAX_STATEMENTS = 1000

/** What came of a statement. */
export interface Outcome {
  rows: unknown[]
  /** Number of rows changed. */
  changes: number
}

/** Runs one statement. It throws ERR_SERVER_DATABASE, with the database's own error as cause. */
export type Execute = (
  act: 'read' | 'write',
  sql: string,
  values: readonly Value[],
) => Promise<Outcome>

/** The database as the work of a transaction sees it. */
export class Transaction implements Database {
  readonly dialect: Dialect
  readonly #execute: Execute
  #tail: Promise<unknown> = Promise.resolve()
  #failure: { error: unknown } | undefined
  #hasEnded = false

  constructor(dialect: Dialect, execute: Execute) {
    this.dialect = dialect
    this.#execute = execute
  }

  async all<Row>(sql: string, ...values: readonly Value[]): Promise<Row[]> {
    return (await this.#run('read', sql, values)).rows as Row[]
  }

  async get<Row>(sql: string, ...values: readonly Value[]): Promise<Row | undefined> {
    return (await this.#run('read', sql, values)).rows[0] as Row | undefined
  }

  async run(sql: string, ...values: readonly Value[]): Promise<number> {
    return (await this.#run('write', sql, values)).changes
  }

  transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return work(this)
  }

  snapshot<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return work(this)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /**
   * Does the work, up to where it may be committed.
   *
   * @throws what the work threw, or what a statement of it threw, even where the work took no notice
   */
  async perform<T>(work: (database: Database) => Promise<T>): Promise<T> {
    try {
      const result = await work(this)
      await this.#tail
      if (this.#failure !== undefined) throw this.#failure.error
      return result
    } finally {
      this.#hasEnded = true
    }
  }

  /** One after the other, also where the work does not wait: a connection has one statement under way. */
  #run(act: 'read' | 'write', sql: string, values: readonly Value[]): Promise<Outcome> {
    const outcome = this.#tail.then(async () => {
      if (this.#hasEnded) {
        throw new PhylumError(
          'ERR_SERVER_DATABASE',
          `Cannot ${act} database: its transaction has ended`,
        )
      }
      // PostgreSQL goes no further after a failure, SQLite would: the work must mean the same to both.
      if (this.#failure !== undefined) throw this.#failure.error
      try {
        return await this.#execute(act, sql, values)
      } catch (error) {
        this.#failure = { error }
        throw error
      }
    })
    this.#tail = outcome.catch(() => {})
    return outcome
  }
}
