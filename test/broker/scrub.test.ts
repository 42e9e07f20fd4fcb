import { Secret } from '#base'
import fc from 'fast-check'
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { createScrubber } from '../../src/broker/scrub.ts'
import { scrubbed } from '../fuzz/scrubbed.ts'
import { fuzzTest } from '../fuzz/target.ts'
import { createCanary, findLeak } from '../harness/canary.ts'

function scrubInChunks(scrubber: ReturnType<typeof createScrubber>, chunks: Uint8Array[]): Buffer {
  const stream = scrubber.stream()
  const passed: Uint8Array[] = []
  for (const chunk of chunks) {
    const part = stream.push(chunk.slice())
    if (part !== undefined) passed.push(part)
  }
  const last = stream.end()
  if (last !== undefined) passed.push(last)
  return Buffer.concat(passed)
}

test('A9 createScrubber() masks the credential in each form an API may echo', () => {
  const canary = createCanary()
  const scrubber = createScrubber([Secret.parse(canary, 'test')])
  const hex = Buffer.from(canary).toString('hex')
  const forms = [
    canary,
    `Bearer ${canary}`,
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].map((pad) => Buffer.from(`${'x'.repeat(pad)}${canary} tail`).toString('base64')),
    ...[0, 1, 2].map((pad) =>
      Buffer.from(`${'x'.repeat(pad)}${canary} tail`).toString('base64url')
    ),
    Buffer.from(`Bearer ${canary}`).toString('base64'),
  ]
  for (const form of forms) {
    const text = `before ${form} after`
    assert.notEqual(findLeak(text, canary), undefined, 'the detector sees it before')
    const masked = scrubber.text(text)
    assert.equal(findLeak(masked, canary), undefined, masked)
    assert.equal(masked.length, text.length)
    assert.ok(masked.startsWith('before ') && masked.endsWith(' after'))
  }
})

test('createScrubber() masks forms that JSON and URLs give to a token with special characters', () => {
  const token = 'a"b\\c/d+e=f&g%h<i>{j}'
  const scrubber = createScrubber([Secret.parse(token, 'test')])
  for (const form of [token, JSON.stringify(token).slice(1, -1), encodeURIComponent(token)]) {
    assert.equal(scrubber.text(`[${form}]`), `[${'*'.repeat(form.length)}]`)
  }
})

test('createScrubber() leaves everything else alone, byte for byte', () => {
  const scrubber = createScrubber([Secret.parse(createCanary(), 'test')])
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (chunks) => {
      assert.deepEqual(scrubInChunks(scrubber, chunks), Buffer.concat(chunks))
    }),
  )
})

test('createScrubber() finds the credential wherever chunks are cut', () => {
  const canary = createCanary()
  const scrubber = createScrubber([Secret.parse(canary, 'test')])
  const hex = Buffer.from(canary).toString('hex')
  const whole = Buffer.from(
    `${canary.slice(0, 20)}${canary}${canary.slice(0, 30)} ${hex} ${canary}${canary}`,
  )
  const expected = Buffer.from(scrubber.text(whole.toString()))
  assert.equal(findLeak(expected, canary.slice(30)), undefined)
  const cuts = fc.array(fc.nat({ max: whole.length }), { maxLength: 12 })
  fc.assert(
    fc.property(cuts, (places) => {
      const at = [0, ...places.sort((a, b) => a - b), whole.length]
      const chunks = at.slice(1).map((end, i) => whole.subarray(at[i]!, end))
      assert.deepEqual(scrubInChunks(scrubber, chunks), expected)
    }),
    { numRuns: 500 },
  )
})

test('A9 createScrubber() masks the longer of two secrets that begin alike, wherever chunks are cut', () => {
  const [short, long] = ['refresh-token', 'refresh-token-and-more']
  const scrubber = createScrubber([Secret.parse(short, 'test'), Secret.parse(long, 'test')])
  for (let cut = 0; cut <= long.length; cut++) {
    const chunks = [long.slice(0, cut), long.slice(cut)].map((text) =>
      new TextEncoder().encode(text)
    )
    assert.equal(
      scrubInChunks(scrubber, chunks).toString(),
      '*'.repeat(long.length),
      `cut at ${cut}`,
    )
  }
})

test('createScrubber() passes on at once what cannot begin a credential', () => {
  const scrubber = createScrubber([Secret.parse(createCanary(), 'test')])
  const stream = scrubber.stream()
  assert.equal(Buffer.from(stream.push(Buffer.from('data: 1\n\n')) ?? []).toString(), 'data: 1\n\n')
})

test('createScrubber() without secrets masks nothing', () => {
  assert.equal(createScrubber([]).text('anything'), 'anything')
})

fuzzTest(scrubbed, 150)
