import process from 'node:process'
import pg from 'pg'
import { openPostgresDatabase } from '../../src/server/store/postgres_database.ts'
import { startPostgres, urlOf } from './postgres_server.ts'

/** Names the server that the process has started; Deno gives each test file a memory of its own, but one environment. */
const SHARED = 'PHYLUM_TEST_POSTGRES'

/** A database for one test. */
export interface FreshDatabase {
  url: string
  remove(): Promise<void>
}

let shared: Promise<{ directory: string } | string> | undefined
let databases = 0

/** Databases that a test is done with: to empty one takes a tenth of the time that it takes to make one. */
const emptied: FreshDatabase[] = []

/** Answers why there is no PostgreSQL here, or `undefined` where there is. */
export async function whyNoPostgres(): Promise<string | undefined> {
  const server = await findServer()
  return typeof server === 'string' ? server : undefined
}

/** Gives a database with the newest schema, in which there is nothing, on the server that all tests of the process share. */
export async function takeDatabase(): Promise<FreshDatabase> {
  return emptied.pop() ?? await createDatabase()
}

/** Makes a database without any schema. */
export async function createBareDatabase(): Promise<FreshDatabase> {
  const { directory } = await requireServer()
  const name = nameDatabase()
  const administration = connect(urlOf(directory, 'postgres'))
  // With a language's rules of order, as servers have them that nobody set up for us: nothing may depend on them.
  await administration.query(
    `CREATE DATABASE ${name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`,
  )
  return {
    url: urlOf(directory, name),
    async remove() {
      await administration.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await administration.end()
    },
  }
}

async function createDatabase(): Promise<FreshDatabase> {
  const { url } = await createBareDatabase()
  await (await openPostgresDatabase(url)).close()
  const connection = connect(url)
  const { rows } = await connection.query(
    `SELECT string_agg(format('DELETE FROM %I', tablename), '; ') AS statements FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'phylum_schema'`,
  )
  const database: FreshDatabase = {
    url,
    async remove() {
      await connection.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
      await connection.query(rows[0].statements)
      emptied.push(database)
    },
  }
  return database
}

function nameDatabase(): string {
  return `test_${process.pid}_${Date.now()}_${databases++}`
}

/** One connection, which holds nobody up when the tests are over. */
function connect(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 1, allowExitOnIdle: true })
  pool.on('error', () => {})
  return pool
}

async function requireServer(): Promise<{ directory: string }> {
  const server = await findServer()
  if (typeof server === 'string') throw new Error(server)
  return server
}

function findServer(): Promise<{ directory: string } | string> {
  const known = process.env[SHARED]
  return shared ??= known === undefined ? startShared() : Promise.resolve({ directory: known })
}

async function startShared(): Promise<{ directory: string } | string> {
  const server = await startPostgres()
  if (typeof server !== 'string') process.env[SHARED] = server.directory
  return server
}
