import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '#base'
import { readFaults } from '../../src/cli/read_faults.ts'

test('readFaults() reads every kind of fault', () => {
  assert.deepEqual(
    readFaults('429:0.1:retry-after=2,503:.2,slow:1,cut:0.05,garbage:0,expire:0.25', 7),
    {
      seed: 7,
      faults: [
        { kind: 'status', probability: 0.1, status: 429, retryAfter: 2 },
        { kind: 'status', probability: 0.2, status: 503 },
        { kind: 'slow', probability: 1, milliseconds: 2000 },
        { kind: 'cut', probability: 0.05 },
        { kind: 'garbage', probability: 0 },
        { kind: 'expire', probability: 0.25 },
      ],
    },
  )
  assert.deepEqual(readFaults('slow:0.5:0', 0).faults, [
    { kind: 'slow', probability: 0.5, milliseconds: 0 },
  ])
})

test('readFaults() lets probabilities add up to 1, whatever the fractions of binary numbers', () => {
  readFaults(Array.from({ length: 10 }, (_, index) => `${400 + index}:0.1`).join(','), 0)
  readFaults('429:0.7,cut:0.2,expire:0.1,slow:1', 0)
})

const CASES: readonly (readonly [text: string, part: string | undefined, state: RegExp])[] = [
  ['', '1 of 1', /it is empty/],
  ['429:0.1,', '2 of 2', /it is empty/],
  [',429:0.1', '1 of 2', /it is empty/],
  ['429', '1 of 1', /a probability is missing: 429:0\.1/],
  ['slow', '1 of 1', /a probability is missing/],
  ['429:', '1 of 1', /the probability "" is not a number from 0 to 1/],
  ['429:1.5', '1 of 1', /"1\.5" is not a number from 0 to 1/],
  ['429:-0.1', '1 of 1', /"-0\.1" is not/],
  ['429:10%', '1 of 1', /"10%" is not/],
  ['429:1e-1', '1 of 1', /"1e-1" is not/],
  ['429:NaN', '1 of 1', /"NaN" is not/],
  ['cut:0.1,200:0.1', '2 of 2', /status 200 is none from 400 to 599/],
  ['600:0.1', '1 of 1', /status 600 is none/],
  ['4290:0.1', '1 of 1', /status 4290 is none/],
  ['cut:0.1,slo:0.1', '2 of 2', /"slo" is no status, slow, cut, garbage or expire/],
  ['CUT:0.1', '1 of 1', /"CUT" is no status/],
  [':0.1', '1 of 1', /"" is no status/],
  ['constructor:0.1', '1 of 1', /"constructor" is no status/],
  ['429:0.1:2', '1 of 1', /"2" is not retry-after=SECONDS/],
  ['429:0.1:retry-after=soon', '1 of 1', /"retry-after=soon" is not retry-after=SECONDS/],
  ['429:0.1:retry-after=99999', '1 of 1', /at most 86400 seconds/],
  ['429:0.1:retry-after=1:2', '1 of 1', /":2" is too much/],
  ['slow:0.1:fast', '1 of 1', /"fast" is not a number of milliseconds up to 600000/],
  ['slow:0.1:600001', '1 of 1', /up to 600000/],
  ['cut:0.1:2', '1 of 1', /"cut" takes a probability and no more/],
  ['429:0.1,cut:0.1,429:0.2', '3 of 3', /"429" stands there already/],
  ['429:0.6,cut:0.5,slow:1', undefined, /add up to 1\.1, more than 1/],
  ['x\u001b[2J:0.1', '1 of 1', /"x\\x1b\[2J" is no status/],
]

for (const [text, part, state] of CASES) {
  test(`readFaults() refuses ${JSON.stringify(text)} and says which part is wrong`, () => {
    assert.throws(() => readFaults(text, 0), (error) => {
      assert.ok(error instanceof UsageError)
      assert.match(error.message, /^Cannot read --fault, /)
      assert.match(error.message, state)
      if (part !== undefined) assert.ok(error.message.includes(`part ${part}, `), error.message)
      assert.match(error.usage ?? '', /^--fault CODE:P/)
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(error.message, /[\u0000-\u001f]/)
      return true
    })
  })
}
