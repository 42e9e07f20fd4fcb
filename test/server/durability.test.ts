import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { startChild } from '../harness/child.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

const ACT = new URL('fixtures/act.ts', import.meta.url)
const ROUNDS = 6
const WRITERS = 8

/** Has a server make groups until it is killed with SIGKILL, under full load, after so many answers. */
async function writeUntilKilled(file: string, round: number, answers: number) {
  const child = startChild(ACT, ['serve', file])
  const [line] = await once(createInterface(child.stdout!), 'line')
  const { url, key } = JSON.parse(line)
  const asked: string[] = []
  const acknowledged: string[] = []

  async function write(writer: number): Promise<void> {
    for (let index = 0;; index++) {
      const name = `${round}-${writer}-${index}`
      asked.push(name)
      const response = await fetch(`${url}/api/v0/groups`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ group_name: name }),
      })
      if (response.status !== 201) throw new Error(await response.text())
      acknowledged.push(name)
      if (acknowledged.length === answers) child.kill('SIGKILL')
      await response.body?.cancel()
    }
  }

  const [, ended] = await Promise.all([
    Promise.allSettled(Array.from({ length: WRITERS }, (_, writer) => write(writer))),
    once(child, 'close'),
  ])
  assert.deepEqual(ended, [null, 'SIGKILL'])
  return { asked, acknowledged }
}

test(
  'O206 kill -9 under write load loses no group that was acknowledged, and leaves none half made',
  { timeout: 60_000 },
  () =>
    withTemporaryDirectory(async (directory) => {
      const file = join(directory, 'a.sqlite')
      const asked = new Set<string>()
      const acknowledged = new Set<string>()
      for (let round = 0; round < ROUNDS; round++) {
        const load = await writeUntilKilled(file, round, 20 + 13 * round)
        for (const name of load.asked) asked.add(name)
        for (const name of load.acknowledged) acknowledged.add(name)
      }
      const database = new DatabaseSync(file)
      const names = (query: string) =>
        new Set(database.prepare(query).all().map((row) => String(row['name'])))
      const kept = names('SELECT name FROM groups')
      assert.deepEqual([...acknowledged.difference(kept)], [])
      assert.deepEqual([...kept.difference(asked)], [])
      const whole = names(
        `SELECT g.name FROM groups g JOIN members m USING (group_id) WHERE m.role = 'admin'`,
      )
      assert.deepEqual([...kept.difference(whole)], [])
      assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, {
        integrity_check: 'ok',
      })
      assert.ok(acknowledged.size >= ROUNDS * 20)

      // The twin: the same comparison finds a loss.
      const [some] = acknowledged
      database.prepare('DELETE FROM groups WHERE name = ?').run(some ?? '')
      assert.deepEqual([...acknowledged.difference(names('SELECT name FROM groups'))], [some])
      database.close()
    }),
)
