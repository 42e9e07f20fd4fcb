import assert from 'node:assert/strict'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { startChild } from '../../harness/child.ts'
import { createBareDatabase, whyNoPostgres } from '../../harness/postgres.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const ACT = new URL('../fixtures/act.ts', import.meta.url)

/** How often it is tried; `npm run soak` asks for more. */
const ROUNDS = Number(process.env['PHYLUM_TEST_RACES'] ?? 4)
const SERVERS = 6
const SLOW = { timeout: 60_000 + ROUNDS * 20_000 }

/** Starts servers, has them open a database at one moment, and gives what each of them said. */
async function race(where: string): Promise<string[]> {
  const children = Array.from({ length: SERVERS }, () => startChild(ACT, ['race', where]))
  const outcomes = children.map((child) => {
    let text = ''
    child.stderr?.on('data', (chunk) => text += chunk)
    return new Promise<string>((resolve) => {
      child.stdout?.on('data', (chunk) => text += chunk)
      child.on('close', () => resolve(text.replace('"ready"\n', '').trim()))
    })
  })
  await Promise.all(
    children.map((child) => new Promise((resolve) => child.stdout?.once('data', resolve))),
  )
  for (const child of children) child.stdin?.write('go')
  return (await Promise.all(outcomes)).sort()
}

const EXPECTED = ['"first"', ...Array.from({ length: SERVERS - 1 }, () => '"second"')]

test(
  'O207 of many servers that start at once on a new file, one migrates and all start',
  SLOW,
  () =>
    withTemporaryDirectory(async (directory) => {
      for (let round = 0; round < ROUNDS; round++) {
        assert.deepEqual(await race(join(directory, `${round}.sqlite`)), EXPECTED)
      }
    }),
)

test(
  'O207 of many servers that start at once on a new PostgreSQL database, one migrates and all start',
  SLOW,
  async (t) => {
    const reason = await whyNoPostgres()
    if (reason !== undefined) return t.skip(reason)
    for (let round = 0; round < ROUNDS; round++) {
      const database = await createBareDatabase()
      assert.deepEqual(await race(database.url), EXPECTED)
      await database.remove()
    }
  },
)
