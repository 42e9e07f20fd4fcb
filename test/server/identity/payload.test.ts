import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readPayload, writePayload } from '../../../src/server/identity/payload.ts'

const ID = 'b85tAJtvMO4zlb2dzTeIGaLeuthF7h5w3JzO2Q8liQZ'

test('writePayload() leaves out what its holder could act with', () => {
  const text = writePayload(ID, {
    jti: ID,
    userCode: 'BCDFGHJK',
    consumed: 1,
    kind: 'DeviceCode',
    grantId: 'g',
  })
  assert.equal(text, '{"kind":"DeviceCode","grantId":"g"}')
})

test('writePayload() keeps the way back without the id in it, and readPayload() puts it there again', () => {
  const payload = { jti: ID, returnTo: `http://127.0.0.1:1/oidc/auth/${ID}` }
  const text = writePayload(ID, payload)
  assert.equal(text.includes(ID), false)
  assert.deepEqual(readPayload(ID, text, null), payload)
})

test('writePayload() refuses a payload that repeats its id elsewhere', () => {
  const places = [{ deviceCode: ID }, { params: { state: `x${ID}x` } }, { [ID]: 1 }]
  for (const place of places) {
    assert.throws(() => writePayload(ID, place), /repeats its own id/)
  }
})

test('readPayload() says when it was used, in seconds', () => {
  assert.deepEqual(readPayload(ID, '{"a":1}', 1_500_999), { a: 1, jti: ID, consumed: 1500 })
})

test('readPayload() gives back what writePayload() was given', () => {
  const value = fc.dictionary(
    fc.string().filter((name) => !['jti', 'userCode', 'consumed', 'returnTo'].includes(name)),
    fc.jsonValue(),
  )
  fc.assert(fc.property(value, (payload) => {
    const given = JSON.parse(JSON.stringify({ ...payload, jti: ID }))
    assert.deepEqual(readPayload(ID, writePayload(ID, given), null), given)
  }))
})
