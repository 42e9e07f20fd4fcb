import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_ACTIVITY } from '../../../src/server/store/activity.ts'
import { NOON, withApi } from '../../harness/api.ts'
import type { Api } from '../../harness/api.ts'

async function keyIdOf(api: Api, name: string): Promise<string> {
  const { user } = await api.signUp(name)
  return (await api.store.listKeys(user.id))[0]?.id ?? ''
}

function request(keyId: string, index: number) {
  return { keyId, at: NOON + index, method: 'GET', path: `/${index}`, status: 200 + (index % 2) }
}

test(
  'recordActivity() keeps the last requests of each key, the newest first, and leaves unknown keys out',
  withApi(async (api) => {
    const [ann, bob] = [await keyIdOf(api, 'ann'), await keyIdOf(api, 'bob')]
    assert.deepEqual(await api.store.listActivity(ann), [])
    await api.store.recordActivity([])
    await api.store.recordActivity([
      request(ann, 1),
      request('nobody', 2),
      request(bob, 3),
      request(ann, 4),
    ])
    assert.deepEqual(await api.store.listActivity(ann), [request(ann, 4), request(ann, 1)])
    assert.deepEqual(await api.store.listActivity(ann, 1), [request(ann, 4)])
    assert.deepEqual(await api.store.listActivity(bob), [request(bob, 3)])
    assert.deepEqual(await api.store.listActivity('nobody'), [])
  }),
)

test(
  'O208 recordActivity() keeps so many of a key and no more',
  withApi(async (api) => {
    const [ann, bob] = [await keyIdOf(api, 'ann'), await keyIdOf(api, 'bob')]
    await api.store.recordActivity([request(bob, 0)])
    for (let start = 0; start < 3 * MAX_ACTIVITY; start += 50) {
      await api.store.recordActivity(
        Array.from({ length: 50 }, (_, index) => request(ann, start + index)),
      )
    }
    const kept = await api.store.listActivity(ann, 10 * MAX_ACTIVITY)
    assert.deepEqual(
      kept.map(({ at }) => at - NOON),
      Array.from({ length: MAX_ACTIVITY }, (_, index) => 3 * MAX_ACTIVITY - 1 - index),
    )
    assert.equal((await api.store.listActivity(bob)).length, 1)
  }),
)

test(
  'recordActivity() takes what many record at once',
  withApi(async (api) => {
    const keys = await Promise.all(['ann', 'bob'].map((name) => keyIdOf(api, name)))
    await Promise.all(
      Array.from(
        { length: 6 },
        (_, index) => api.store.recordActivity(keys.map((key) => request(key, index))),
      ),
    )
    for (const key of keys) assert.equal((await api.store.listActivity(key)).length, 6)
  }),
)
