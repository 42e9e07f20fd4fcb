import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createAccount, createGroup, createKey, startServer } from '#server'
import type { RequestRecord, RunningServer, ServerOptions } from '#server'
import { createCanary, findLeak } from '../../harness/canary.ts'
import { parsePrometheus, valueOf } from '../../harness/prometheus.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'

const clock = { now: () => Date.now() }

interface Served {
  server: RunningServer
  key: string
  userId: string
  keyId: string
  records: RequestRecord[]
  log: ReturnType<typeof createRecordingLog>
  ask(method: string, path: string, headers?: Record<string, string>): Promise<Response>
  /** What `/metrics` shows. */
  metrics(): Promise<ReturnType<typeof parsePrometheus>>
}

/** Runs a test against a server that listens, with an account and a group in it. */
async function serving(
  use: (served: Served) => Promise<void>,
  options: Partial<ServerOptions> = {},
): Promise<void> {
  const records: RequestRecord[] = []
  const log = createRecordingLog()
  const server = await startServer({
    database: ':memory:',
    port: 0,
    clock,
    log,
    onRequest: (record) => records.push({ ...record }),
    ...options,
  })
  try {
    const user = await createAccount(server.store, { email: 'ann@example.org', name: 'Ann' })
    const { secret, key: { id: keyId } } = await createKey(server.store, user.id, { name: 'k' })
    await createGroup(server.store, user.id, 'top secret')
    const key = secret.reveal()
    const ask: Served['ask'] = (method, path, headers = {}) =>
      fetch(server.address + path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...headers },
      })
    await use({
      server,
      key,
      userId: user.id,
      keyId,
      records,
      log,
      ask,
      metrics: async () => parsePrometheus(await (await ask('GET', '/metrics')).text()),
    })
  } finally {
    await server.stop()
  }
}

test('startServer() tells of each request by its route, its key and its user', () =>
  serving(async ({ ask, records, userId, keyId }) => {
    const who = { userId, keyId }
    const nobody = { userId: undefined, keyId: undefined }
    const cases = [
      ['GET', '/api/v0/groups', '/api/v0/groups', 200, who],
      ['HEAD', '/api/v0/groups', '/api/v0/groups', 200, who],
      ['GET', '/api/v0/groups/top%20secret/members', '/api/v0/groups/:group/members', 200, who],
      [
        'POST',
        '/api/v0/groups/top%20secret/members/bob@example.org',
        '/api/v0/groups/:group/members/:email',
        404,
        who,
      ],
      ['DELETE', '/api/v0/groups/top%20secret', '/api/v0/groups/:group', 204, who],
      ['GET', '/api/v0/health', '/api/v0/health', 200, nobody],
      ['GET', '/healthz', '/healthz', 200, nobody],
      ['GET', '/readyz', '/readyz', 200, nobody],
      ['GET', '/sign-in/bob@example.org?x=y', 'other', 404, nobody],
      [
        'GET',
        '/api/v0/.well-known/openid-configuration',
        '/api/v0/.well-known/openid-configuration',
        200,
        nobody,
      ],
      ['PUT', '/api/v0/groups', 'other', 405, nobody],
    ] as const
    for (const [method, path, route, status, { userId, keyId }] of cases) {
      const response = await ask(method, path)
      const text = await response.text()
      assert.equal(response.status, status, path)
      const record = records.at(-1)!
      assert.equal(response.headers.get('x-request-id'), record.requestId)
      const bytes = method === 'HEAD' ? 0 : Buffer.byteLength(text)
      const { milliseconds: _, ...rest } = record
      const found = [rest.method, rest.route, rest.status, rest.userId, rest.keyId, rest.bytes]
      assert.deepEqual(found, [method, route, status, userId, keyId, bytes], path)
    }
    assert.equal(records.length, cases.length)
  }))

test('/metrics counts what was asked, in a form that Prometheus takes', () =>
  serving(async ({ ask, metrics }) => {
    for (let count = 0; count < 3; count++) await (await ask('GET', '/api/v0/groups')).text()
    await (await ask('GET', '/api/v0/groups', { authorization: 'Bearer x' })).text()
    const response = await ask('GET', '/metrics', { authorization: '' })
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('access-control-allow-origin'), null)
    const families = parsePrometheus(await response.text())
    const of = { method: 'GET', route: '/api/v0/groups' }
    const count = (status: string) =>
      valueOf(families, 'phylum_http_requests_total', { ...of, status })
    assert.deepEqual([count('2xx'), count('4xx')], [3, 1])
    assert.equal(valueOf(families, 'phylum_http_request_duration_seconds_count', of), 4)
    assert.equal(valueOf(families, 'phylum_http_requests_in_flight'), 1)
    assert.ok(valueOf(families, 'process_resident_memory_bytes') > 1e6)
    const started = valueOf(families, 'process_start_time_seconds')
    assert.ok(started > 1e9 && started <= Date.now() / 1000 + 1)
    const again = await metrics()
    const own = { route: '/metrics' }
    assert.equal(valueOf(again, 'phylum_http_requests_total', own), 1)
  }))

