import type { Pool, PoolClient } from 'pg'
import { setTimeout as delay } from 'node:timers/promises'
import { PhylumError } from '#base'
import { STATEMENT_MILLISECONDS } from './database.ts'
import type { Database, DatabaseOptions, Limits, Value } from './database.ts'
import { migratePostgres } from './migrate_postgres.ts'
import {
  explainPostgresError,
  isConflict,
  isOfStatement,
  nameOfPostgres,
} from './postgres_error.ts'
import { assertStorable } from './storable.ts'
import { MAX_STATEMENTS, Transaction } from './transaction.ts'
import type { Outcome } from './transaction.ts'

/** Connections of a process, at most: the requests of one server are short, and PostgreSQL has some hundred for all. */
const CONNECTIONS = 8

const CONNECT_MILLISECONDS = 5000

/** How long somebody is waited for who changes the same, in milliseconds. */
const BUSY_MILLISECONDS = 5000

/** Longest pause between two attempts, in milliseconds. */
const MAX_PAUSE = 100

/**
 * Opens the database of a PostgreSQL server.
 *
 * @throws ERR_SERVER_DATABASE when it cannot be a database of this phylum, with the reason
 */
export async function openPostgresDatabase(
  url: string,
  options: DatabaseOptions = {},
): Promise<Database> {
  const name = nameOfPostgres(url)
  const limits = {
    busy: options.busyMilliseconds ?? BUSY_MILLISECONDS,
    longest: options.statementMilliseconds ?? STATEMENT_MILLISECONDS,
  }
  const pool = await createPool(url, limits, options)
  const database = new PostgresDatabase(pool, name, limits)
  try {
    await database.migrate()
    return database
  } catch (error) {
    await database.close()
    throw explainPostgresError('open', name, error)
  }
}

async function createPool(
  url: string,
  { busy, longest }: Limits,
  options: DatabaseOptions,
): Promise<Pool> {
  const connecting = options.connectMilliseconds ?? CONNECT_MILLISECONDS
  // Loaded here: who keeps a file does not pay for it.
  const { default: pg } = await import('pg')
  const readers: Readonly<Record<number, (text: string) => unknown>> = {
    [pg.types.builtins.INT8]: Number,
    [pg.types.builtins.NUMERIC]: Number,
    [pg.types.builtins.BOOL]: (text) => text === 't' ? 1 : 0,
    [pg.types.builtins.BYTEA]: (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
  }
  const pool = new pg.Pool({
    connectionString: requireTrust(url),
    application_name: 'phylum',
    max: options.connections ?? CONNECTIONS,
    connectionTimeoutMillis: connecting,
    statement_timeout: longest,
    // Ours, for a server that is gone without a word and cannot end the statement itself.
    query_timeout: longest + connecting,
    lock_timeout: busy,
    idle_in_transaction_session_timeout: longest,
    keepAlive: true,
    allowExitOnIdle: true,
    // What was acknowledged is on the disk, whatever the administrator has set for other programs.
    onConnect: async (client) => {
      await client.query(
        `SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off'`,
      )
    },
    types: {
      getTypeParser: (id: number) => readers[id] ?? pg.types.getTypeParser(id),
    },
  })
  // A connection that breaks while nobody uses it is taken out by the pool; the next request gets another one. And there
  // is a moment between the pool's watch over a connection and ours: an error that nobody listens to ends the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => void client.on('error', () => {}))
  return pool
}

/**
 * Takes every wish for TLS as one for TLS with a server that can prove who it is: what only encrypts, anybody between
 * us and the server can answer. It is what the driver does today, with a warning that it will not for ever.
 */
function requireTrust(url: string): string {
  if (/[?&]uselibpqcompat=/.test(url)) return url
  return url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
}

class PostgresDatabase implements Database {
  readonly dialect = 'postgres'
  readonly #pool: Pool
  readonly #name: string
  readonly #limits: Limits
  readonly #statements = new Map<string, { name: string; text: string }>()
  #prepared = 0
  #closed: Promise<void> | undefined

  constructor(pool: Pool, name: string, limits: Limits) {
    this.#pool = pool
    this.#name = name
    this.#limits = limits
  }

  migrate(): Promise<void> {
    return this.#withClient((client) => migratePostgres(client, this.#name))
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
    return this.#perform('BEGIN ISOLATION LEVEL SERIALIZABLE', work)
  }

  snapshot<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.#perform('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work)
  }

  async #perform<T>(begin: string, work: (database: Database) => Promise<T>): Promise<T> {
    return await this.#patiently(() =>
      this.#withClient(async (client, giveUp) => {
        await this.#explain('write', () => client.query(begin))
        const transaction = new Transaction('postgres', this.#name, (act, sql, values) => {
          return this.#explain(act, () => this.#execute(client, sql, values))
        })
        try {
          const result = await transaction.perform(work, this.#limits.longest)
          await this.#explain('write', () => client.query('COMMIT'))
          return result
        } catch (error) {
          await client.query('ROLLBACK').catch(giveUp)
          throw error
        }
      })
    )
  }

  close(): Promise<void> {
    return this.#closed ??= this.#pool.end()
  }

  #single(act: 'read' | 'write', sql: string, values: readonly Value[]): Promise<Outcome> {
    return this.#patiently(() =>
      this.#explain(act, () => this.#withClient((client) => this.#execute(client, sql, values)))
    )
  }

  async #execute(client: PoolClient, sql: string, values: readonly Value[]): Promise<Outcome> {
    assertStorable(values)
    const { rows, rowCount } = await client.query({ ...this.#prepare(sql), values: [...values] })
    return { rows, changes: rowCount ?? 0 }
  }

  /** Numbers the places of values; a statement with a name is prepared once on each connection. */
  #prepare(sql: string): { name: string; text: string } {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      let index = 0
      const text = sql.replace(/\?/g, () => `$${++index}`)
      statement = { name: `phylum_${this.#prepared++}`, text }
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** Tries again where somebody else was in the way: PostgreSQL has undone everything then. */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#limits.busy
    for (let pause = 2;; pause = Math.min(2 * pause, MAX_PAUSE)) {
      try {
        return await work()
      } catch (error) {
        if (!isConflict(error) || performance.now() >= deadline) throw error
      }
      // By chance, so that two which met do not meet again.
      await delay(pause * Math.random())
    }
  }

  /** Lends a connection, and gives it up where it may be broken. */
  async #withClient<T>(
    use: (client: PoolClient, giveUp: () => void) => Promise<T>,
  ): Promise<T> {
    const client = await this.#explain('reach', () => this.#pool.connect())
    let isBroken = false
    // Between two statements, too, the server may go.
    const giveUp = () => void (isBroken = true)
    client.on('error', giveUp)
    try {
      return await use(client, giveUp)
    } catch (error) {
      const cause = error instanceof PhylumError ? error.cause : error
      isBroken ||= cause !== undefined && !isOfStatement(cause)
      throw error
    } finally {
      client.off('error', giveUp)
      client.release(isBroken)
    }
  }

  async #explain<T>(act: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw explainPostgresError(act, this.#name, error)
    }
  }
}
