import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_BODY } from '../../src/server/body.ts'
import { assertRefused, withApi } from '../harness/api.ts'
import type { AskOptions, Reply } from '../harness/api.ts'

/** Runs a test with a way to send a body to the operation that takes one. */
function withBody(
  body: (send: (raw: BodyInit, options?: AskOptions) => Promise<Reply>) => Promise<void>,
): ReturnType<typeof withApi> {
  return withApi(async (api) => {
    const { key } = await api.signUp('ann')
    await body((raw, options = {}) => api.ask('POST', '/api/v0/groups', { raw, key, ...options }))
  })
}

/** Pads a good body with spaces to a length. */
function bodyOfLength(length: number): string {
  return '{"group_name":"blue"}'.padEnd(length)
}

test(
  'O201 readJson() refuses keys that are not described, `__proto__` among them',
  withBody(async (send) => {
    for (
      const key of [
        'role',
        'user_id',
        'group_id',
        '__proto__',
        'constructor',
        'toString',
        'GROUP_NAME',
        '',
      ]
    ) {
      const reply = await send(`{"group_name":"blue",${JSON.stringify(key)}:{"role":"admin"}}`)
      assert.match(assertRefused(reply, 400), /unexpected property at/, key)
    }
    assert.equal(({} as Record<string, unknown>)['role'], undefined)
    assert.equal((await send('{"group_name":"blue"}')).status, 201)
  }),
)

test(
  'readJson() says what is wrong with a body of another form',
  withBody(async (send) => {
    const faults: [string, RegExp][] = [
      ['{}', /expected required property at "\/group_name"$/],
      ['{"group_name":1}', /expected string at "\/group_name"$/],
      ['{"group_name":null}', /expected string at "\/group_name"$/],
      ['{"group_name":["blue"]}', /expected string at "\/group_name"$/],
      ['{"group_name":""}', /expected string length greater or equal to 1/],
      [`{"group_name":"${'x'.repeat(65)}"}`, /expected string length less or equal to 64/],
      ['[]', /expected object$/],
      ['"blue"', /expected object$/],
      ['null', /expected object$/],
      ['', /it is not valid JSON$/],
      ['{"group_name":"blue"', /it is not valid JSON$/],
      ['{"group_name":"blue"}{}', /it is not valid JSON$/],
      ["{'group_name':'blue'}", /it is not valid JSON$/],
      ['{"group_name":NaN}', /it is not valid JSON$/],
      ['\ufeff{"group_name":"blue"}', /it is not valid JSON$/],
    ]
    for (const [raw, expected] of faults) {
      const description = assertRefused(await send(raw), 400)
      assert.match(description, expected, raw)
      assert.match(description, /^Cannot accept the request body: /)
    }
    const bytes = new Uint8Array([...new TextEncoder().encode('{"group_name":"'), 0xff, 0x22, 0x7d])
    assert.match(assertRefused(await send(bytes), 400), /it is not UTF-8$/)
  }),
)

test(
  'O201 readJson() refuses a body that nests 100,000 levels deep, and takes brackets in a text',
  withBody(async (send) => {
    for (
      const raw of [
        '['.repeat(100_000),
        `${'['.repeat(1e5)}${']'.repeat(1e5)}`,
        '{"a":'.repeat(1e5),
      ]
    ) {
      assert.match(assertRefused(await send(raw), 400), /it nests deeper than 16 levels$/)
    }
    assert.equal(
      (await send(JSON.stringify({ group_name: '[[[[[[[[[[[[[[[[[[[["{{{' }))).status,
      201,
    )
    const quoted = `{"group_name":"${'\\"'.repeat(500_000)}`
    assert.match(assertRefused(await send(quoted), 400), /it is not valid JSON$/)
  }),
)

test(
  'O201 readJson() refuses a body above the limit, announced or not, and takes one at it',
  withBody(async (send) => {
    assert.equal((await send(bodyOfLength(MAX_BODY))).status, 201)
    const reply = await send(bodyOfLength(MAX_BODY + 1))
    assert.match(assertRefused(reply, 413), /it is longer than 1048576 bytes$/)
    assert.equal(reply.headers.get('connection'), 'close')
    const lied = await send('{}', { headers: { 'content-length': '1000000000' } })
    assertRefused(lied, 413)
  }),
)

test(
  'O201 readJson() stops reading a body without end at the limit',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    const chunk = new Uint8Array(64 * 1024)
    let sent = 0
    let isCancelled = false
    const request = new Request('http://localhost/api/v0/groups', {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: new ReadableStream({
        pull(controller) {
          sent += chunk.length
          controller.enqueue(chunk)
        },
        cancel() {
          isCancelled = true
        },
      }),
      duplex: 'half',
    } as RequestInit)
    assert.equal((await api.app(request)).status, 413)
    assert.ok(isCancelled)
    assert.ok(sent <= MAX_BODY + 4 * chunk.length, `${sent} bytes were taken`)
  }),
)

test(
  'readJson() takes JSON under its own name alone',
  withBody(async (send) => {
    const good = ['application/json', 'Application/JSON', 'application/json; charset=utf-8']
    for (const [index, type] of good.entries()) {
      const reply = await send(`{"group_name":"g${index}"}`, { headers: { 'content-type': type } })
      assert.equal(reply.status, 201, type)
    }
    for (
      const type of [
        '',
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/jsonp',
        'application/json; charset=utf-16',
        'text/plain; application/json',
      ]
    ) {
      const reply = await send('{"group_name":"blue"}', { headers: { 'content-type': type } })
      assert.match(
        assertRefused(reply, 415),
        /must have the content type "application\/json"/,
        type,
      )
    }
  }),
)

test(
  'refuseBody() refuses a body that an operation does not take',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    const raw = 'x'
    const reply = await api.ask('DELETE', '/api/v0/groups/blue', { key: ann.key, raw })
    assert.match(assertRefused(reply, 400), /this operation takes none$/)
    assert.equal((await ann.ask('DELETE', '/api/v0/groups/blue')).status, 204)
  }),
)
