import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createAccount, createKey } from '../../../src/server/account.ts'
import { createApp } from '../../../src/server/app.ts'
import { hashKey } from '../../../src/server/key.ts'
import { openStore } from '../../../src/server/store.ts'
import { findLeak } from '../../harness/canary.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const clock = { now: () => 1_000 }

test('openStore() keeps everything across a restart', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    const before = await openStore(file, { clock })
    const user = await createAccount(before, { email: 'ann@example.org', name: 'Ann' })
    const { key, secret } = await createKey(before, user.id, { name: 'key', expiresAt: 5_000 })
    const group = await before.createGroup(user.id, 'blue')
    await before.close()

    const after = await openStore(file, { clock })
    assert.deepEqual({ ...await after.findUser('ann@example.org') }, user)
    assert.deepEqual({ ...await after.findKey(hashKey(secret.reveal())) }, key)
    assert.deepEqual((await after.listGroups(user.id)).map((one) => ({ ...one })), [group])
    await after.close()
    await after.close()
  }))

test('Store fails with a clear error while another process writes, and goes on afterwards', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    const store = await openStore(file, { clock, busyMilliseconds: 20 })
    const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const locked = {
      code: 'ERR_SERVER_DATABASE',
      message: `Cannot write database "${file}": another process keeps it locked`,
    }
    await assert.rejects(store.createGroup(user.id, 'blue'), locked)
    await assert.rejects(store.createUser({ email: 'bob@example.org', name: 'Bob' }), locked)
    assert.deepEqual(await store.listGroups(user.id), [])
    other.exec('ROLLBACK')
    other.close()
    assert.equal((await store.createGroup(user.id, 'blue'))?.name, 'blue')
    await store.close()
  }))

test('Store makes no group without its admin', async () => {
  const store = await openStore(':memory:', { clock })
  await assert.rejects(store.createGroup('nobody', 'blue'), { code: 'ERR_SERVER_DATABASE' })
  const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
  // Free still, because the group was taken back together with the member that could not be.
  assert.equal((await store.createGroup(user.id, 'blue'))?.role, 'admin')
  await store.close()
})

test('Store takes the members of a group along when it is deleted', async () => {
  const store = await openStore(':memory:', { clock })
  const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
  const group = await store.createGroup(user.id, 'blue')
  await store.deleteGroup(group?.id ?? '')
  assert.deepEqual(await store.listMembers(group?.id ?? ''), [])
  await store.close()
})

test('O205 no key can be recovered from a copy of the database, its log, or what was logged', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    const store = await openStore(file, { clock })
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
    const scan = () => {
      const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)))
      const logged = JSON.stringify([log.warnings, log.notes, log.details, answers])
      for (const key of keys) {
        for (const bytes of [...files, Buffer.from(logged)]) {
          assert.equal(findLeak(bytes, key), undefined)
        }
        // And not the 32 bytes themselves, which base64url only writes down.
        const raw = Buffer.from(key.slice(4), 'base64url')
        for (const bytes of files) assert.ok(!bytes.includes(raw))
      }
      // The twin: what is kept of a key, and of its owner, is found by the same search.
      assert.ok(files.some((bytes) => bytes.includes(hashKey(keys[0] ?? ''))))
      assert.ok(files.some((bytes) => findLeak(bytes, 'ann@example.org') === 'plain'))
      return files.length
    }
    assert.equal(scan(), 3)
    await store.close()
    assert.equal(scan(), 1)
  }))
