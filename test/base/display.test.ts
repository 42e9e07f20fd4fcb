import { display } from '#base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { displayed } from '../fuzz/displayed.ts'
import { fuzzTest } from '../fuzz/target.ts'

test('display() leaves alone what people write', () => {
  for (
    const text of [
      '',
      'acme',
      'Zoë',
      'e\u0301te\u0301',
      'группа',
      '日本語',
      'नमस्ते',
      '💥',
      'a\u00a0b',
      '\\x1b',
      'x'.repeat(400),
    ]
  ) {
    assert.equal(display(text), text)
  }
})

test('L167 display() escapes every control of a terminal', () => {
  assert.equal(display('\x1b[2J\x1b]52;c;eA==\x07'), '\\x1b[2J\\x1b]52;c;eA==\\x07')
  assert.equal(display('a\r\nb\tc\bd\x7f\x9b6n\0'), 'a\\x0d\\nb\\tc\\x08d\\x7f\\x9b6n\\x00')
})

test('L168 display() escapes what hides, turns the direction or piles up', () => {
  const points = [
    0xad,
    0x34f,
    0x61c,
    0x115f,
    0x17b4,
    0x180b,
    0x180e,
    0x200b,
    0x200d,
    0x200e,
    0x2028,
    0x2029,
    0x202e,
    0x2060,
    0x2066,
    0x206f,
    0x3164,
    0xfe0f,
    0xfeff,
    0xffa0,
    0xfff9,
    0x1bca0,
    0x1d173,
    0xe0001,
    0xe0041,
    0xe0100,
    0xd800,
  ]
  for (const point of points) {
    assert.equal(
      display(`<${String.fromCodePoint(point)}>`),
      `<\\${point < 0x100 ? 'x' : 'u{'}${point.toString(16)}${point < 0x100 ? '' : '}'}>`,
    )
  }
  assert.equal(display(`e${'\u0301'.repeat(6)}`), `e${'\u0301'.repeat(4)}\\u{301}\\u{301}`)
})

test('L169 display() cuts what is long after escaping it, and no character in two', () => {
  assert.equal(display('x'.repeat(401)), `${'x'.repeat(400)}…`)
  assert.equal(display('\u202e'.repeat(80), 80), `${'\\u{202e}'.repeat(10)}…`)
  assert.equal(display('💥💥', 3), '💥…')
  assert.equal(display('abc', 0), '…')
})

fuzzTest(displayed, 500)
