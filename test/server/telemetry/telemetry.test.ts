import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Telemetry } from '../../../src/server/telemetry/telemetry.ts'
import type { Handler } from '../../../src/server/telemetry/telemetry.ts'
import type { RequestRecord } from '../../../src/server/telemetry/request_record.ts'
import { parsePrometheus, valueOf } from '../../harness/prometheus.ts'

const PLACE = 'http://localhost/a?key=secret'

/** A handler that is watched, and the records of what it answered. */
function watch(handler: Handler) {
  const records: RequestRecord[] = []
  const telemetry = new Telemetry({ onRequest: (record) => records.push(record) })
  const inFlight = () =>
    valueOf(parsePrometheus(telemetry.renderMetrics()), 'phylum_http_requests_in_flight')
  const answer = telemetry.watch(handler)
  return { answer, records, inFlight }
}

test('watch() records what was told of a request, and nothing of its text', async () => {
  const { answer, records } = watch((_request, _address, trace) => {
    trace?.noteRoute('/a')
    trace?.noteCaller({ userId: 'u1', keyId: 'k1' })
    return Promise.resolve(new Response('hello', { headers: { 'content-length': '5' } }))
  })
  const request = new Request(PLACE, { method: 'POST', headers: { 'x-request-id': 'r1' } })
  const response = await answer(request)
  assert.equal(response.headers.get('x-request-id'), 'r1')
  assert.equal(await response.text(), 'hello')
  const [{ milliseconds, ...record }] = records as [RequestRecord]
  assert.ok(milliseconds >= 0)
  assert.deepEqual(
    { ...record, started: undefined },
    {
      requestId: 'r1',
      method: 'POST',
      route: '/a',
      status: 200,
      bytes: 5,
      isCut: false,
      hasDatabaseFailed: false,
      userId: 'u1',
      keyId: 'k1',
      fault: undefined,
      started: undefined,
    },
  )
  assert.doesNotMatch(JSON.stringify(records), /secret/)
})

test('watch() calls a route and a method that nobody knows by one name each', async () => {
  const { answer, records } = watch(() => Promise.resolve(new Response(null, { status: 404 })))
  for (const method of ['GET', 'PROPFIND', 'MKCOL']) {
    await answer(new Request(PLACE, { method }))
  }
  assert.deepEqual(records.map(({ method }) => method), ['GET', 'OTHER', 'OTHER'])
  assert.deepEqual([...new Set(records.map(({ route }) => route))], ['other'])
})

test('watch() takes the word of who made the answer for its length', async () => {
  const { answer, records } = watch((_request, _address, trace) => {
    const headers = trace?.sign(5)
    return Promise.resolve(new Response('hello', headers === undefined ? {} : { headers }))
  })
  const response = await answer(new Request(PLACE, { headers: { 'x-request-id': 'r1' } }))
  assert.equal(response.headers.get('x-request-id'), 'r1')
  assert.equal(records[0]?.bytes, 5)
  await answer(new Request(PLACE, { method: 'HEAD' }))
  assert.equal(records[1]?.bytes, 0)
})

test('watch() counts a body of unknown length, and records it when it has gone out', async () => {
  const { answer, records, inFlight } = watch(() =>
    Promise.resolve(new Response('héllo'.repeat(1000)))
  )
  const response = await answer(new Request(PLACE))
  assert.deepEqual([records.length, inFlight()], [0, 1])
  assert.equal((await response.text()).length, 5000)
  assert.deepEqual(records.map(({ bytes, isCut }) => [bytes, isCut]), [[6000, false]])
  assert.equal(inFlight(), 0)
})

test('watch() tells of a body that breaks, and of one that nobody reads to its end', async () => {
  let pulls = 0
  const { answer, records, inFlight } = watch(() =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          pull(controller) {
            if (pulls++ === 0) controller.enqueue(new Uint8Array(10))
            else controller.error(new Error('broken'))
          },
        }, { highWaterMark: 0 }),
      ),
    )
  )
  await assert.rejects((await answer(new Request(PLACE))).arrayBuffer())
  pulls = 0
  const reader = (await answer(new Request(PLACE))).body?.getReader()
  await reader?.read()
  await reader?.cancel()
  assert.deepEqual(records.map(({ bytes, isCut }) => [bytes, isCut]), [[10, true], [10, true]])
  assert.equal(inFlight(), 0)
})

test('watch() counts a sender once who goes away while the next piece is waited for', async () => {
  let isCancelled = false
  const { answer, records, inFlight } = watch(() =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(10)),
          pull: () => new Promise<void>(() => {}),
          cancel: () => void (isCancelled = true),
        }, { highWaterMark: 0 }),
      ),
    )
  )
  const reader = (await answer(new Request(PLACE))).body!.getReader()
  await reader.read()
  const next = reader.read()
  await setImmediate()
  await reader.cancel()
  assert.equal((await next).done, true)
  await setImmediate()
  assert.deepEqual(records.map(({ bytes, isCut }) => [bytes, isCut]), [[10, true]])
  assert.deepEqual([inFlight(), isCancelled], [0, true])
})

test('watch() leaves an answer what it is but for the id', async () => {
  const headers = new Headers({ 'content-type': 'text/html', 'x-request-id': 'forged' })
  headers.append('set-cookie', 'a=1')
  headers.append('set-cookie', 'b=2')
  const made: Response[] = [
    new Response('page', { status: 201, headers }),
    new Response(null, { status: 204, headers }),
    Response.redirect('http://localhost/b', 303),
  ]
  const { answer, records } = watch(() => Promise.resolve(made.shift()!))
  for (const status of [201, 204, 303]) {
    const response = await answer(new Request(PLACE, { headers: { 'x-request-id': 'r1' } }))
    assert.equal(response.status, status)
    assert.equal(response.headers.get('x-request-id'), 'r1')
    if (status === 303) assert.equal(response.headers.get('location'), 'http://localhost/b')
    else assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2'])
    assert.equal(await response.text(), status === 201 ? 'page' : '')
  }
  assert.deepEqual(records.map(({ bytes }) => bytes), [4, 0, 0])
})

test('watch() records a handler that throws as 500, and lets the error pass', async () => {
  const { answer, records, inFlight } = watch(() => Promise.reject(new TypeError('inner')))
  await assert.rejects(answer(new Request(PLACE)), TypeError)
  assert.deepEqual(records.map(({ status }) => status), [500])
  assert.equal(inFlight(), 0)
})

test('watch() does not mix up requests that are under way at once', async () => {
  const { answer, records } = watch(async (request, _address, trace) => {
    const { pathname } = new URL(request.url)
    trace?.noteRoute(pathname)
    await Promise.resolve()
    return new Response(pathname)
  })
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const headers = { 'x-request-id': `r${index}` }
      const response = await answer(new Request(`http://localhost/${index}`, { headers }))
      assert.equal(response.headers.get('x-request-id'), `r${index}`)
      assert.equal(await response.text(), `/${index}`)
    }),
  )
  for (const { route, requestId } of records) assert.equal(route.slice(1), requestId.slice(1))
  assert.equal(records.length, 50)
})
