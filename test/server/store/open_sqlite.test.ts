import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { isPhylumError } from '#base'
import { MIGRATIONS } from '../../../src/server/store/migrations.ts'
import { openSqlite } from '../../../src/server/store/open_sqlite.ts'
import { runChild, whyNoStrace, whyNotRoot } from '../../harness/child.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const ACT = new URL('../fixtures/act.ts', import.meta.url)

/** What starts processes may take long on a machine that has other things to do. */
const SLOW = { timeout: 60_000 }

/** Opens what cannot be opened, and gives the reason. */
async function refusal(file: string): Promise<string> {
  try {
    const database = await openSqlite(file, { busyMilliseconds: 50 })
    database.close()
  } catch (error) {
    assert.ok(isPhylumError(error, 'ERR_SERVER_DATABASE'), String(error))
    assert.ok(error.message.includes(`database "${file}": `), error.message)
    return error.message.slice(error.message.indexOf('": ') + 3)
  }
  return assert.fail(`"${file}" was opened`)
}

/** Makes a database with SQLite's own means. */
function makeDatabase(file: string, ...statements: string[]): void {
  const database = new DatabaseSync(file)
  for (const statement of statements) database.exec(statement)
  database.close()
}

test('openSqlite() makes a database that it can open again', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    for (let round = 0; round < 2; round++) {
      const database = await openSqlite(file)
      assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, {
        journal_mode: 'wal',
      })
      assert.deepEqual({ ...database.prepare('PRAGMA synchronous').get() }, { synchronous: 2 })
      assert.deepEqual({ ...database.prepare('PRAGMA foreign_keys').get() }, { foreign_keys: 1 })
      assert.deepEqual({ ...database.prepare('PRAGMA user_version').get() }, {
        user_version: MIGRATIONS.length,
      })
      database.close()
    }
    assert.deepEqual(readdirSync(directory), ['a.sqlite'])
  }))

test(
  'openSqlite() makes files that their owner alone can read, under any umask',
  SLOW,
  () =>
    withTemporaryDirectory(async (directory) => {
      const result = await runChild(ACT, ['open', join(directory, 'a.sqlite')])
      assert.deepEqual(JSON.parse(result.stdout), ['600', '600', '600'], result.stderr)
      // Through a link to nothing it is SQLite that makes the file, with a mode of its own.
      symlinkSync(join(directory, 'b.sqlite'), join(directory, 'link'))
      const linked = await runChild(ACT, ['open', join(directory, 'link')])
      assert.deepEqual(JSON.parse(linked.stdout), ['600', '600', '600'], linked.stderr)
    }),
)

test('openSqlite() takes a file away from others who could read it', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    ;(await openSqlite(file)).close()
    chmodSync(file, 0o644)
    ;(await openSqlite(file)).close()
    assert.equal(statSync(file).mode & 0o777, 0o600)
  }))

test('openSqlite() says why a path cannot be a database', () =>
  withTemporaryDirectory(async (directory) => {
    const at = (name: string) => join(directory, name)
    mkdirSync(at('directory'))
    writeFileSync(at('text'), 'this is no database\n'.repeat(500))
    spawnSync('mkfifo', [at('fifo')])
    assert.equal(await refusal(at('directory')), 'it is a directory')
    assert.equal(await refusal(at('fifo')), 'it is not a regular file')
    assert.equal(await refusal('/dev/null'), 'it is not a regular file')
    assert.equal(await refusal(at('absent/a.sqlite')), 'its directory does not exist')
    assert.equal(await refusal(at('text/a.sqlite')), 'a part of its path is not a directory')
    assert.equal(await refusal(at('text')), 'it is not a SQLite database')
    assert.equal(readFileSync(at('text'), 'utf8'), 'this is no database\n'.repeat(500))
    assert.deepEqual(readdirSync(directory).sort(), ['directory', 'fifo', 'text'])
  }))

test('openSqlite() takes a name that SQLite would read as a URI for the name of a file', () =>
  withTemporaryDirectory(async (directory) => {
    const before = process.cwd()
    process.chdir(directory)
    try {
      ;(await openSqlite('file:a.sqlite?mode=memory')).close()
      const { size } = statSync(join(directory, 'file:a.sqlite?mode=memory'))
      assert.ok(size > 0, 'the database is in the file, and not in memory')
    } finally {
      process.chdir(before)
    }
  }))

test('openSqlite() says that a database is damaged', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    ;(await openSqlite(file)).close()
    const bytes = readFileSync(file)
    bytes.fill(0xa5, 100)
    writeFileSync(file, bytes)
    assert.equal(await refusal(file), 'it is damaged')
  }))

