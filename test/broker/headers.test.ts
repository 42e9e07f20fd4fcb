import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pickRequestHeaders, pickResponseHeaders } from '../../src/broker/headers.ts'

test('C33 pickRequestHeaders() lets nothing through that could pose as the host', () => {
  const headers = new Headers()
  for (
    const name of [
      'Authorization',
      'AUTHORIZATION',
      'Proxy-Authorization',
      'Cookie',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'Forwarded',
      'X-HTTP-Method-Override',
      'TE',
      'Expect',
      'Phylum-Organization',
      'X-Api-Key',
      'Connection',
      'Keep-Alive',
      'Upgrade',
      'Transfer-Encoding',
      'Trailer',
      'Host',
      'Via',
      'Origin',
      'Referer',
      'phylum-capability',
      'constructor',
      'Max-Forwards',
    ]
  ) headers.append(name, 'evil')
  headers.set('accept', 'application/json')
  headers.set('content-type', 'text/plain')
  assert.deepEqual([...pickRequestHeaders(headers)], [['accept', 'application/json'], [
    'content-type',
    'text/plain',
  ]])
})

test('C33 pickRequestHeaders() refuses a value with a control character, which a runtime would send on', () => {
  for (const sign of ['\x01', '\x0b', '\x1b', '\x7f']) {
    const headers = { [Symbol.iterator]: () => [['accept', `a${sign}b`]].values() }
    assert.throws(() => pickRequestHeaders(headers as unknown as Headers), {
      code: 'ERR_BROKER_REQUEST',
      message: /"accept"/,
    })
  }
  const headers = new Headers({ accept: 'a\tb', 'x-request-id': '\xe9' })
  assert.deepEqual([...pickRequestHeaders(headers)].length, 2)
})

test('C45 pickResponseHeaders() keeps what a browser would act on from an extension', () => {
  const headers = new Headers({
    'set-cookie': 'a=b',
    'strict-transport-security': 'max-age=1',
    'alt-svc': 'h3',
    'clear-site-data': '"*"',
    'www-authenticate': 'Bearer',
    'x-ratelimit-limit': '5',
    'ratelimit': 'x',
    'etag': '"1"',
    'content-length': '10',
  })
  const picked = pickResponseHeaders(headers, (value) => value.toUpperCase())
  assert.deepEqual([...picked.keys()].sort(), [
    'content-length',
    'etag',
    'ratelimit',
    'x-ratelimit-limit',
  ])
  assert.equal(picked.get('ratelimit'), 'X')
})

test('C44 pickResponseHeaders() drops the length and coding of a body that was decoded', () => {
  const headers = new Headers({ 'content-encoding': 'gzip', 'content-length': '10' })
  assert.deepEqual([...pickResponseHeaders(headers, String)], [])
})
