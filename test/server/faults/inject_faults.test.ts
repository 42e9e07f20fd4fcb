import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { Fault } from '../../../src/server/faults/fault_plan.ts'
import { injectFaults } from '../../../src/server/faults/inject_faults.ts'
import { createRouteFinder } from '../../../src/server/find_route.ts'
import { routes } from '../../../src/server/routes.ts'
import { serve } from '../../../src/server/serve.ts'
import type { RequestRecord } from '../../../src/server/telemetry/request_record.ts'
import { Telemetry } from '../../../src/server/telemetry/telemetry.ts'

const BODY = JSON.stringify({ groups: Array.from({ length: 50 }, (_, index) => `group ${index}`) })

/** Serves an API of which every request meets a fault, and tells what was asked of it and what was recorded. */
async function withFault(
  fault: Fault | Fault[],
  use: (
    served: { url: string; port: number; asked: string[]; records: RequestRecord[] },
  ) => Promise<
    void
  >,
): Promise<void> {
  const asked: string[] = []
  const records: RequestRecord[] = []
  const telemetry = new Telemetry({ onRequest: (record) => records.push(record) })
  const api = (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`)
    return Promise.resolve(
      request.method === 'DELETE'
        ? new Response(null, { status: 204 })
        : new Response(BODY, { headers: { 'content-type': 'application/json', etag: '"1"' } }),
    )
  }
  const plan = { faults: [fault].flat(), seed: 1 }
  const findRoute = createRouteFinder(routes)
  const handler = telemetry.watch(injectFaults(api, { plan, findRoute }))
  const server = serve(handler, { port: 0 })
  try {
    await use({ url: server.url, port: server.port, asked, records })
  } finally {
    await server.stop()
  }
}

test('injectFaults() refuses with a status, and does not carry the request out', () =>
  withFault(
    { kind: 'status', probability: 1, status: 429, retryAfter: 2 },
    async ({ url, asked, records }) => {
      const response = await fetch(`${url}/api/v0/groups/blue/members`)
      assert.equal(response.status, 429)
      assert.equal(response.headers.get('retry-after'), '2')
      assert.equal(response.headers.get('x-phylum-fault'), '429')
      assert.deepEqual(await response.json(), {
        error: {
          error_id: 'ERR_API_RATE_LIMITED',
          description: 'Cannot answer the request: a fault on demand, status 429',
        },
      })
      assert.deepEqual(asked, [])
      const [record] = records
      assert.deepEqual([record?.fault, record?.route, record?.status], [
        '429',
        '/api/v0/groups/:group/members',
        429,
      ])
    },
  ))

test('injectFaults() refuses with any status from 400 to 599, and none of them needs Retry-After', async () => {
  for (const status of [400, 404, 418, 500, 503, 599]) {
    await withFault({ kind: 'status', probability: 1, status }, async ({ url }) => {
      const response = await fetch(`${url}/api/v0/groups`)
      assert.equal(response.status, status)
      assert.equal(response.headers.get('retry-after'), null)
      assert.match(
        (await response.json() as { error: { error_id: string } }).error.error_id,
        /^ERR_/,
      )
    })
  }
})

test('injectFaults() lets a credential expire', () =>
  withFault({ kind: 'expire', probability: 1 }, async ({ url, asked }) => {
    const response = await fetch(`${url}/api/v0/groups`)
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
    assert.equal(response.headers.get('x-phylum-fault'), 'expire')
    assert.match(await response.text(), /expired/)
    assert.deepEqual(asked, [])
  }))

test('injectFaults() cuts the connection in the middle of the body, once the request is carried out', () =>
  withFault({ kind: 'cut', probability: 1 }, async ({ url, port, asked, records }) => {
    await assert.rejects(fetch(`${url}/api/v0/groups`).then((response) => response.text()))
    assert.deepEqual(asked, ['GET /api/v0/groups'])
    assert.deepEqual([records[0]?.isCut, records[0]?.bytes], [true, BODY.length >> 1])

    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET /api/v0/groups HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    let text = ''
    socket.on('data', (chunk) => text += chunk)
    await new Promise((resolve) => socket.on('close', resolve))
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(text, /x-phylum-fault: cut/i)
    assert.ok(text.includes(BODY.slice(0, BODY.length >> 1)))
    assert.ok(!text.includes(BODY.slice((BODY.length >> 1) - 10)))
    assert.doesNotMatch(text, /\r\n0\r\n\r\n$/, 'the end of a whole body')
  }))

test('injectFaults() sends garbage in place of what the type says', () =>
  withFault({ kind: 'garbage', probability: 1 }, async ({ url, asked }) => {
    const response = await fetch(`${url}/api/v0/groups`)
    assert.deepEqual([response.status, response.headers.get('content-type')], [
      200,
      'application/json',
    ])
    assert.equal(response.headers.get('x-phylum-fault'), 'garbage')
    const bytes = new Uint8Array(await response.arrayBuffer())
    assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    assert.throws(() => JSON.parse(new TextDecoder().decode(bytes)))
    assert.deepEqual(asked, ['GET /api/v0/groups'])
  }))

test('injectFaults() lets a request wait, and may refuse it then', () =>
  withFault([
    { kind: 'slow', probability: 1, milliseconds: 30 },
    { kind: 'status', probability: 1, status: 503 },
  ], async ({ url, records }) => {
    const response = await fetch(`${url}/api/v0/groups`)
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('x-phylum-fault'), 'slow, 503')
    assert.equal(records[0]?.fault, 'slow+503')
    assert.ok((records[0]?.milliseconds ?? 0) >= 29)
  }))

test('injectFaults() leaves alone what is no request to the API, and the way to a credential', () =>
  withFault({ kind: 'status', probability: 1, status: 500 }, async ({ url, records }) => {
    for (
      const path of [
        '/',
        '/metrics',
        '/healthz',
        '/readyz',
        '/api',
        '/oidc/token',
        '/locksmith/v1/tokens',
        '/api/v0/.well-known/openid-configuration',
        '/x?y=/api/v0/groups',
      ]
    ) {
      const response = await fetch(url + path)
      assert.equal(response.status, 200, path)
      assert.equal(response.headers.get('x-phylum-fault'), null, path)
      await response.text()
    }
    assert.equal((await fetch(`${url}/api/v0/groups`)).status, 500)
    assert.deepEqual(records.map(({ fault }) => fault).filter(Boolean), ['500'])
  }))

test('injectFaults() cannot spoil an answer without a body, and does not say that it did', async () => {
  for (const kind of ['cut', 'garbage'] as const) {
    await withFault({ kind, probability: 1 }, async ({ url, records }) => {
      const response = await fetch(`${url}/api/v0/groups/blue`, { method: 'DELETE' })
      assert.equal(response.status, 204)
      assert.equal(response.headers.get('x-phylum-fault'), null)
      assert.equal(records[0]?.fault, undefined)
    })
  }
})

test('injectFaults() changes nothing where chance is kind', () =>
  withFault({ kind: 'cut', probability: 0 }, async ({ url }) => {
    const response = await fetch(`${url}/api/v0/groups`)
    assert.equal(response.headers.get('x-phylum-fault'), null)
    assert.equal(response.headers.get('etag'), '"1"')
    assert.equal(await response.text(), BODY)
  }))
