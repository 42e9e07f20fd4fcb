import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { createAccount, createKey } from '../../../src/server/account.ts'
import { createApp } from '../../../src/server/app.ts'
import { hashKey } from '../../../src/server/key.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import type { Database } from '../../../src/server/store/database.ts'
import { createStore } from '../../../src/server/store.ts'
import { findLeak } from '../../harness/canary.ts'
import { onEachDatabase } from '../../harness/databases.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'

const clock = { now: () => 1_000 }

/** Lists what lies in a directory: the file and its log of SQLite, everything of a PostgreSQL server. */
function listFiles(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[])
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
}

/** Reads a file that the server may just be removing. */
function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

/** Gives all rows of all tables as a copy or a backup has them, bytes in hexadecimal. */
async function dump(database: Database): Promise<string> {
  const tables = await database.all<{ name: string }>(
    database.dialect === 'sqlite'
      ? `SELECT name FROM sqlite_schema WHERE type = 'table'`
      : `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  )
  const rows = []
  for (const { name } of tables) rows.push(...await database.all(`SELECT * FROM ${name}`))
  return JSON.stringify(
    rows,
    (_, value) => value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  )
}

test(
  'O205 no key can be recovered from a copy of the database, its log, or what was logged',
  onEachDatabase(async (where) => {
    const database = await openDatabase(where)
    const store = createStore(database, { clock })
    const log = createRecordingLog()
    const app = createApp({ store, clock, log })
    const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
    const keys: string[] = []
    for (const name of ['kept', 'revoked', 'expired']) {
      const { secret } = await createKey(store, user.id, {
        name,
        ...(name === 'expired' ? { expiresAt: 1 } : {}),
      })
      keys.push(secret.reveal())
    }
    await store.revokeKey(user.id, 'revoked')
    const answers: string[] = []
    for (const key of keys) {
      for (const path of ['/api/v0/groups', '/locksmith/v1/tokens', '/nowhere']) {
        const headers = { authorization: `Bearer ${key}` }
        answers.push(await (await app(new Request(`http://localhost${path}`, { headers }))).text())
      }
    }
    const rows = await dump(database)
    // What PostgreSQL has in memory comes to its files, where its log is already.
    if (database.dialect === 'postgres') await database.run('CHECKPOINT')
    const directory = database.dialect === 'postgres'
      ? new URL(where.replace('@/', '@x/')).searchParams.get('host') ?? ''
      : dirname(where)
    const scan = () => {
      const files = listFiles(directory).map(readBytes)
      const logged = JSON.stringify([log.warnings, log.notes, log.details, answers, rows])
      for (const key of keys) {
        for (const bytes of [...files, Buffer.from(logged)]) {
          assert.equal(findLeak(bytes, key), undefined)
        }
        // And not the 32 bytes themselves, which base64url only writes down.
        const raw = Buffer.from(key.slice(4), 'base64url')
        for (const bytes of files) assert.ok(!bytes.includes(raw))
      }
      // The twin: what is kept of a key, and of its owner, is found by the same search.
      const kept = hashKey(keys[0] ?? '')
      assert.ok(files.some((bytes) => bytes.includes(kept)))
      assert.ok(rows.includes(Buffer.from(kept).toString('hex')))
      assert.ok(files.some((bytes) => findLeak(bytes, 'ann@example.org') === 'plain'))
      return files.length
    }
    assert.ok(scan() >= 3)
    await store.close()
    assert.ok(scan() >= 1)
  }, { isFile: true }),
)
