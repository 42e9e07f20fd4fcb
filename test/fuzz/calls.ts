import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { answerCall, parseCall } from '../../src/host/answer_call.ts'
import { createLineReader } from '../../src/host/line_reader.ts'
import { hostileText } from './hostile.ts'
import type { Target } from './target.ts'

/** Longest line of the target, so that many are longer. */
const LIMIT = 16

/** What a guest writes into its pipe, cut wherever the system likes. */
export const lines: Target = {
  name: 'host/lines',
  promise: 'the lines of a pipe are the same however their bytes arrive, and none is too long',
  inputs: 20_000,
  open: () => ({
    property: fc.property(
      fc.array(fc.oneof(hostileText(4), fc.constantFrom('\n', '\r\n', 'x'.repeat(LIMIT), 'é'))),
      fc.array(fc.nat(40), { maxLength: 20 }),
      (texts, cuts) => {
        const bytes = Buffer.from(texts.join(''))
        const read = createLineReader(LIMIT)
        const found: (string | undefined)[] = []
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          found.push(...read(bytes.subarray(at, at + cut)))
          at += cut
        }
        // A string of latin1 has a character for each byte.
        const expected = bytes.toString('latin1').split('\n').slice(0, -1).map((line) =>
          line.length > LIMIT ? undefined : Buffer.from(line, 'latin1').toString()
        )
        assert.deepEqual(found, expected)
      },
    ),
  }),
}

const question = fc.oneof(
  hostileText(20),
  fc.json(),
  fc.record({
    call: fc.oneof(fc.constantFrom('known', 'constructor', '__proto__'), fc.jsonValue()),
    parameters: fc.jsonValue(),
    capability: fc.jsonValue(),
  }, { requiredKeys: [] }).map((each) => JSON.stringify(each)),
)

/** What a guest asks. */
export const calls: Target = {
  name: 'host/calls',
  promise: 'whatever is asked, the answer is a result of a known call, or an error of ours',
  inputs: 20_000,
  open: () => ({
    property: fc.asyncProperty(question, async (text) => {
      // deno-lint-ignore require-await
      const functions = { known: async (parameters: unknown) => ({ parameters }) }
      const answer = await answerCall(text, functions, new AbortController().signal)
      if ('error' in answer) assert.equal(answer.error.code, 'ERR_HOST_CALL')
      else assert.equal(parseCall(text).call, 'known')
      assert.ok(!JSON.stringify(answer).includes('\n'), 'one line')
    }),
  }),
}
