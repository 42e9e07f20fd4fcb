import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLACEHOLDER_PREFIX } from '#protocol'
import { parseEndpoint } from '#permissions'
import { startBench, withBench } from '../harness/broker.ts'
import type { Answer, AskOptions, Bench } from '../harness/broker.ts'
import { createCanary, findLeak } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'

/** Sends what the web's own `fetch` of a guest sends. */
function fetchBy(bench: Bench, url: string, options: AskOptions = {}): Promise<Answer> {
  const headers = { 'phylum-destination': url, ...options.headers }
  return bench.ask('/egress', { ...options, headers })
}

const codeOf = (answer: Answer) => JSON.parse(answer.body).error?.code

test(
  'broker exchanges the placeholder of its run, however the header is written',
  withBench(async (bench) => {
    const url = `${bench.api.origin}/api/v0/echo?a=b`
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER  ']) {
      for (const name of ['authorization', 'Authorization', 'AUTHORIZATION']) {
        const answer = await fetchBy(bench, url, {
          method: 'POST',
          body: 'hello',
          headers: { [name]: scheme + bench.placeholder, cookie: 'a=b', 'content-type': 'x/y' },
        })
        const { headers, body } = JSON.parse(answer.body)
        assert.equal(body, 'hello')
        assert.deepEqual([headers['content-type'], headers.cookie], ['x/y', undefined])
        assert.equal(findLeak(answer.body, bench.canary), undefined)
        assert.ok(!answer.body.includes(bench.placeholder), 'it was taken out')
      }
    }
    const { url: path, headers } = bench.api.seen[0]!
    assert.deepEqual([path, headers.authorization], ['/api/v0/echo?a=b', `Bearer ${bench.canary}`])
  }),
)

test(
  'broker judges what carries a placeholder by [api], and by nothing else',
  withBench(async (bench) => {
    const headers = { authorization: `Bearer ${bench.placeholder}` }
    const at = (path: string, method = 'GET') =>
      fetchBy(bench, bench.api.origin + path, { method, headers })
    assert.equal((await at('/api/v0/groups')).status, 200)
    const denied = await at('/api/v0/groups', 'POST')
    assert.equal(denied.status, 403)
    assert.equal(JSON.parse(denied.body).error.grant, '[api] allow = ["POST /groups"]')
    for (
      const path of ['/locksmith/v1/tokens', '/', '/api/v0/%2e%2e%2fx', '/api//v0', '/api/v0/a%2fb']
    ) {
      assert.deepEqual([path, codeOf(await at(path))], [path, 'ERR_BROKER_REQUEST'])
    }
    assert.equal(codeOf(await at('/api/v0/groups', 'OPTIONS')), 'ERR_BROKER_METHOD')
    assert.equal(bench.api.seen.length, 1)
  }, () => ({ grant: [parseEndpoint('GET /groups')] })),
)

test(
  'broker takes what does not carry its placeholder for a request to another host, without a credential',
  withBench(async (bench) => {
    const url = `${bench.api.origin}/api/v0/echo`
    const others: Record<string, string>[] = [
      {},
      { authorization: `Basic ${bench.placeholder}` },
      { authorization: bench.placeholder },
      { authorization: `Bearer own-token` },
      { authorization: `Bearer x${bench.placeholder}` },
      { 'x-authorization': `Bearer ${bench.placeholder}` },
      { cookie: `token=${bench.placeholder}` },
      { 'proxy-authorization': `Bearer ${bench.placeholder}` },
    ]
    for (const headers of others) {
      assert.equal(codeOf(await fetchBy(bench, url, { headers })), 'ERR_BROKER_HOST')
    }
    for (const place of [`${url}?token=${bench.placeholder}`, `${url}/${bench.placeholder}`]) {
      assert.equal(codeOf(await fetchBy(bench, place)), 'ERR_BROKER_HOST')
    }
    assert.equal(bench.api.seen.length, 0)
  }),
)

test('where net names the API, such a request arrives as the extension has made it', async () => {
  const api = await startFakeApi()
  const bench = await startBench({ apiOrigin: api.origin, net: [new URL(api.origin).host] })
  try {
    for (const authorization of ['Bearer own-token', `Basic ${bench.placeholder}`]) {
      await fetchBy(bench, `${api.origin}/api/v0/echo`, { headers: { authorization } })
      assert.equal(api.seen.at(-1)?.headers.authorization, authorization)
    }
    await fetchBy(bench, `${api.origin}/api/v0/echo`)
    assert.equal(api.seen.at(-1)?.headers.authorization, undefined)
    assert.equal(findLeak(JSON.stringify(api.seen), bench.canary), undefined)
  } finally {
    await Promise.all([bench.stop(), api.stop()])
  }
})

test('a placeholder is worth nothing to another host, nor to the broker of another run', async () => {
  const other = await startFakeApi()
  const net = [new URL(other.origin).host]
  const [one, two] = await Promise.all([startBench({ net }), startBench()])
  try {
    const headers = { authorization: `Bearer ${one.placeholder}` }
    const sent = await fetchBy(one, `${other.origin}/x`, { headers })
    assert.equal(sent.status, 200)
    assert.equal(other.seen[0]?.headers.authorization, headers.authorization, 'as it was written')
    const elsewhere = await fetchBy(two, `${two.api.origin}/api/v0/groups`, { headers })
    assert.equal(codeOf(elsewhere), 'ERR_BROKER_REQUEST')
    assert.match(JSON.parse(elsewhere.body).error.message, /that of another run/)
    assert.equal(two.api.seen.length, 0)
    // Said to the API itself, without a broker, it is a text like any other.
    const direct = await fetch(`${one.api.origin}/api/v0/echo`, { headers })
    assert.equal(findLeak(await direct.text(), one.canary), undefined)
  } finally {
    await Promise.all([one.stop(), two.stop(), other.stop()])
  }
})

test('nobody takes a placeholder for a key', () => {
  const placeholder = `${PLACEHOLDER_PREFIX}${createCanary().slice(4)}`
  assert.doesNotMatch(placeholder, /ph0_/)
  // RFC 6750, section 2.1: what may stand after "Bearer".
  assert.match(placeholder, /^[A-Za-z0-9._~+/-]+=*$/)
  assert.equal(findLeak(placeholder, createCanary()), undefined)
})
