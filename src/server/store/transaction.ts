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
  readonly #name: string
  readonly #execute: Execute
  #tail: Promise<unknown> = Promise.resolve()
  #failure: { error: unknown } | undefined
  #hasEnded = false

  /** @param name of the database, as it is shown */
  constructor(dialect: Dialect, name: string, execute: Execute) {
    this.dialect = dialect
    this.#name = name
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
   * Does the work, up to where it may be committed; gives up on work that does not end, for which everybody else would
   * wait.
   *
   * @param longest in milliseconds
   * @throws what the work threw, or what a statement of it threw, even where the work took no notice
   */
  async perform<T>(work: (database: Database) => Promise<T>, longest: number): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(this.#refuse('write', 'a transaction takes too long')),
        longest,
      )
    })
    try {
      return await Promise.race([this.#finish(work), limit])
    } finally {
      clearTimeout(timer)
      this.#hasEnded = true
    }
  }

  async #finish<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const result = await work(this)
    await this.#tail
    this.#hasEnded = true
    if (this.#failure !== undefined) throw this.#failure.error
    return result
  }

  /** One after the other, also where the work does not wait: a connection has one statement under way. */
  #run(act: 'read' | 'write', sql: string, values: readonly Value[]): Promise<Outcome> {
    const outcome = this.#tail.then(async () => {
      if (this.#hasEnded) {
        throw this.#refuse(act, 'its transaction has ended')
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

  #refuse(act: string, reason: string): PhylumError {
    return new PhylumError(
      'ERR_SERVER_DATABASE',
      `Cannot ${act} database "${this.#name}": ${reason}`,
    )
  }
}
