import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import pg from 'pg'
import { migratePostgres } from '../../../src/server/store/migrate_postgres.ts'
import { MIGRATIONS } from '../../../src/server/store/migrations.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import { createBareDatabase, whyNoPostgres } from '../../harness/postgres.ts'

/** Makes a test with an empty database and a connection to it. */
function withClient(use: (client: pg.Client, url: string) => Promise<void>) {
  return async (t: TestContext): Promise<void> => {
    const reason = await whyNoPostgres()
    if (reason !== undefined) return t.skip(reason)
    const database = await createBareDatabase()
    const client = new pg.Client(database.url)
    await client.connect()
    try {
      await use(client, database.url)
    } finally {
      await client.end()
      await database.remove()
    }
  }
}

async function read(client: pg.Client, query: string): Promise<unknown> {
  return Object.values((await client.query({ text: query, rowMode: 'array' })).rows[0] ?? {})[0]
}

const VERSION = 'SELECT version::int FROM phylum_schema'

test(
  'migratePostgres() takes the steps that are missing, each once',
  withClient(async (client) => {
    const steps = [
      'CREATE TABLE log (step INTEGER NOT NULL) STRICT; INSERT INTO log VALUES (1)',
      'INSERT INTO log VALUES (2)',
      { sqlite: 'no SQL', postgres: 'INSERT INTO log VALUES (3)' },
    ]
    await migratePostgres(client, 'x', steps.slice(0, 1))
    await migratePostgres(client, 'x', steps)
    await migratePostgres(client, 'x', steps)
    assert.equal(await read(client, `SELECT string_agg(step::text, ',') FROM log`), '1,2,3')
    assert.equal(await read(client, VERSION), 3)
  }),
)

test(
  'migratePostgres() leaves the database as it was when a step fails',
  withClient(async (client) => {
    const first = 'CREATE TABLE log (step INTEGER)'
    await migratePostgres(client, 'x', [first])
    const steps = [first, 'INSERT INTO log VALUES (2); CREATE TABLE other (a BLOB)']
    await assert.rejects(migratePostgres(client, 'x', [...steps, 'INSERT INTO absent VALUES (3)']))
    assert.equal(await read(client, 'SELECT count(*)::int FROM log'), 0)
    assert.equal(await read(client, `SELECT to_regclass('other')`), null)
    assert.equal(await read(client, VERSION), 1)
    await migratePostgres(client, 'x', steps)
    assert.equal(await read(client, 'SELECT count(*)::int FROM log'), 1)
  }),
)

test(
  'migratePostgres() keeps what an older phylum has kept',
  withClient(async (client, url) => {
    await migratePostgres(client, 'x', MIGRATIONS.slice(0, 1))
    await client.query(`INSERT INTO users VALUES ('1', 'ann@example.org', 'Ann', 5)`)
    const database = await openDatabase(url)
    const users = await database.all('SELECT email, password_hash FROM users')
    assert.deepEqual(users, [{ email: 'ann@example.org', password_hash: null }])
    await database.close()
  }),
)

test(
  'O207 openDatabase() refuses a PostgreSQL database of a newer phylum, and leaves it as it is',
  withClient(async (client, url) => {
    await (await openDatabase(url)).close()
    await client.query('UPDATE phylum_schema SET version = 99')
    await assert.rejects(openDatabase(url), {
      code: 'ERR_SERVER_DATABASE',
      message:
        /^Cannot open database "postgres:\/\/\/test_\w+": its schema is version 99, and this phylum knows \d+$/,
    })
    await client.query(`UPDATE phylum_schema SET version = ${MIGRATIONS.length}`)
    await (await openDatabase(url)).close()
  }),
)

test(
  'openDatabase() leaves the PostgreSQL database of another program as it is',
  withClient(async (client, url) => {
    await client.query('CREATE TABLE users (id INTEGER)')
    await assert.rejects(openDatabase(url), {
      code: 'ERR_SERVER_DATABASE',
      message: /: it belongs to another program$/,
    })
    const tables = `SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public'`
    assert.equal(await read(client, tables), 1)
    // A schema of its own in a database that is shared is as good as a database.
    await client.query('CREATE SCHEMA phylum')
    await (await openDatabase(`${url}&options=-csearch_path%3Dphylum`)).close()
    assert.equal(await read(client, tables), 1)
    await assert.rejects(openDatabase(`${url}&options=-csearch_path%3Dabsent`), {
      code: 'ERR_SERVER_DATABASE',
      message: /: it has no schema to keep tables in$/,
    })
  }),
)
