import { Secret } from '#base'
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { createScrubber } from '../../src/broker/scrub.ts'
import type { Target } from './target.ts'

const MASK = 0x2a

/** Credentials: tokens, and texts of visible signs that encodings change or that resemble themselves. */
const secret = fc.oneof(
  fc.stringMatching(/^ph0_[A-Za-z0-9_-]{43}$/),
  fc.string({ unit: fc.constantFrom(...'ab*"\\/%+&=<>~^-_.0'), minLength: 8, maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 8, maxLength: 14 }),
)

/** One secret, or an access token with what it was exchanged from; the one may begin as the other. */
const secrets = fc.oneof(
  fc.tuple(secret),
  fc.tuple(secret, secret),
  fc.tuple(secret, fc.stringMatching(/^[a-z]{1,4}$/)).map(([one, more]) =>
    [one, one + more] as const
  ),
)

/** Writes a secret as an API may echo it. */
const FORMS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value).replaceAll('/', '\\/'),
  (value) => encodeURIComponent(value),
  (value) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
  (value) => Buffer.from(value).toString('hex'),
  (value) => Buffer.from(value).toString('hex').toUpperCase(),
  ...[0, 1, 2].flatMap((offset) => [
    (value: string) => Buffer.from('x'.repeat(offset) + value + 'y').toString('base64'),
    (value: string) => Buffer.from('x'.repeat(offset) + value + 'y').toString('base64url'),
  ]),
]

/** The signs that show a secret in each form: all but what its neighbours have a share in. */
function needlesOf(value: string): string[] {
  const quoted = FORMS.slice(1, 3).map((form) => form(value).slice(1, -1))
  const plain = [value, ...quoted, ...FORMS.slice(3, 7).map((form) => form(value))]
  const encoded = [0, 1, 2].flatMap((offset) => {
    const first = Math.ceil(offset * 8 / 6)
    const last = Math.floor((offset + value.length) * 8 / 6)
    return (['base64', 'base64url'] as const).map((name) =>
      Buffer.from('x'.repeat(offset) + value + 'y').toString(name).slice(first, last)
    )
  })
  return [...plain, ...encoded].filter((needle) => needle.length >= 8)
}

/** Masks as slowly and as plainly as can be: at each place the longest needle, from left to right. */
function maskPlainly(text: Buffer, values: readonly string[]): Buffer {
  const masked = Buffer.from(text)
  const needles = values.flatMap(needlesOf).map((needle) => Buffer.from(needle))
  for (let at = 0; at < text.length;) {
    const found = needles.filter((needle) => text.subarray(at, at + needle.length).equals(needle))
    const length = Math.max(0, ...found.map((needle) => needle.length))
    masked.fill(MASK, at, at + length)
    at += Math.max(1, length)
  }
  return masked
}

/** What an API answers: noise, pieces of the secrets, and the secrets in some form. */
function answer(values: readonly string[]): fc.Arbitrary<Buffer> {
  const echo = fc.tuple(fc.constantFrom(...values), fc.constantFrom(...FORMS)).map((
    [value, form],
  ) => form(value))
  const piece = fc.oneof(
    echo,
    fc.tuple(echo, fc.nat(60)).map(([text, length]) => text.slice(0, length)),
    fc.string({ maxLength: 5 }),
  )
  const noise = fc.uint8Array({ maxLength: 6 }).map((bytes) =>
    Buffer.from(bytes).toString('latin1')
  )
  return fc.array(fc.oneof(piece, noise), { maxLength: 8 }).map((all) =>
    Buffer.from(all.join(''), 'latin1')
  )
}

const exchange = secrets.chain((values) =>
  fc.tuple(
    fc.constant(values as readonly string[]),
    answer(values),
    fc.array(fc.nat(2_000), { maxLength: 8 }),
  )
)

/** Answers of the API, in chunks that are cut anywhere. */
export const scrubbed: Target = {
  name: 'broker/scrub',
  promise:
    'A8 A9 the scrubber masks every form of a secret over every chunk border, and changes nothing else',
  inputs: 15_000,
  open: () => ({
    property: fc.property(exchange, ([values, text, cuts]) => {
      const scrubber = createScrubber(values.map((value) => Secret.parse(value, 'the test')))
      const expected = maskPlainly(text, values)
      assert.deepEqual(Buffer.from(scrubber.bytes(Buffer.from(text))), expected, 'as a whole')
      const stream = scrubber.stream()
      const places = [
        0,
        ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b),
        text.length,
      ]
      const passed = places.slice(1).map((end, i) =>
        stream.push(Uint8Array.from(text.subarray(places[i], end)))
      )
      const streamed = Buffer.concat(
        [...passed, stream.end()].filter((chunk) => chunk !== undefined),
      )
      assert.deepEqual(streamed, expected, 'in chunks')
      const plain = text.toString()
      if (Buffer.from(plain).equals(text)) {
        assert.equal(scrubber.text(plain), expected.toString(), 'as a header')
      }
    }),
  }),
}
