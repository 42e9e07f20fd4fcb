import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROKER_ORIGIN } from '../../src/protocol/constants.ts'
import { GUEST_SOURCE } from '../../src/sandbox/guest.generated.ts'
import { checkGuest, MAX_GUEST } from './guest_size.ts'

test('the bundled guest is small and knows nothing of a credential', () => {
  assert.deepEqual(checkGuest(GUEST_SOURCE), [])
})

test('the bundled guest is the guest', () => {
  assert.ok(GUEST_SOURCE.includes(BROKER_ORIGIN))
  assert.match(GUEST_SOURCE, /export\{|export \{/)
})

test('checkGuest() refuses a large guest, and one that knows of a credential', () => {
  assert.match(checkGuest('x'.repeat(MAX_GUEST)).join(), /32768 bytes/)
  assert.match(checkGuest('é'.repeat(MAX_GUEST / 2)).join(), /32768 bytes/)
  assert.deepEqual(checkGuest('x'.repeat(MAX_GUEST - 1)), [])
  for (
    const text of ['env.PHYLUM_API_KEY', "h['authorization']", 'Authorization:', 'settings.yaml']
  ) {
    assert.match(checkGuest(text).join(), /knows of/, text)
  }
})
