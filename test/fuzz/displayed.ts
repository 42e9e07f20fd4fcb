import { display } from '#base'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hostileText } from './hostile.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

/** What no terminal shows, or what makes it do something, as Unicode itself classifies it. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u

const text = fc.oneof(
  hostileText(20),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) =>
    String.fromCharCode(...units)
  ),
  fc.array(
    fc.constantFrom(
      'a',
      '\u0301',
      '\u0489',
      '\u20dd',
      '\ufe0f',
      '\u{e0041}',
      '\u{1d173}',
      '\u{1bca0}',
      '\x9b',
      '\x1b[',
    ),
    {
      maxLength: 60,
    },
  ).map((all) => all.join('')),
)

/** Everything that is shown of others. */
export const displayed: Target = {
  name: 'base/display',
  promise: 'L167 L168 display() leaves nothing that a terminal obeys, that hides, or that floods',
  inputs: 30_000,
  open: () => ({
    property: fc.property(text, fc.constantFrom(0, 1, 5, 40, 400, Infinity), (given, max) => {
      const shown = quickly(() => display(given, max))
      assert.doesNotMatch(shown, UNSEEN)
      assert.ok(shown.length <= max + '\\u{10ffff}…'.length, 'it is as short as was asked')
      assert.doesNotMatch(shown, /\p{M}{6}/u, 'no pile of marks over other lines')
      assert.ok(shown.isWellFormed())
      if (/^[\x20-\x7e]*$/.test(given) && given.length <= max) assert.equal(shown, given)
      assert.equal(display(shown, Infinity), shown, 'shown twice is shown once')
    }),
  }),
}