test('/metrics shows to nobody more series than there are routes, whatever is asked', () =>
  serving(async ({ ask, metrics }) => {
    for (let count = 0; count < 20; count++) {
      await (await ask('GET', `/api/v0/groups/g${count}/members`)).text()
      await (await ask('GET', `/nothing/${count}`)).text()
      await (await ask('PROPFIND', `/nothing/${count}`)).text()
    }
    const samples = (await metrics()).get('phylum_http_requests_total')?.samples ?? []
    assert.deepEqual(
      new Set(samples.map(({ labels }) => labels['route'])),
      new Set([
        '/api/v0/groups/:group/members',
        'other',
      ]),
    )
    assert.ok(samples.length <= 3)
  }))

test('O210 /metrics is not for pages of other sites (DNS rebinding)', () =>
  serving(async ({ server }) => {
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')
    let text = ''
    socket.on('data', (chunk) => text += chunk)
    await new Promise((resolve) => socket.on('close', resolve))
    assert.match(text, /^HTTP\/1\.1 421 /)
    assert.doesNotMatch(text, /phylum_http/)
  }))

test('/metrics is open on loopback alone, and where others might come it waits to be opened', async () => {
  const cases: [Partial<ServerOptions>, number][] = [
    [{}, 200],
    [{ hostname: 'localhost' }, 200],
    [{ hostname: '0.0.0.0' }, 404],
    [{ hosts: ['phylum.example.org'] }, 404],
    [{ publicUrl: 'https://phylum.example.org' }, 404],
    [{ isMetricsOpen: false }, 404],
    [{ hostname: '0.0.0.0', isMetricsOpen: true }, 200],
    [{ publicUrl: 'https://phylum.example.org', isMetricsOpen: true }, 200],
  ]
  for (const [options, status] of cases) {
    await serving(async ({ ask }) => {
      const response = await ask('GET', '/metrics')
      assert.equal(response.status, status, JSON.stringify(options))
      assert.equal((await response.text()).includes('phylum_http'), status === 200)
    }, options)
  }
})

test('startServer() counts failures of the database, and names the request in the log', () =>
  serving(async ({ server, ask, metrics, log }) => {
    await server.store.close()
    const response = await ask('GET', '/api/v0/groups', { 'x-request-id': 'r1' })
    assert.equal(response.status, 503)
    await response.text()
    assert.equal(valueOf(await metrics(), 'phylum_database_errors_total'), 1)
    assert.match(log.warnings[0] ?? '', / \(request r1\)$/)
  }))

test('drain() says that the server is not ready, and closes connections, but answers', () =>
  serving(async ({ server, ask }) => {
    assert.equal((await ask('GET', '/readyz')).status, 200)
    server.drain()
    server.drain()
    const ready = await ask('GET', '/readyz')
    assert.equal(ready.status, 503)
    assert.match(await ready.text(), /about to stop/)
    assert.equal((await ask('GET', '/healthz')).status, 200)
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /api/v0/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    let text = ''
    // Bun ends the connection itself, Deno leaves that to the other end.
    for await (const chunk of socket) {
      text += chunk
      if (text.includes('alive')) break
    }
    assert.match(text, /^HTTP\/1\.1 200 [^]*connection: close[^]*alive/i)
  }))

test('O205 neither records nor metrics hold a credential, a name or an address, wherever they were put', () =>
  serving(async ({ ask, records, metrics, log, key }) => {
    const other = createCanary()
    const tries: [string, string, Record<string, string>?][] = [
      ['GET', `/api/v0/groups?key=${key}`],
      ['GET', `/api/v0/groups/${key}/members`],
      ['GET', `/${key}`],
      ['POST', `/api/v0/groups/top%20secret/members/${key}@example.org`],
      ['GET', '/api/v0/groups', { authorization: `Bearer ${other}` }],
      ['GET', '/api/v0/groups', { 'x-request-id': key }],
      ['GET', '/api/v0/groups', { 'x-request-id': `id-${key}` }],
      ['POST', '/api/v0/groups', { 'idempotency-key': key, 'content-type': 'application/json' }],
      ['GET', '/api/v0/groups', { cookie: `session=${key}`, 'user-agent': key, referer: key }],
    ]
    for (const [method, path, headers] of tries) {
      const response = await ask(method, path, headers)
      assert.equal(findLeak(response.headers.get('x-request-id') ?? '', key), undefined)
      await response.text()
    }
    const shown = JSON.stringify([records, [...(await metrics()).values()], log])
    for (const secret of [key, other]) assert.equal(findLeak(shown, secret), undefined)
    assert.doesNotMatch(shown, /top|secret|example\.org|ann|Bearer/i)
    // The twin: it looks where it would be found.
    assert.equal(findLeak(JSON.stringify({ ...records[0], route: `/${key}` }), key), 'plain')
  }))
