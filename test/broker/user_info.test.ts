import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEndpoint } from '#permissions'
import { startBench } from '../harness/broker.ts'
import type { Bench } from '../harness/broker.ts'
import { findLeak } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import type { FakeApi } from '../harness/fake_api.ts'

const CONFIGURATION = '/locksmith/v1/.well-known/locksmith-configuration'

/** Runs a test on an API whose key service says so of itself. */
function withKeyService(
  describe: (api: FakeApi) => string,
  body: (bench: Bench, api: FakeApi) => Promise<void>,
  grant: true | string[] = true,
): () => Promise<void> {
  return async () => {
    const api: FakeApi = await startFakeApi({
      [CONFIGURATION]: (_, response) => void response.end(describe(api)),
      '/locksmith/v1/userinfo': (request, response) =>
        void response.end(JSON.stringify({ email: 'ada@example.org', header: request.headers })),
    })
    const bench = await startBench({
      apiOrigin: api.origin,
      grant: grant === true || grant.map(parseEndpoint),
    })
    try {
      await body(bench, api)
    } finally {
      await Promise.all([bench.stop(), api.stop()])
    }
  }
}

const named = ({ origin }: FakeApi) =>
  JSON.stringify({ userinfo_endpoint: `${origin}/locksmith/v1/userinfo` })

test(
  'broker answers GET /userinfo with what the key service says, and finds out once where that is',
  withKeyService(named, async (bench, api) => {
    for (let time = 0; time < 2; time++) {
      const answer = await bench.ask('/api/v0/userinfo')
      assert.deepEqual([answer.status, JSON.parse(answer.body).email], [200, 'ada@example.org'])
      assert.equal(findLeak(answer.body, bench.canary), undefined, 'what is echoed is masked')
    }
    assert.deepEqual(api.seen.map(({ url }) => url), [
      CONFIGURATION,
      '/locksmith/v1/userinfo',
      '/locksmith/v1/userinfo',
    ])
    assert.equal(api.seen[1]?.headers.authorization, `Bearer ${bench.canary}`)
    // Other requests to that path are the API's own business.
    await bench.ask('/api/v0/userinfo', { method: 'POST', body: '{}' })
    await bench.ask('/api/v0/userinfo?a=b')
    assert.deepEqual(api.seen.slice(3).map(({ url }) => url), [
      '/api/v0/userinfo',
      '/api/v0/userinfo?a=b',
    ])
  }),
)

test(
  'broker asks whose credential it is where the manifest grants that',
  withKeyService(named, async (bench, api) => {
    const answer = await bench.ask('/api/v0/userinfo')
    assert.equal(answer.status, 403)
    assert.equal(JSON.parse(answer.body).error.grant, '[api] allow = ["GET /userinfo"]')
    assert.equal(api.seen.length, 0)
  }, ['GET /groups']),
)

for (
  const [what, describe] of Object.entries<(api: FakeApi) => string>({
    'another origin': () => '{"userinfo_endpoint":"https://evil.example/userinfo"}',
    'this origin with a name in front': ({ origin }) =>
      JSON.stringify({ userinfo_endpoint: origin.replace('//', '//evil.example@') + 'x' }),
    'no place': () => '{}',
    'no document': () => '<html>',
    'nothing': () => 'null',
    'a document without an end': () => 'x'.repeat(1_000_000),
  })
) {
  test(
    `broker gives the credential to nobody where the key service names ${what}`,
    withKeyService(describe, async (bench, api) => {
      const answer = await bench.ask('/api/v0/userinfo')
      assert.deepEqual(
        [answer.status, JSON.parse(answer.body).error.code],
        [502, 'ERR_BROKER_RESPONSE'],
      )
      assert.deepEqual(api.seen.map(({ url }) => url), [CONFIGURATION])
    }),
  )
}
