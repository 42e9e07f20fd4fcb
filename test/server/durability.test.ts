import assert from 'node:assert/strict'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { hashKey } from '../../src/server/key.ts'
import type { Database } from '../../src/server/store/database.ts'
import { openDatabase } from '../../src/server/store/open_database.ts'
import { createStore } from '../../src/server/store.ts'
import { startChild } from '../harness/child.ts'
import { onEachDatabase } from '../harness/databases.ts'

const ACT = new URL('fixtures/act.ts', import.meta.url)

/** How often the server is killed; `npm run soak` asks for more. */
const ROUNDS = Number(process.env['PHYLUM_TEST_KILLS'] ?? 5)
const WRITERS = 8

/** What was asked of servers, and what they said that they had done. */
class Load {
  readonly asked = new Set<string>()
  readonly acknowledged = new Set<string>()
  /** Keys, by their names. */
  readonly keys = new Map<string, string>()
}

/** Has a server make groups and keys until it is killed with SIGKILL, under full load, after so many answers. */
async function writeUntilKilled(where: string, round: number, answers: number, load: Load) {
  const child = startChild(ACT, ['load', where])
  const { url, key } = await new Promise<{ url: string; key: string }>((resolve) => {
    // Lines come many at a time: all of them by this one way.
    createInterface(child.stdout!).on('line', (line) => {
      const told = JSON.parse(line)
      if ('url' in told) resolve(told)
      else load.keys.set(told.name, told.key)
    })
  })
  let answered = 0

  async function write(writer: number): Promise<void> {
    for (let index = 0;; index++) {
      const name = `${round}-${writer}-${index}`
      load.asked.add(name)
      const response = await fetch(`${url}/api/v0/groups`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ group_name: name }),
      })
      if (response.status !== 201) throw new Error(await response.text())
      load.acknowledged.add(name)
      if (++answered === answers) child.kill('SIGKILL')
      await response.body?.cancel()
    }
  }

  const [, ended] = await Promise.all([
    Promise.allSettled(Array.from({ length: WRITERS }, (_, writer) => write(writer)))
      .then(() => child.kill('SIGTERM')),
    once(child, 'close'),
  ])
  assert.deepEqual(ended, [null, 'SIGKILL'])
}

async function listNames(database: Database, query: string): Promise<Set<string>> {
  return new Set((await database.all<{ name: string }>(query)).map(({ name }) => name))
}

test(
  'O206 kill -9 under write load loses no group and no key that was acknowledged, and leaves none half made',
  { timeout: 60_000 + ROUNDS * 20_000 },
  onEachDatabase(async (where) => {
    const load = new Load()
    for (let round = 0; round < ROUNDS; round++) {
      await writeUntilKilled(where, round, 20 + 13 * (round % 10), load)
    }
    const database = await openDatabase(where)
    const groups = await listNames(database, 'SELECT name FROM groups')
    assert.deepEqual([...load.acknowledged.difference(groups)], [])
    assert.deepEqual([...groups.difference(load.asked)], [])
    const whole = await listNames(
      database,
      `SELECT g.name FROM groups g JOIN members m USING (group_id) WHERE m.role = 'admin'`,
    )
    assert.deepEqual([...groups.difference(whole)], [])
    assert.ok(load.acknowledged.size >= ROUNDS * 20)

    const store = createStore(database, { clock: { now: () => 0 } })
    for (const [name, key] of load.keys) {
      assert.equal((await store.findKey(hashKey(key)))?.name, name)
    }
    const keys = await listNames(database, `SELECT name FROM api_keys WHERE name LIKE '%-%'`)
    // At each kill, one may have been kept that could not be told any more.
    assert.ok(keys.size - load.keys.size <= ROUNDS, `${keys.size} keys, ${load.keys.size} told`)
    assert.ok(load.keys.size > 0)
    if (database.dialect === 'sqlite') {
      const check = await database.get('PRAGMA integrity_check')
      assert.deepEqual(check, { integrity_check: 'ok' })
    }

    // The twin: the same comparison finds a loss.
    const [some] = load.acknowledged
    await database.run('DELETE FROM groups WHERE name = ?', some ?? '')
    const left = await listNames(database, 'SELECT name FROM groups')
    assert.deepEqual([...load.acknowledged.difference(left)], [some])
    await database.close()
  }, { isFile: true }),
)
