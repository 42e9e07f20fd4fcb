import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { openDatabase } from '../../src/server/store/open_database.ts'
import { startChild } from '../harness/child.ts'
import { startPostgres, urlOf } from '../harness/postgres_server.ts'
import type { PostgresServer } from '../harness/postgres_server.ts'

const ACT = new URL('fixtures/act.ts', import.meta.url)
const SLOW = { timeout: 300_000 }
const WRITERS = 6

/** Runs a test with a PostgreSQL server of its own, which may be stopped; gives the reason where there can be none. */
async function withPostgres(
  use: (server: PostgresServer) => Promise<void>,
): Promise<string | undefined> {
  const server = await startPostgres()
  if (typeof server === 'string') return server
  try {
    await use(server)
  } finally {
    await server.remove()
  }
  return undefined
}

/** A server in a process of its own, and requests to it. */
async function startServer(database: string) {
  const child = startChild(ACT, ['serve', database])
  const [line] = await once(createInterface(child.stdout!), 'line')
  const { url, key } = JSON.parse(line)
  return {
    child,
    async status(path: string): Promise<number> {
      const response = await fetch(`${url}${path}`)
      await response.body?.cancel()
      return response.status
    },
    async createGroup(name: string): Promise<{ status: number; text: string }> {
      const response = await fetch(`${url}/api/v0/groups`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ group_name: name }),
      })
      return { status: response.status, text: await response.text() }
    },
  }
}

/** Waits for what must come about; a test that waits for ever has failed. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test(
  'O206 a server outlives PostgreSQL, says so meanwhile, and loses nothing that it acknowledged',
  SLOW,
  async (t) => {
    const reason = await withPostgres(async (postgres) => {
      const server = await startServer(urlOf(postgres.directory, 'postgres'))
      const asked = new Set<string>()
      const acknowledged = new Set<string>()
      const answers = new Map<number, Set<string>>()
      let isOver = false

      async function write(writer: number): Promise<void> {
        for (let index = 0; !isOver; index++) {
          const name = `${writer}-${index}`
          asked.add(name)
          const { status, text } = await server.createGroup(name)
          if (status === 201) acknowledged.add(name)
          else answers.set(status, (answers.get(status) ?? new Set()).add(text))
        }
      }

      /** Waits until so many more groups were acknowledged, and the server is ready. */
      async function go(more: number): Promise<void> {
        const goal = acknowledged.size + more
        await until(() => Promise.resolve(acknowledged.size >= goal))
        assert.equal(await server.status('/readyz'), 200)
      }

      const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer))
      for (const end of ['immediate', 'fast', 'kill'] as const) {
        await go(30)
        if (end === 'kill') postgres.kill()
        else await postgres.stop(end)
        // What is killed has helpers that live a little longer.
        await until(async () => await server.status('/readyz') === 503)
        assert.equal(await server.status('/healthz'), 200)
        await postgres.start()
      }
      await go(30)
      isOver = true
      await Promise.all(writers)

      assert.deepEqual([...answers.keys()], [503])
      assert.deepEqual([...answers.get(503) ?? []].map((text) => JSON.parse(text).error), [{
        error_id: 'ERR_SERVER_DATABASE',
        description: 'Cannot reach the database: try again in a moment',
      }])
      const database = await openDatabase(urlOf(postgres.directory, 'postgres'))
      const rows = await database.all<{ name: string }>('SELECT name FROM groups')
      const kept = new Set(rows.map(({ name }) => name))
      assert.deepEqual([...acknowledged.difference(kept)], [])
      assert.deepEqual([...kept.difference(asked)], [])
      await database.close()
      assert.equal(server.child.exitCode, null)
      server.child.kill()
      await once(server.child, 'close')
    })
    if (reason !== undefined) t.skip(reason)
  },
)

test('O206 a PostgreSQL that says nothing is given up on', SLOW, async (t) => {
  const reason = await withPostgres(async (postgres) => {
    const database = await openDatabase(urlOf(postgres.directory, 'postgres'), {
      connections: 1,
      connectMilliseconds: 1000,
      statementMilliseconds: 500,
    })
    const silent = (reason: string) => ({
      code: 'ERR_SERVER_DATABASE',
      message: `Cannot ${reason}`,
    })
    const name = 'database "postgres:///postgres"'
    const works = () => database.get('SELECT 1').then(() => true, () => false)
    // Stuck in a statement, the server still ends it itself.
    await assert.rejects(
      database.all('SELECT pg_sleep(60)'),
      silent(`read ${name}: it takes too long to answer`),
    )
    await until(works)
    await postgres.freeze()
    await assert.rejects(
      database.all('SELECT 1'),
      silent(`read ${name}: it takes too long to answer`),
    )
    await assert.rejects(
      database.all('SELECT 1'),
      silent(`reach ${name}: it does not answer in time`),
    )
    await assert.rejects(
      database.transaction((inside) => inside.all('SELECT 1')),
      silent(`reach ${name}: it does not answer in time`),
    )
    postgres.thaw()
    await until(works)
    await database.close()
  })
  if (reason !== undefined) t.skip(reason)
})
