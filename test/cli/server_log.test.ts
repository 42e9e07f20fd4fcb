import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PhylumError } from '#base'
import { createServerLog } from '../../src/cli/server_log.ts'
import type { LogFormat } from '../../src/cli/server_log.ts'
import type { Streams } from '../../src/cli/streams.ts'
import { createTerminal } from '../../src/cli/terminal.ts'

const RECORD = {
  requestId: 'r1',
  method: 'GET',
  route: '/api/v0/groups/:group',
  status: 200,
  milliseconds: 1.23456,
  bytes: 13,
  isCut: false,
  hasDatabaseFailed: false,
  userId: undefined,
  keyId: undefined,
  fault: undefined,
}

/** A log whose lines are kept, on a disk that can be filled. */
function createLog(format: LogFormat, verbosity = 0) {
  let written = ''
  const disk = { isFull: false }
  const streams: Streams = {
    isTerminal: () => false,
    columns: () => undefined,
    write(name, text) {
      assert.equal(name, 'stderr')
      if (disk.isFull) throw new PhylumError('ERR_CLI_OUTPUT', 'Cannot write the output: ENOSPC')
      written += text
    },
    writeChecked: () => Promise.reject(new Error('nobody asks')),
    get stdin(): never {
      throw new Error('nobody asks')
    },
    get stderr(): never {
      throw new Error('nobody asks')
    },
  }
  const log = createServerLog(
    createTerminal(streams, {}, { color: 'never', verbosity, isInputAllowed: false }),
    {
      format,
      clock: { now: () => Date.parse('2026-03-01T12:00:00.123Z') },
      isShown: ({ route }) => route !== '/healthz',
    },
  )
  return { log, disk, lines: () => written.split('\n').slice(0, -1) }
}

test('createServerLog() writes a line of text for each request', () => {
  const { log, lines } = createLog('text')
  log.record(RECORD)
  log.record({ ...RECORD, status: 503, userId: 'u1', keyId: 'k1', fault: 'slow+503' })
  log.record({ ...RECORD, userId: 'u1', isCut: true })
  log.record({ ...RECORD, route: '/healthz' })
  assert.deepEqual(lines(), [])
  log.flush()
  const head = '2026-03-01T12:00:00.123Z GET /api/v0/groups/:group'
  assert.deepEqual(lines(), [
    `${head} 200 1.23ms 13B request=r1`,
    `${head} 503 1.23ms 13B key=k1 request=r1 fault=slow+503`,
    `${head} 200 1.23ms 13B user=u1 request=r1 cut`,
  ])
})

test('createServerLog() writes an object of JSON for each request and each message', () => {
  const { log, lines } = createLog('json', 1)
  log.record({ ...RECORD, userId: 'u1', keyId: 'k1' })
  log.record({ ...RECORD, status: 500, isCut: true, fault: 'cut' })
  for (const tell of ['warn', 'note', 'debug', 'say'] as const) log[tell](`a "${tell}"`)
  const time = '2026-03-01T12:00:00.123Z'
  const request = {
    time,
    level: 'info',
    event: 'request',
    method: 'GET',
    route: '/api/v0/groups/:group',
    status: 200,
    ms: 1.23,
    bytes: 13,
    request_id: 'r1',
  }
  assert.deepEqual(lines().map((line) => JSON.parse(line)), [
    { ...request, key_id: 'k1', user_id: 'u1' },
    { ...request, level: 'error', status: 500, cut: true, fault: 'cut' },
    { time, level: 'warn', message: 'a "warn"' },
    { time, level: 'info', message: 'a "note"' },
    { time, level: 'debug', message: 'a "debug"' },
    { time, level: 'info', message: 'a "say"' },
  ])
})

test('createServerLog() tells as much as -v and -q say, in both formats', () => {
  for (const format of ['text', 'json'] as const) {
    for (const [verbosity, count] of [[1, 4], [0, 3], [-1, 2], [-2, 1]] as const) {
      const { log, lines } = createLog(format, verbosity)
      for (const tell of ['warn', 'note', 'debug', 'say'] as const) log[tell]('a')
      assert.equal(lines().length, count, `${format} ${verbosity}`)
    }
  }
})

test('createServerLog() keeps messages and requests in order', () => {
  const { log, lines } = createLog('text')
  log.record(RECORD)
  log.warn('a')
  log.record(RECORD)
  log.flush()
  assert.deepEqual(lines().map((line) => /request=|warning: a/.exec(line)?.[0]), [
    'request=',
    'warning: a',
    'request=',
  ])
})

test('createServerLog() does not wait for ever, and not for many', async () => {
  const { log, lines } = createLog('text')
  log.record(RECORD)
  while (lines().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  for (let count = 0; count < 2000; count++) log.record(RECORD)
  assert.ok(lines().length > 500)
})

test('createServerLog() lets the server live when the disk is full, and counts what is lost', () => {
  for (const format of ['text', 'json'] as const) {
    const { log, disk, lines } = createLog(format)
    disk.isFull = true
    log.record(RECORD)
    log.record(RECORD)
    log.warn('a')
    disk.isFull = false
    log.record(RECORD)
    log.flush()
    assert.equal(lines().length, 2)
    assert.match(lines()[0] ?? '', /3 lines of the log could not be written/)
    assert.match(lines()[1] ?? '', /r1/)
  }
})
