import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRequestIds } from '../../../src/server/telemetry/request_id.ts'
import { createCanary } from '../../harness/canary.ts'

test('createRequestIds() takes what the sender gave, where it is well-formed', () => {
  const choose = createRequestIds()
  for (
    const id of [
      'a',
      '0f8fad5b-d9cb-469f-a165-70867728950e',
      '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      'Root=1-67891233-abcdef012345678912345678',
      'x'.repeat(64),
    ]
  ) assert.equal(choose(id), id)
})

test('createRequestIds() makes its own where there is none, or one that would harm', () => {
  const choose = createRequestIds()
  const bad = [
    null,
    '',
    'x'.repeat(65),
    'a b',
    'a\nGET /admin 200',
    'a\r\nx: y',
    'a"b',
    'a\\b',
    'a{b}',
    'a\u001b[2J',
    'a\u202eb',
    'é',
    // Whoever puts a credential into the wrong header must not find it in the log.
    createCanary(),
    `Bearer=${createCanary()}`,
  ]
  const made = bad.map(choose)
  for (const [index, id] of made.entries()) {
    assert.match(id, /^[0-9a-f]{16}-\d+$/, JSON.stringify(bad[index]))
  }
  assert.equal(new Set(made).size, made.length)
})

test('createRequestIds() makes ids that no other server makes', () => {
  const [left, right] = [createRequestIds(), createRequestIds()]
  assert.notEqual(left(null), right(null))
})
