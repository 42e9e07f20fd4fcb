import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createTerminalFilter } from '../../src/host/terminal_filter.ts'
import { findHarm } from '../harness/obeyed.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

const text = (...pieces: string[]) => fc.constantFrom(...pieces).map((each) => Buffer.from(each))

/** What begins, ends, breaks off and hides sequences, and what would do harm in them. */
const PIECES = fc.oneof(
  {
    weight: 4,
    arbitrary: text('\x1b', '\x1b[', '\x1b]', '\x1bP', '\x1b_', '\x1b^', '\x1bX', '\x1bk'),
  },
  {
    weight: 3,
    arbitrary: text('\x1b\\', '\x07', '\x18', '\x1a', '\n', '\x9c', '\u009b', '\u009d'),
  },
  {
    weight: 4,
    arbitrary: text('0', '1', '6', '25', '1049', '2004', ';', ':', '?', '>', '!', '$', ' '),
  },
  {
    weight: 4,
    arbitrary: text('m', 'n', 'c', 'q', 'p', 't', 'h', 'l', 'r', 's', 'u', 'A', 'T', 'Z', 'b'),
  },
  {
    weight: 2,
    arbitrary: text('52;c;ZQ==', '8;;https://a', '8;;file:///', '0;t', '(0', '(B', '[6n', '[c'),
  },
  {
    weight: 1,
    arbitrary: text('\x1b[31m', '\x1b[?1049h', '\x1b7', '\x1b8', '\x1b[?1003;12h', 'é', '日', '💥'),
  },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 4 }).map((each) => Buffer.from(each)) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      text('\x1b[', '\x1b]8;;https://a', '\x1bP', '\x1b('),
      fc.integer({ max: 5_000 }),
    )
      .map(([begin, length]) => Buffer.concat([begin, Buffer.alloc(Math.max(0, length), '1')])),
  },
)

const output = fc.array(PIECES, { maxLength: 60 }).map((pieces) => Buffer.concat(pieces))

function send(bytes: Uint8Array, cuts: readonly number[]): { shown: Buffer; undone: string } {
  const filter = createTerminalFilter()
  const shown: Uint8Array[] = []
  const places = [...cuts.map((each) => each % (bytes.length + 1)), bytes.length]
  let from = 0
  for (const to of places.sort((left, right) => left - right)) {
    // Copied, as its memory is used again.
    const piece = Uint8Array.from(bytes.subarray(from, to))
    shown.push(filter.pass(piece).slice())
    piece.fill(0x1b)
    assert.equal(findHarm(Buffer.concat(shown).toString()), undefined, 'also before it has ended')
    from = to
  }
  return { shown: Buffer.concat(shown), undone: filter.undo() }
}

/** All that an extension writes to a terminal. */
export const terminalOutput: Target = {
  name: 'host/terminal_filter',
  promise: 'L171 nothing that is written to a terminal makes it answer or reach beyond its screen',
  inputs: 10_000,
  open: () => ({
    property: fc.property(output, fc.array(fc.nat(), { maxLength: 8 }), (bytes, cuts) => {
      const whole = quickly(() => send(bytes, []))
      const pieces = quickly(() => send(bytes, cuts))
      assert.deepEqual(pieces, whole, 'it does not matter where the bytes are cut')
      const shown = new TextDecoder('utf-8', { fatal: true }).decode(whole.shown)
      assert.equal(findHarm(shown + whole.undone), undefined)
      const again = send(whole.shown, cuts)
      assert.deepEqual(again, whole, 'what has passed passes')
      if (/^[\x20-\x7e\n]*$/.test(bytes.toString('latin1'))) assert.deepEqual(whole.shown, bytes)
      const undoing = createTerminalFilter()
      undoing.pass(whole.shown)
      undoing.pass(Buffer.from(undoing.undo()))
      // deno-lint-ignore no-control-regex
      assert.equal(undoing.undo().replace(/\x1b\[0m|\x0f|\x1b[()]B/g, ''), '', 'undone is undone')
    }),
  }),
}