test('openSqlite() leaves the database of another program as it is', () =>
  withTemporaryDirectory(async (directory) => {
    const foreign: string[][] = [
      ['CREATE TABLE bookmarks (url TEXT)'],
      ['CREATE TABLE users (id INTEGER)', 'PRAGMA user_version = 1'],
      ['PRAGMA application_id = 1'],
      ['PRAGMA user_version = 7'],
    ]
    for (const [index, statements] of foreign.entries()) {
      const file = join(directory, `${index}.sqlite`)
      makeDatabase(file, ...statements)
      const before = readFileSync(file)
      assert.equal(await refusal(file), 'it belongs to another program', index.toString())
      assert.deepEqual(readFileSync(file), before)
    }
    makeDatabase(join(directory, 'empty.sqlite'), 'VACUUM')
    ;(await openSqlite(join(directory, 'empty.sqlite'))).close()
  }))

test('O207 openSqlite() refuses a database of a newer phylum, and leaves it as it is', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    ;(await openSqlite(file)).close()
    makeDatabase(file, 'PRAGMA journal_mode = DELETE', 'PRAGMA user_version = 99')
    const before = readFileSync(file)
    assert.equal(
      await refusal(file),
      `its schema is version 99, and this phylum knows ${MIGRATIONS.length}`,
    )
    assert.deepEqual(readFileSync(file), before)
    makeDatabase(file, `PRAGMA user_version = ${MIGRATIONS.length}`)
    ;(await openSqlite(file)).close()
  }))

test('openSqlite() says that another process keeps the database locked', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    ;(await openSqlite(file)).close()
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    assert.equal(await refusal(file), 'another process keeps it locked')
    other.exec('ROLLBACK')
    ;(await openSqlite(file)).close()
    other.close()

    const old = join(directory, 'old.sqlite')
    makeDatabase(old, 'PRAGMA journal_mode = DELETE')
    const holder = new DatabaseSync(old)
    holder.exec('BEGIN EXCLUSIVE')
    assert.equal(await refusal(old), 'another process keeps it locked')
    holder.close()
  }))

test('openSqlite() says that it may not read or write, as a user without rights', SLOW, (t) => {
  const reason = whyNotRoot()
  if (reason !== undefined) return t.skip(reason)
  return withTemporaryDirectory(async (directory) => {
    chmodSync(directory, 0o755)
    const home = join(directory, 'home')
    mkdirSync(home)
    chmodSync(home, 0o777)
    const at = (name: string) => join(directory, name)
    ;(await openSqlite(at('readable'))).close()
    copyFileSync(at('readable'), at('closed'))
    chmodSync(at('readable'), 0o644)
    chmodSync(at('closed'), 0o600)
    const cases: [string, RegExp][] = [
      [at('readable'), /": (it is read-only|it cannot be opened)$/],
      [at('closed'), /": it cannot be opened$/],
      [at('new'), /^Cannot create database ".*": permission is denied$/],
    ]
    for (const [file, expected] of cases) {
      const result = await runChild(ACT, ['open', file], { unprivileged: { home } })
      const { code, message, hints } = JSON.parse(result.stdout)
      assert.equal(code, 'ERR_SERVER_DATABASE')
      assert.match(message, expected)
      assert.equal(hints.length, 1)
      assert.equal(result.code, 1)
    }
    const twin = await runChild(ACT, ['open', join(home, 'new')], { unprivileged: { home } })
    assert.deepEqual(JSON.parse(twin.stdout), ['600', '600', '600'], twin.stderr)
  })
})

test(
  'O206 a full disk loses no group that was acknowledged, and stops nobody from reading',
  SLOW,
  async (t) => {
    const reason = whyNoStrace()
    if (reason !== undefined) return t.skip(reason)
    await withTemporaryDirectory(async (directory) => {
      const file = join(directory, 'a.sqlite')
      const under = [
        'strace',
        '-f',
        '-o',
        '/dev/null',
        '-e',
        'inject=pwrite64:error=ENOSPC:when=200+',
      ]
      const result = await runChild(ACT, ['fill', file], { under })
      const [refused, counts] = result.stdout.trim().split('\n').map((line) => JSON.parse(line))
      assert.equal(refused, `Cannot write database "${file}": the disk is full`, result.stderr)
      assert.ok(counts.kept > 0)
      assert.equal(counts.read, counts.kept)
      const database = await openSqlite(file)
      const row = database.prepare('SELECT count(*) AS count FROM groups').get()
      assert.equal(row?.['count'], counts.kept)
      database.close()
    })
  },
)
