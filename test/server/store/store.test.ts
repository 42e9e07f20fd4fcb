import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAccount, createKey } from '../../../src/server/account.ts'
import { hashKey } from '../../../src/server/key.ts'
import { openStore } from '../../../src/server/store.ts'
import { withApi } from '../../harness/api.ts'
import { onEachDatabase } from '../../harness/databases.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const clock = { now: () => 1_000 }

test(
  'openStore() keeps everything across a restart',
  onEachDatabase(async (where) => {
    const before = await openStore(where, { clock })
    const user = await createAccount(before, { email: 'ann@example.org', name: 'Ann' })
    const { key, secret } = await createKey(before, user.id, { name: 'key', expiresAt: 5_000 })
    const group = await before.createGroup(user.id, 'blue')
    await before.close()

    const after = await openStore(where, { clock })
    assert.deepEqual(await after.findUser('ann@example.org'), user)
    assert.deepEqual(await after.findKey(hashKey(secret.reveal())), key)
    assert.deepEqual(await after.listGroups(user.id), [group])
    await after.close()
    await after.close()
  }, { isFile: true }),
)

test('Store fails with a clear error while another process writes to its file, and goes on afterwards', () =>
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

test('Store waits for another process that writes to its file, and answers readers meanwhile', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a.sqlite')
    const store = await openStore(file, { clock, busyMilliseconds: 60_000 })
    const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    let isMade = false
    const made = store.createGroup(user.id, 'blue').finally(() => isMade = true)
    for (let read = 0; read < 20; read++) {
      assert.deepEqual(await store.listGroups(user.id), [])
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    assert.equal(isMade, false)
    other.exec('ROLLBACK')
    other.close()
    assert.equal((await made)?.name, 'blue')
    await store.close()
  }))

test(
  'Store makes no group without its admin',
  withApi(async ({ store }) => {
    await assert.rejects(store.createGroup('nobody', 'blue'), { code: 'ERR_SERVER_DATABASE' })
    const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
    // Free still, because the group was taken back together with the member that could not be.
    assert.equal((await store.createGroup(user.id, 'blue'))?.role, 'admin')
  }),
)

test(
  'Store takes the members of a group along when it is deleted',
  withApi(async ({ store }) => {
    const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
    const group = await store.createGroup(user.id, 'blue')
    await store.deleteGroup(group?.id ?? '')
    assert.deepEqual(await store.listMembers(group?.id ?? ''), [])
  }),
)

test(
  'Store.transaction() makes all calls, or none',
  withApi(async ({ store }) => {
    const made = store.transaction(async (inside) => {
      const user = await createAccount(inside, { email: 'ann@example.org', name: 'Ann' })
      await createKey(inside, user.id, { name: 'key' })
      await inside.createGroup('nobody', 'blue')
    })
    await assert.rejects(made, { code: 'ERR_SERVER_DATABASE' })
    assert.equal(await store.findUser('ann@example.org'), undefined)
    assert.equal(await store.hasKeys(), false)
  }),
)
