import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAccount, createKey } from '../../../src/server/account.ts'
import { hashKey } from '../../../src/server/key.ts'
import type { Database } from '../../../src/server/store/database.ts'
import { exportData } from '../../../src/server/store/export.ts'
import { EXPORTED, LEFT_OUT, readRow, writeRow } from '../../../src/server/store/export_format.ts'
import { MIGRATIONS } from '../../../src/server/store/migrations.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import { createStore } from '../../../src/server/store.ts'
import { exportDatabase, importDatabase } from '../../../src/server/transfer.ts'
import { NOON } from '../../harness/api.ts'
import { findLeak } from '../../harness/canary.ts'
import { onEachDatabase } from '../../harness/databases.ts'
import { takeDatabase, whyNoPostgres } from '../../harness/postgres.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const clock = { now: () => NOON }

/** Keeps some of everything, and gives a key. */
async function fill(database: Database): Promise<string> {
  const store = createStore(database, { clock })
  const ann = await createAccount(store, { email: 'ann@example.org', name: 'Ann "Ä" 🦆' })
  const { key, secret } = await createKey(store, ann.id, { name: 'key', expiresAt: NOON * 2 })
  await store.revokeKey(ann.id, 'key')
  await store.transaction(async (inside) => {
    for (let index = 0; index < 1203; index++) await inside.createGroup(ann.id, `group ${index}`)
  })
  const organization = await store.createOrganization(ann.id, 'acme')
  const group = await store.createGroup(ann.id, 'acme/blue', organization!.id)
  const details = { name: 'p', repositoryUrl: null, defaultLabel: 'main' }
  await store.createProject({ userId: ann.id }, details)
  const projectId = await store.createProject({ groupId: group!.id }, details)
  await store.createJob({
    projectId: projectId!,
    userId: ann.id,
    label: 'main',
    packages: JSON.stringify([{ registry: 'npm', name: '"\\', version: '1' }]),
    ecosystems: 'npm',
  })
  await store.keepAnswer({ userId: ann.id, key: 'k', requestHash: hashKey('') }, {
    status: 201,
    body: '{"a":"\\n"}',
  })
  await store.recordActivity([{ keyId: key.id, at: NOON, method: 'GET', path: '/', status: 200 }])
  await database.run(
    `INSERT INTO oidc_payloads (model, id_hash, payload, uid_hash) VALUES ('Grant', ?, '{}', ?)`,
    ...[hashKey('a'), hashKey('b')],
  )
  await database.run(`INSERT INTO server_secrets VALUES ('signing', 'CANARY', 0)`)
  return secret.reveal()
}

async function exportAll(where: string): Promise<string> {
  let text = ''
  await exportDatabase(where, {
    clock,
    take(lines) {
      text += lines
      return Promise.resolve()
    },
  })
  return text
}

async function* chunksOf(text: string, size = 1000): AsyncIterable<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

test(
  'O205 exportData() writes everything but secrets, whole rows in the order of their keys',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    const key = await fill(database)
    await database.close()
    const text = await exportAll(where)
    assert.equal(findLeak(text, key), undefined)
    assert.ok(!text.includes('CANARY'))
    assert.ok(text.includes(Buffer.from(hashKey(key)).toString('base64')))
    const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line))
    assert.deepEqual(lines[0], {
      phylum: 'export',
      format: 1,
      schema: MIGRATIONS.length,
      at: NOON,
    })
    assert.deepEqual(lines.at(-1), { end: lines.length - 2 })
    const ids = lines.filter(({ table }) => table === 'groups').map(({ row }) => row.group_id)
    assert.equal(ids.length, 1204)
    assert.deepEqual(ids, [...ids].sort())
  }, { isFile: true }),
)

test('exportData() leads from SQLite to PostgreSQL and back without a difference', (t) =>
  withTemporaryDirectory(async (directory) => {
    const reason = await whyNoPostgres()
    if (reason !== undefined) return t.skip(reason)
    const first = join(directory, 'first.sqlite')
    const database = await openDatabase(first)
    const key = await fill(database)
    await database.close()
    const text = await exportAll(first)
    const { url, remove } = await takeDatabase()
    const rows = await importDatabase(url, chunksOf(text, 7))
    assert.equal(rows, text.trimEnd().split('\n').length - 2)
    assert.equal(await exportAll(url), text)
    const second = join(directory, 'second.sqlite')
    await importDatabase(second, chunksOf(await exportAll(url), 100_000))
    assert.equal(await exportAll(second), text)
    const back = await openDatabase(second)
    assert.equal((await createStore(back, { clock }).findKey(hashKey(key)))?.name, 'key')
    await back.close()
    await remove()
  }))

test(
  'exportData() knows every table: each is in it, or left out for a reason',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    const tables = await database.all<{ name: string }>(
      database.dialect === 'sqlite'
        ? `SELECT name FROM sqlite_schema WHERE type = 'table'`
        : `SELECT tablename AS name FROM pg_tables
          WHERE schemaname = 'public' AND tablename <> 'phylum_schema'`,
    )
    assert.deepEqual(
      tables.map(({ name }) => name).sort(),
      [...EXPORTED.map(({ table }) => table), ...Object.keys(LEFT_OUT)].sort(),
    )
    await database.close()
  }),
)

test(
  'exportData() shows one moment, and holds up nobody who writes',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    const other = await openDatabase(where)
    await fill(database)
    let text = ''
    let pages = 0
    await exportData(database, {
      clock,
      async take(lines) {
        text += lines
        // After the users, and before the groups.
        if (++pages === 2) {
          await other.run(`DELETE FROM groups`)
          await other.run(`DELETE FROM users`)
        }
      },
    })
    assert.equal(text.match(/"table":"groups"/g)?.length, 1204)
    assert.equal((await database.all('SELECT * FROM groups')).length, 0)
    await database.close()
    await other.close()
  }, { isFile: true }),
)

