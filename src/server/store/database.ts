/** What a database keeps in a column. */
export type Value = string | number | null | Uint8Array

/** The languages that a database may speak. */
export type Dialect = 'sqlite' | 'postgres'

/**
 * A database, whichever it is. Everything that the server keeps goes through here, in the part of SQL that both dialects
 * share: `ON CONFLICT`, `RETURNING`, names in quotes where their case matters (`AS "createdAt"`), 1 and 0 for what is
 * true and false. Every value is bound, none is ever written into the text: that is what stops SQL in a name.
 *
 * Integers come back as numbers, `BIGINT` and counts too; bytes as `Uint8Array`; rows as plain objects.
 *
 * Every method throws ERR_SERVER_DATABASE when the database is locked, full, damaged or gone, and ERR_SERVER_REQUEST
 * when a text holds U+0000, which PostgreSQL cannot keep.
 */
export interface Database {
  readonly dialect: Dialect
  /** @param sql with `?` for each value */
  all<Row>(sql: string, ...values: readonly Value[]): Promise<Row[]>
  /** @returns the first row */
  get<Row>(sql: string, ...values: readonly Value[]): Promise<Row | undefined>
  /** @returns number of rows changed */
  run(sql: string, ...values: readonly Value[]): Promise<number>
  /**
   * Runs several statements as one: all of them happen, or none, and as if nobody else were there (serializable). Who
   * reads and then writes what depends on it needs this; a statement by itself sees what was kept before it began.
   *
   * `work` uses the database that it is given, and no other; it may be called again where somebody else was in the way,
   * so it has no effect but on the database. A statement that fails, or a `work` that throws, undoes everything. A
   * transaction within one is a part of it.
   */
  transaction<T>(work: (database: Database) => Promise<T>): Promise<T>
  /**
   * Reads with several statements from one state of the database, which nobody who writes meanwhile changes or waits
   * for. `work` only reads.
   */
  snapshot<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** Lets statements under way end, then closes; may be called again. */
  close(): Promise<void>
}

/** Longest that a statement or a transaction takes that is not stuck, in milliseconds. */
export const STATEMENT_MILLISECONDS = 15_000

/** How long others are waited for, and how long they are kept waiting, in milliseconds. */
export interface Limits {
  busy: number
  longest: number
}

export interface DatabaseOptions {
  /** How long to wait for others who are writing, in milliseconds. */
  busyMilliseconds?: number
  /** Connections of this process to PostgreSQL, at most. */
  connections?: number
  /** How long a connection to PostgreSQL may take to come about, or to become free, in milliseconds. */
  connectMilliseconds?: number
  /** How long a statement on PostgreSQL, or a transaction, may take, in milliseconds. None of ours takes long. */
  statementMilliseconds?: number
}
