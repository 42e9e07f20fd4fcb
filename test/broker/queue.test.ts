import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createQueue } from '../../src/broker/queue.ts'
import type { Slot } from '../../src/broker/queue.ts'
import { withBench } from '../harness/broker.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { until } from '../harness/traces.ts'

const NEVER = new AbortController().signal
const BUSY = { code: 'ERR_BROKER_BUSY' }

/** Lets everything happen that is ready to happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0))

test('M181 createQueue() lets in as many as it may, and the others in their order', async () => {
  const queue = createQueue({ running: 2 })
  const order: number[] = []
  const slots: Slot[] = []
  const all = Array.from({ length: 6 }, async (_, i) => {
    slots.push(await queue.enter(NEVER))
    order.push(i)
  })
  await settle()
  assert.deepEqual(order, [0, 1])
  for (let next = 0; next < 4; next++) {
    slots[next]!.release()
    slots[next]!.release()
    await settle()
    assert.deepEqual(
      order,
      [0, 1, 2, 3, 4, 5].slice(0, next + 3),
      'one for one, and no place twice',
    )
  }
  await Promise.all(all)
})

test('M181 createQueue() refuses what is too much, and forgets whoever has gone', async () => {
  const queue = createQueue({ running: 1, waiting: 2 })
  const first = await queue.enter(NEVER)
  const leaving = new AbortController()
  const gone = queue.enter(leaving.signal)
  const next = queue.enter(NEVER)
  await assert.rejects(queue.enter(NEVER), BUSY)
  leaving.abort(new Error('the guest has gone'))
  await assert.rejects(gone, /the guest has gone/)
  await assert.rejects(queue.enter(leaving.signal), /the guest has gone/)
  const third = queue.enter(NEVER)
  first.release()
  ;(await next).release()
  ;(await third).release()
  ;(await queue.enter(NEVER)).release()
})

test('createQueue() tells a guest that waits for itself, and no guest that waits for the API', async () => {
  const queue = createQueue({ running: 2, stall: 20 })
  const [one, other] = [await queue.enter(NEVER), await queue.enter(NEVER)]
  one.pause()
  let isRefused = false
  const waiting = queue.enter(NEVER).catch((error) => {
    isRefused = true
    throw error
  })
  waiting.catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.ok(!isRefused, 'one answer is still on its way')
  other.pause()
  await assert.rejects(waiting, BUSY)
  const next = queue.enter(NEVER)
  one.resume()
  one.release()
  ;(await next).release()
})

test('M181 broker has a bounded number of requests under way, whatever a guest does', async () => {
  let running = 0
  let most = 0
  const held: (() => void)[] = []
  const api = await startFakeApi({
    '/held': (_, response) => {
      running += 1
      most = Math.max(most, running)
      held.push(() => {
        running -= 1
        response.end('{}')
      })
    },
  })
  await withBench(async (bench) => {
    const head = `GET /api/v0/held HTTP/1.1\r\nHost: 127.255.255.254:6\r\n` +
      `phylum-capability: ${bench.capability}\r\nConnection: close\r\n\r\n`
    const answers: string[] = []
    let closed = 0
    for (let i = 0; i < 1_200; i++) {
      const client = connect(bench.socket)
      client.on('data', (chunk) => answers[i] = `${answers[i] ?? ''}${chunk}`)
      client.on('error', () => {})
      client.on('close', () => closed++)
      client.write(head)
      // One at a time, or the system refuses some before the broker sees them.
      await once(client, 'connect')
    }
    const count = (status: number) =>
      Object.values(answers).filter((text) => text.startsWith(`HTTP/1.1 ${status}`)).length
    // What is beyond the queue is refused, while the rest waits.
    await until(() => count(429) === 1_200 - 1_024 - 64)
    assert.equal(most, 64)
    while (closed < 1_200) {
      for (const answer of held.splice(0)) answer()
      await settle()
    }
    assert.deepEqual([most, count(200), api.seen.length], [64, 1_088, 1_088])
    assert.equal((await bench.ask('/api/v0/groups')).status, 200)
  }, () => ({ apiOrigin: api.origin }))()
  await api.stop()
})

test('M181 broker gives the place of an answer to the next when it is read, cut, or given up', async () => {
  await withBench(async (bench) => {
    for (let round = 0; round < 3; round++) {
      const paths = [
        '/download?bytes=200000',
        '/cut-chunked',
        '/stall',
        '/redirect?to=https%3A%2F%2Fevil.example%2F',
        '/status?code=204',
        '/garbage',
      ]
      const abort = new AbortController()
      const asked = Array.from({ length: 120 }, (_, i) => {
        const path = paths[i % paths.length]!
        return bench.ask(`/api/v0${path}`, path === '/stall' ? { signal: abort.signal } : {})
          .catch(() => undefined)
      })
      await until(() =>
        bench.api.seen.filter(({ url }) => url.endsWith('/stall')).length === 20 * (round + 1)
      )
      abort.abort()
      await Promise.all(asked)
    }
    assert.equal((await bench.ask('/api/v0/groups')).status, 200, 'no place was lost')
  })()
})