test(
  'importData() takes no database that holds something',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    await createAccount(createStore(database, { clock }), { email: 'a@b.c', name: 'A' })
    const text = await exportAll(where)
    await assert.rejects(importDatabase(where, chunksOf(text)), {
      code: 'ERR_SERVER_IMPORT',
      message: 'Cannot import the data: the database is not empty',
    })
    assert.equal(await exportAll(where), text)
    await database.close()
  }, { isFile: true }),
)

test(
  'importData() refuses what is no whole export, says where, and keeps nothing of it',
  onEachDatabase(async (where) => {
    const head = { phylum: 'export', format: 1, schema: MIGRATIONS.length, at: 0 }
    const user = { user_id: '1', email: 'a@b.c', name: 'A', created_at: 0, password_hash: null }
    const row = { table: 'users', row: user }
    const known = MIGRATIONS.length
    const cases: [unknown[], string][] = [
      [[], 'it is empty'],
      [['garbage'], 'line 1: it is no export of phylum'],
      [[[1]], 'line 1: it is no export of phylum'],
      [[{}], 'it is no export of phylum'],
      [[{ ...head, format: 2 }], 'its format is version 2, and this phylum knows 1'],
      [
        [{ ...head, schema: known + 1 }],
        `its schema is version ${known + 1}, and that of this phylum ${known}`,
      ],
      [[{ ...head, schema: '\u001b[2J' }], /its schema is version \\x1b\[2J, and/.source],
      [[head], 'it is cut off'],
      [[head, row], 'it is cut off'],
      [[head, row, { end: 2 }], 'line 3: rows are missing'],
      [[head, row, { end: 1 }, row], 'line 4: it goes on after its end'],
      [[head, row, 'cut {"'], 'line 3: this is no row'],
      [[head, { table: 'users' }], 'line 2: this is no row'],
      [[head, { table: 'server_secrets', row: {} }], 'line 2: there is no table "server_secrets"'],
      [[head, { table: 'users; DROP', row: {} }], 'line 2: there is no table "users; DROP"'],
      [[head, { table: 'users', row: { ...user, 'x) --': 1 } }], 'line 2: this is no row'],
      [[head, { table: 'users', row: { ...user, name: 1.5 } }], 'line 2: this is no row'],
      [[head, { table: 'users', row: { ...user, name: ['A'] } }], 'line 2: this is no row'],
      [
        [head, row, row, { end: 2 }],
        'line 4: the rows up to here do not go together',
      ],
      [
        [head, { table: 'users', row: { ...user, more: 1 } }, { end: 1 }],
        'line 3: the rows up to here do not go together',
      ],
      [
        [
          head,
          row,
          { table: 'members', row: { group_id: 'x', user_id: '1', role: 'admin' } },
          { end: 2 },
        ],
        'line 4: the rows up to here do not go together',
      ],
    ]
    for (const [lines, reason] of cases) {
      const text = lines.map((line) => typeof line === 'string' ? line : JSON.stringify(line))
        .map((line) => `${line}\n`).join('')
      const refused = importDatabase(where, chunksOf(text))
      await assert.rejects(refused, (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_SERVER_IMPORT', `${error.message} ${error.cause}`)
        if (reason.includes('\\')) assert.match(error.message, new RegExp(reason))
        else assert.equal(error.message, `Cannot import the data: ${reason}`)
        return true
      })
    }
    const binary = importDatabase(where, chunksOf('x'.repeat(9 << 20), 1 << 20))
    await assert.rejects(binary, {
      message: 'Cannot import the data: it has lines that are too long',
    })
    async function* bytes() {
      yield new Uint8Array([0xff, 0xfe, 0x0a])
    }
    await assert.rejects(importDatabase(where, bytes()), {
      message: 'Cannot import the data: it is not UTF-8',
    })
    const whole = [head, row, { end: 1 }].map((line) => JSON.stringify(line)).join('\n')
    assert.equal(await importDatabase(where, chunksOf(whole, 1)), 1)
  }, { isFile: true }),
)

test(
  'importData() takes an export of an older schema, and none from before there were exports',
  onEachDatabase(async (where) => {
    // As the last phylum without organizations wrote them.
    const lines = (schema: number) =>
      [
        { phylum: 'export', format: 1, schema, at: 0 },
        {
          table: 'users',
          row: { user_id: '1', email: 'a@b.c', name: 'A', created_at: 0, password_hash: null },
        },
        { table: 'groups', row: { group_id: '2', name: 'blue', created_at: 0, modified_at: 0 } },
        { table: 'members', row: { group_id: '2', user_id: '1', role: 'admin' } },
        { end: 3 },
      ].map((line) => `${JSON.stringify(line)}\n`).join('')
    await assert.rejects(importDatabase(where, chunksOf(lines(3))), /its schema is version 3/)
    await assert.rejects(importDatabase(where, chunksOf(lines(4.5))), /its schema is version 4.5/)
    assert.equal(await importDatabase(where, chunksOf(lines(4))), 3)
    const database = await openDatabase(where)
    const store = createStore(database, { clock })
    assert.equal((await store.findGroup('1', 'blue'))?.role, 'admin')
    const organization = await store.createOrganization('1', 'acme')
    assert.ok(await store.createGroup('1', 'acme/blue', organization!.id))
    await database.close()
  }, { isFile: true }),
)

test('readRow() reads what writeRow() has written', () => {
  const row = { a: 'text "\\ \u2028', b: -5, c: null, d: new Uint8Array([0, 255]) }
  assert.deepEqual(readRow(JSON.parse(writeRow('t', row)).row), row)
})
