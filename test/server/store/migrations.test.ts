import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { migrateSqlite } from '../../../src/server/store/migrate_sqlite.ts'
import { APPLICATION_ID, MIGRATIONS } from '../../../src/server/store/migrations.ts'

function read(database: DatabaseSync, query: string): unknown {
  return Object.values(database.prepare(query).get() ?? {})[0]
}

test('migrateSqlite() marks the file as ours and counts its steps', () => {
  const database = new DatabaseSync(':memory:')
  migrateSqlite(database, 'x')
  assert.equal(read(database, 'PRAGMA application_id'), APPLICATION_ID)
  assert.equal(read(database, 'PRAGMA user_version'), MIGRATIONS.length)
})

test('migrateSqlite() takes the steps that are missing, each once', () => {
  const database = new DatabaseSync(':memory:')
  const steps = [
    'CREATE TABLE log (step INTEGER); INSERT INTO log VALUES (1)',
    'INSERT INTO log VALUES (2)',
    'INSERT INTO log VALUES (3)',
  ]
  migrateSqlite(database, 'x', steps.slice(0, 1))
  migrateSqlite(database, 'x', steps)
  migrateSqlite(database, 'x', steps)
  assert.equal(read(database, 'SELECT group_concat(step) FROM log'), '1,2,3')
  assert.equal(read(database, 'PRAGMA user_version'), 3)
})

test('migrateSqlite() leaves the database as it was when a step fails', () => {
  const database = new DatabaseSync(':memory:')
  const first = 'CREATE TABLE log (step INTEGER)'
  migrateSqlite(database, 'x', [first])
  const steps = [
    first,
    'INSERT INTO log VALUES (2); CREATE TABLE other (a)',
    'INSERT INTO absent VALUES (3)',
  ]
  assert.throws(() => migrateSqlite(database, 'x', steps))
  assert.equal(read(database, 'SELECT count(*) FROM log'), 0)
  assert.equal(read(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'other'"), 0)
  assert.equal(read(database, 'PRAGMA user_version'), 1)
  migrateSqlite(database, 'x', [first, steps[1] ?? ''])
  assert.equal(read(database, 'SELECT count(*) FROM log'), 1)
})

test('O207 migrateSqlite() of an older phylum refuses what a newer one has made', () => {
  const database = new DatabaseSync(':memory:')
  migrateSqlite(database, 'x', ['CREATE TABLE a (b)', 'CREATE TABLE c (d)'])
  assert.throws(() => migrateSqlite(database, 'x', ['CREATE TABLE a (b)']), {
    code: 'ERR_SERVER_DATABASE',
    message: 'Cannot open database "x": its schema is version 2, and this phylum knows 1',
  })
})
