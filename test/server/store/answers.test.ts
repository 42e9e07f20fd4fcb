import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '../../../src/server/account.ts'
import { answerOnce } from '../../../src/server/answer_once.ts'
import { ANSWER_MILLISECONDS } from '../../../src/server/store/answers.ts'
import { withApi } from '../../harness/api.ts'
import type { Api } from '../../harness/api.ts'

const HASH = new Uint8Array(32).fill(7)

/** Makes a key by a request that may be repeated, and tells how often it acted. */
async function createOnce(api: Api, userId: string, name: string, requestHash = HASH) {
  let acts = 0
  const answer = await answerOnce(api.store, { userId, key: 'k1', requestHash }, async (store) => {
    acts++
    await createKey(store, userId, { name })
    return { status: 201, body: `{"name":"${name}"}` }
  })
  return { ...answer, acts }
}

test(
  'answerOnce() acts once, and repeats its answer to the same request of the same user',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    const body = '{"name":"a"}'
    const first = { status: 201, body, isRepetition: false, acts: 1 }
    assert.deepEqual(await createOnce(api, ann.user.id, 'a'), first)
    assert.deepEqual(await createOnce(api, ann.user.id, 'a'), {
      ...first,
      isRepetition: true,
      acts: 0,
    })
    assert.deepEqual(await createOnce(api, bob.user.id, 'a'), first)
    assert.equal((await api.store.listKeys(ann.user.id)).length, 2)
  }),
)

test(
  'answerOnce() refuses the key for another request',
  withApi(async (api) => {
    const { user } = await api.signUp('ann')
    await createOnce(api, user.id, 'a')
    const other = createOnce(api, user.id, 'b', new Uint8Array(32).fill(8))
    await assert.rejects(other, { code: 'ERR_SERVER_REQUEST', status: 422 })
    assert.equal((await api.store.listKeys(user.id)).length, 2)
  }),
)

test(
  'answerOnce() keeps no refusal, and nothing of what was done before it',
  withApi(async (api) => {
    const { user } = await api.signUp('ann')
    const request = { userId: user.id, key: 'k1', requestHash: HASH }
    const refused = answerOnce(api.store, request, async (store) => {
      await createKey(store, user.id, { name: 'half' })
      await createKey(store, user.id, { name: 'test' })
      return { status: 201, body: '' }
    })
    await assert.rejects(refused, { code: 'ERR_API_EXISTS' })
    assert.deepEqual((await api.store.listKeys(user.id)).map(({ name }) => name), ['test'])
    assert.equal((await createOnce(api, user.id, 'half')).isRepetition, false)
  }),
)

test(
  'answerOnce() acts once for many equal requests at once',
  withApi(async (api) => {
    const { user } = await api.signUp('ann')
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => createOnce(api, user.id, 'a')),
    )
    assert.equal(answers.filter(({ isRepetition }) => !isRepetition).length, 1)
    assert.deepEqual([...new Set(answers.map(({ body }) => body))], ['{"name":"a"}'])
    assert.equal((await api.store.listKeys(user.id)).length, 2)
  }),
)

test(
  'answerOnce() forgets after a day, swept or not',
  withApi(async (api) => {
    const { user } = await api.signUp('ann')
    await createOnce(api, user.id, 'a')
    api.clock.time += ANSWER_MILLISECONDS - 1
    assert.equal((await createOnce(api, user.id, 'a')).isRepetition, true)
    api.clock.time += 1
    const other = await createOnce(api, user.id, 'b', new Uint8Array(32).fill(8))
    assert.equal(other.isRepetition, false)
  }),
)
