import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccount, createKey } from '../../src/server/account.ts'
import { createApp } from '../../src/server/app.ts'
import { startRecordingActivity } from '../../src/server/record_activity.ts'
import type { ActivityRecorder } from '../../src/server/record_activity.ts'
import { openStore } from '../../src/server/store.ts'
import type { Activity, Store } from '../../src/server/store.ts'
import { NOON } from '../harness/api.ts'
import { createRecordingLog } from '../harness/recording_log.ts'

interface World {
  store: Store
  activity: ActivityRecorder
  keyId: string
  /** Sends a request with the key. */
  ask(method: string, path: string, key?: string): Promise<number>
  shown(): Promise<string[]>
  failure: { error: Error | undefined }
}

/** Nothing is written but when the test says so. */
const NEVER = 2 ** 30

function withWorld(body: (world: World) => Promise<void>): () => Promise<void> {
  return async () => {
    const clock = { time: NOON, now: () => clock.time++ }
    const log = createRecordingLog()
    const store = await openStore(':memory:', { clock })
    const failure: World['failure'] = { error: undefined }
    const failing: Store = {
      ...store,
      recordActivity: (all: readonly Activity[]) =>
        failure.error === undefined ? store.recordActivity(all) : Promise.reject(failure.error),
    }
    const activity = startRecordingActivity(failing, { log, intervalMilliseconds: NEVER })
    const app = createApp({ store, clock, log, activity })
    const user = await createAccount(store, { email: 'ann@example.org', name: 'Ann' })
    const { key, secret } = await createKey(store, user.id, { name: 'laptop' })
    try {
      await body({
        store,
        activity,
        keyId: key.id,
        failure,
        async ask(method, path, sent = secret.reveal()) {
          const headers = { authorization: `Bearer ${sent}` }
          const request = new Request(`http://localhost:4000${path}`, { method, headers })
          return (await app(request)).status
        },
        shown: async () =>
          (await store.listActivity(key.id))
            .map(({ method, path, status }) => `${method} ${path} ${status}`),
      })
    } finally {
      await activity.stop()
      await store.close()
    }
  }
}

test(
  'each use of a key is noted, with what came of it, and without what follows a "?"',
  withWorld(async ({ activity, ask, shown }) => {
    assert.equal(await ask('GET', '/api/v0/groups?a=b'), 200)
    assert.equal(await ask('DELETE', '/api/v0/groups/none'), 404)
    assert.equal(await ask('POST', '/api/v0/groups'), 415)
    assert.deepEqual(await shown(), [], 'a request does not wait for it')
    await activity.flush()
    assert.deepEqual(await shown(), [
      'POST /api/v0/groups 415',
      'DELETE /api/v0/groups/none 404',
      'GET /api/v0/groups 200',
    ])
  }),
)

test(
  'what came without a key that is good is noted for none',
  withWorld(async ({ activity, ask, shown }) => {
    assert.equal(await ask('GET', '/api/v0/groups', `ph0_${'A'.repeat(43)}`), 401)
    assert.equal(await ask('GET', '/api/v0/health'), 200)
    await activity.flush()
    assert.deepEqual(await shown(), [])
  }),
)

test(
  'uses are kept while the database does not answer, the newest of them, and written in order',
  withWorld(async ({ activity, keyId, shown, failure }) => {
    failure.error = new Error('the disk is full')
    for (let at = 0; at < 1500; at++) {
      activity.note({ keyId, at, method: 'GET', path: `/${at}`, status: 200 })
      if (at % 500 === 0) await activity.flush()
    }
    await activity.flush()
    failure.error = undefined
    await activity.flush()
    const all = await shown()
    assert.equal(all[0], 'GET /1499 200')
    assert.equal(all.length, 100)
  }),
)

test(
  'stop() writes what is left',
  withWorld(async ({ activity, keyId, shown }) => {
    activity.note({ keyId, at: 1, method: 'GET', path: `/${'x'.repeat(5000)}`, status: 200 })
    await activity.stop()
    const [only] = await shown()
    assert.equal(only?.length, 'GET  200'.length + 300)
  }),
)
