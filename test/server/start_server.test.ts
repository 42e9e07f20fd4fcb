import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAccount, createGroup, createKey, ensureFirstAccount, startServer } from '#server'
import { createRecordingLog } from '../harness/recording_log.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

const clock = { now: () => Date.now() }
const log = createRecordingLog()

/** Runs curl, and gives what it printed; `undefined` where there is no curl. */
function runCurl(...args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const curl = spawn('curl', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    curl.stdout.on('data', (chunk) => text += chunk)
    curl.on('error', () => resolve(undefined))
    curl.on('close', () => resolve(text))
  })
}

test('startServer() serves a fresh account over a socket, for curl, too', async (t) => {
  const server = await startServer({ database: ':memory:', port: 0, clock, log })
  try {
    const first = await ensureFirstAccount(server.store)
    const key = first?.secret.reveal() ?? ''
    const url = `${server.url}/api/v0/groups`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
    assert.equal(await answer.text(), '{"groups":[]}')
    const curl = await runCurl('-sS', '-H', `Authorization: Bearer ${key}`, url)
    if (curl === undefined) return t.skip('curl is not installed')
    assert.equal(curl, '{"groups":[]}')
  } finally {
    await server.stop()
  }
})

test('startServer() finds what it kept before, and leaves one whole file behind', () =>
  withTemporaryDirectory(async (directory) => {
    const database = join(directory, 'a.sqlite')
    const before = await startServer({ database, port: 0, clock, log })
    const user = await createAccount(before.store, { email: 'ann@example.org', name: 'Ann' })
    const { secret } = await createKey(before.store, user.id, { name: 'key' })
    for (const name of ['blue', 'green']) await createGroup(before.store, user.id, name)
    await before.stop()
    assert.deepEqual(readdirSync(directory), ['a.sqlite'])

    const after = await startServer({ database, port: 0, clock, log })
    const headers = { authorization: `Bearer ${secret.reveal()}` }
    const answer = await fetch(`${after.url}/api/v0/groups`, { headers })
    const { groups } = await answer.json() as { groups: { group_name: string }[] }
    assert.deepEqual(groups.map((group) => group.group_name), ['blue', 'green'])
    assert.equal(await ensureFirstAccount(after.store), undefined)
    await after.stop()
    await after.stop()
  }))

test('startServer() closes the database again when the port is taken', () =>
  withTemporaryDirectory(async (directory) => {
    const first = await startServer({ database: ':memory:', port: 0, clock, log })
    const database = join(directory, 'a.sqlite')
    await assert.rejects(startServer({ database, port: first.port, clock, log }), {
      code: 'ERR_SERVER_PORT',
    })
    assert.deepEqual(readdirSync(directory), ['a.sqlite'])
    await first.stop()
  }))

test('startServer() says that its database cannot be one', () =>
  withTemporaryDirectory(async (directory) => {
    await assert.rejects(startServer({ database: directory, port: 0, clock, log }), {
      code: 'ERR_SERVER_DATABASE',
      message: `Cannot open database "${directory}": it is a directory`,
    })
  }))
