import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import { nameOfPostgres } from '../../../src/server/store/postgres_error.ts'
import { createBareDatabase, whyNoPostgres } from '../../harness/postgres.ts'
import { startPostgres, urlOf } from '../../harness/postgres_server.ts'

/** A password with everything that a URL writes otherwise. */
const PASSWORD = 's3:cr/et@ ?#%25ä'

test('openDatabase() signs in to PostgreSQL with a password, and tells what is wrong with it', async (t) => {
  const server = await startPostgres({ password: PASSWORD })
  if (typeof server === 'string') return t.skip(server)
  const bare = urlOf(server.directory, 'postgres')
  const as = (user: string) => bare.replace('phylum@', `${user}@`)
  const database = await openDatabase(as(`phylum:${encodeURIComponent(PASSWORD)}`))
  assert.deepEqual(await database.all('SELECT 1 AS one'), [{ one: 1 }])
  await database.close()
  const cases: [string, string][] = [
    [as('phylum:s3cr3t'), 'it refuses the user or the password'],
    [as(`nobody:${encodeURIComponent(PASSWORD)}`), 'it refuses the user or the password'],
    [bare, 'it asks for a password'],
    [
      as(`phylum:${encodeURIComponent(PASSWORD)}`).replace('/postgres?', '/absent?'),
      'there is no such database',
    ],
  ]
  for (const [url, reason] of cases) {
    const name = url === cases[3]?.[0] ? 'postgres:///absent' : 'postgres:///postgres'
    await assert.rejects(openDatabase(url), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_SERVER_DATABASE')
      assert.equal(error.message, `Cannot reach database "${name}": ${reason}`)
      assert.doesNotMatch(String(error.cause), /s3/)
      return true
    })
  }
  await server.remove()
})

test('openDatabase() waits for the disk of PostgreSQL, whatever its administrator has set', async (t) => {
  const reason = await whyNoPostgres()
  if (reason !== undefined) return t.skip(reason)
  const { url, remove } = await createBareDatabase()
  const setting = `SELECT current_setting('synchronous_commit') AS value`
  const before = await openDatabase(url)
  await before.run(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`,
  )
  assert.deepEqual(await before.get(setting), { value: 'on' })
  await before.close()
  const after = await openDatabase(url)
  assert.deepEqual(await after.get(setting), { value: 'on' })
  await after.close()
  // The twin: the administrator's word holds for others, and more than the disk is as good.
  const other = new pg.Client(url)
  await other.connect()
  assert.deepEqual((await other.query(setting)).rows, [{ value: 'off' }])
  await other.end()
  const more = await openDatabase(`${url}&options=-csynchronous_commit%3Dremote_apply`)
  assert.deepEqual(await more.get(setting), { value: 'remote_apply' })
  await more.close()
  await remove()
})

test('nameOfPostgres() shows no user, no password and no parameters, however they are written', () => {
  const cases: [string, string][] = [
    ['postgres://db.example.org/phylum', 'postgres://db.example.org/phylum'],
    ['postgres://u@h:5432/d', 'postgres://h:5432/d'],
    ['postgres://u:p@h/d?password=s3cr3t&user=u', 'postgres://h/d'],
    ['postgresql://u:a@b@h/d', 'postgresql://h/d'],
    ['postgres://u:s3/cr?e#t@h/d?sslmode=require', 'postgres://h/d'],
    ['postgres://u:p@/d?host=/run/x', 'postgres:///d'],
    ['postgres://u:p\nq@h/d', 'postgres://h/d'],
    ['POSTGRES://u:p@h/\u001b[2J', 'POSTGRES://h/\\x1b[2J'],
  ]
  for (const [url, name] of cases) assert.equal(nameOfPostgres(url), name)
})
