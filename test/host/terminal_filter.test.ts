import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTerminalFilter } from '../../src/host/terminal_filter.ts'
import { findHarm } from '../harness/obeyed.ts'

/** Sends a text through a filter, in pieces of a length. */
function pass(text: string | Uint8Array, size = Infinity): string {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const filter = createTerminalFilter()
  let shown = ''
  const decoder = new TextDecoder()
  for (let at = 0; at < bytes.length; at += size) {
    shown += decoder.decode(filter.pass(bytes.subarray(at, at + size)), { stream: true })
  }
  return shown
}

/** What is to be undone after a text. */
function undo(...texts: string[]): string {
  const filter = createTerminalFilter()
  for (const text of texts) filter.pass(new TextEncoder().encode(text))
  return filter.undo()
}

const SHOWN: Record<string, readonly string[]> = {
  'text, line ends and the bell': ['plain\r\n\ttext\x07\b\v\f', 'é 日本語 👩‍💻 \u00a0'],
  'colours': ['\x1b[m\x1b[0;1;31m\x1b[38;2;1;2;3m\x1b[48:2::1:2:3m\x1b[4:3m\x1b[58;5;1m'],
  'the cursor': [
    '\x1b[A\x1b[12B\x1b[3C\x1b[D\x1b[E\x1b[F\x1b[9G\x1b[2;3H\x1b[5;6f\x1b[4d\x1b[s\x1b[u',
  ],
  'erasing, inserting, scrolling': [
    '\x1b[2J\x1b[3J\x1b[K\x1b[1K\x1b[5X\x1b[L\x1b[2M\x1b[P\x1b[@\x1b[S\x1b[2T\x1b[5b\x1b[2;9r',
  ],
  'modes that are known': [
    '\x1b[?25l\x1b[?1049h\x1b[?1000;1006h\x1b[?1004h\x1b[?2004h\x1b[?2026h\x1b[?7l\x1b[?1h\x1b[4h',
  ],
  'short sequences': ['\x1b7\x1b8\x1b=\x1b>\x1bD\x1bE\x1bM\x1b(0\x1b(B\x1b)0\x0e\x0f\x1b[5 q'],
  'links to the web': [
    '\x1b]8;id=a;https://a.example/b?c\x1b\\a\x1b]8;;\x1b\\',
    '\x1b]8;;mailto:a@b.example\x1b\\',
  ],
}

for (const [what, texts] of Object.entries(SHOWN)) {
  test(`the filter lets ${what} pass`, () => {
    for (const text of texts) {
      for (const size of [Infinity, 1, 2, 3, 7]) assert.equal(pass(text, size), text)
    }
  })
}

test('the filter ends links as the standard does', () => {
  assert.equal(pass('\x1b]8;;http://a.example\x07a'), '\x1b]8;;http://a.example\x1b\\a')
})

/** What is dropped, up to what is shown again. */
const DROPPED: Record<string, readonly string[]> = {
  'titles': ['\x1b]0;t\x07', '\x1b]1;t\x1b\\', '\x1b]2;t\x07', '\x1b]l t\x1b\\', '\x1bkt\x1b\\'],
  'the clipboard': ['\x1b]52;c;ZXZpbA==\x07', '\x1b]52;c;?\x1b\\', '\x1b]52;c;ZXZp\nbA==\x1b\\'],
  'colour schemes': ['\x1b]4;1;?\x07', '\x1b]10;?\x1b\\', '\x1b]11;#fff\x07', '\x1b]104\x07'],
  'files, notes and directories': [
    '\x1b]7;file:///\x07',
    '\x1b]9;note\x07',
    '\x1b]777;notify;a;b\x07',
    '\x1b]1337;File=:AA\x07',
    '\x1b]133;A\x07',
    '\x1b]50;?\x07',
  ],
  'links to elsewhere': [
    '\x1b]8;;file:///etc/passwd\x07',
    '\x1b]8;;ssh://a\x1b\\',
    '\x1b]8;;javascript:a\x1b\\',
    '\x1b]8;;https://a b\x1b\\',
    '\x1b]8;;https://é\x1b\\',
    '\x1b]8;https://a\x1b\\',
  ],
  'questions to the terminal': [
    '\x1b[5n',
    '\x1b[6n',
    '\x1b[?6n',
    '\x1b[?996n',
    '\x1b[c',
    '\x1b[0c',
    '\x1b[>c',
    '\x1b[=c',
    '\x1b[x',
    '\x1b[?25$p',
    '\x1b[4$p',
    '\x1b[>q',
    '\x1b[?u',
    '\x1b[>1u',
    '\x1b[=1;1u',
    '\x1b[?4m',
    '\x1b[>4;2m',
    '\x1b[?1;1;0S',
    '\x1b[1;1;1;1;1*y',
    '\x1b[0;0$w',
    '\x1b[18t',
    '\x1b[21t',
    '\x1b[22;0t',
    '\x1b[3;0;0t',
    '\x05',
    '\x1bZ',
  ],
  'strings': [
    '\x1bP$qm\x1b\\',
    '\x1bP+q544e\x1b\\',
    '\x1bPtmux;\x1b\x1b]52;c;AA\x07\x1b\\',
    '\x1bPq#0;2\n~\x07~\x1b\\',
    '\x1b_Ga=q\x1b\\',
    '\x1b^a\x07b\x1b\\',
    '\x1bXa\x1b\\',
  ],
  'resets, other sets of characters and what is not known': [
    '\x1bc',
    '\x1b[!p',
    '\x1b#8',
    '\x1b%@',
    '\x1b%G',
    '\x1b(A',
    '\x1bn',
    '\x1bo',
    '\x1bN',
    '\x1bO',
    '\x1b F',
    '\x1bH',
    '\x1b[3g',
    '\x1b[i',
    '\x1b[5i',
    '\x1b[20h',
    '\x1b[?3h',
    '\x1b[?5h',
    '\x1b[?1001h',
    '\x1b[?2027h',
    '\x1b[?9001h',
    '\x1b[?1049r',
    '\x1b[?1049s',
    '\x1b[1;2s',
    '\x1b[1;2;3;4;5T',
    '\x1b[999999b',
    '\x1b[1;2;3r',
    '\x1b[7 q',
    '\x1b[1"q',
    '\x00',
    '\x7f',
    '\x1b\x1b',
  ],
  '8-bit forms of ESC and a letter': ['\u0080', '\u009b', '\u009d', '\u0090', '\u009f'],
}

for (const [what, texts] of Object.entries(DROPPED)) {
  test(`the filter drops ${what}`, () => {
    for (const text of texts) {
      for (const size of [Infinity, 1, 2, 3]) {
        // Double ESC: the second one begins something with what comes.
        const after = text.endsWith('\x1b') ? '[0m' : 'seen'
        assert.equal(
          pass(`a${text}${after}`, size),
          text.endsWith('\x1b') ? 'a\x1b[0m' : 'aseen',
          JSON.stringify(text),
        )
      }
    }
  })
}

test('findHarm() finds each of them, and nothing in what passes', () => {
  for (const text of Object.values(DROPPED).flat()) {
    // The second ESC takes the first one's place.
    if (text === '\x1b\x1b') continue
    assert.notEqual(findHarm(`a${text}n`), undefined, JSON.stringify(text))
  }
  for (const text of Object.values(SHOWN).flat()) assert.equal(findHarm(text), undefined, text)
})

test('the filter shows bytes that are no UTF-8 as such, whole sequences of 8 bits included', () => {
  assert.equal(pass(Uint8Array.of(0x61, 0x9b, 0x36, 0x6e)), 'a\ufffd6n')
  assert.equal(pass(Uint8Array.of(0xe9, 0x61)), '\ufffda')
  // Longer than needed: ESC in two bytes.
  assert.equal(pass(Uint8Array.of(0xc1, 0x9b, 0x63)), '\ufffd\ufffdc')
  assert.equal(pass(Uint8Array.of(0xed, 0xa0, 0x80)), '\ufffd\ufffd\ufffd', 'a surrogate')
  assert.equal(pass(Uint8Array.of(0xf4, 0x90, 0x80, 0x80)), '\ufffd'.repeat(4))
})

test('the filter lets the known modes of a list pass', () => {
  assert.equal(pass('\x1b[?12;25h\x1b[?3;1049;5l\x1b[?9h'), '\x1b[?25h\x1b[?1049l')
})

test('the filter takes what breaks a sequence off for itself', () => {
  assert.equal(pass('\x1b[31\nx'), '\nx')
  assert.equal(pass('\x1b[31\x1b[32mx'), '\x1b[32mx')
  assert.equal(pass('\x1b]0;a\x1b[32mx'), '\x1b[32mx')
  assert.equal(pass('\x1b]0;a\x18x\x1bPa\x1ay\x1b[3\x18z'), 'xyz')
  assert.equal(pass('\x1b[31éx'), 'éx')
  assert.equal(pass('\x1bé'), 'é')
})

test('the filter keeps what is not whole, and shows nothing of it', () => {
  for (const begun of ['\x1b', '\x1b[', '\x1b[3', '\x1b]8;;https://a', '\x1bPq', '\x1b(']) {
    assert.equal(pass(`a${begun}`), 'a')
    assert.equal(undo(begun), '')
  }
  assert.equal(pass(Uint8Array.of(0x61, 0xe6, 0x97)), 'a')
})

test('the filter drops what is too long, whole, however it arrives', () => {
  const long = [
    `\x1b[${'1;'.repeat(200)}m`,
    `\x1b[${'1'.repeat(100_000)}A`,
    `\x1b(${'('.repeat(300)}0`,
    `\x1b]8;;https://a/${'b'.repeat(5_000)}\x1b\\`,
    `\x1b]8;;https://a/${'b'.repeat(5_000)}\x07`,
    `\x1b]52;c;${'b'.repeat(100_000)}\x07`,
    `\x1bP${'b'.repeat(100_000)}\x1b\\`,
  ]
  for (const text of long) {
    for (const size of [Infinity, 1_000, 4_096, 7]) assert.equal(pass(`a${text}z`, size), 'az')
  }
})

test('undo() takes back what is in force, and nothing where nothing is', () => {
  const pairs: [string, string][] = [
    ['', ''],
    ['\x1b[31mred\x1b[39m \x1b[1;4mx\x1b[22;24m', ''],
    ['\x1b[38;5;1mx\x1b[39m\x1b[48;2;1;2;3mx\x1b[49m\x1b[4:3mx\x1b[4:0m', ''],
    ['\x1b[31mred', '\x1b[0m'],
    ['\x1b[31mred\x1b[m', ''],
    ['\x1b[?25l', '\x1b[?25h'],
    ['\x1b[?25l\x1b[?25h', ''],
    ['\x1b[?25h', ''],
    ['\x1b[?1049h', '\x1b[?1049l'],
    ['\x1b[?1049h\x1b[?1049l', ''],
    ['\x1b[?1049h\x1b[?47l', ''],
    ['\x1b[?1003h\x1b[?1006h', '\x1b[?1003l\x1b[?1006l'],
    ['\x1b[?2004h\x1b[?1004h\x1b[?2026h', '\x1b[?2004l\x1b[?1004l\x1b[?2026l'],
    ['\x1b[?7l', '\x1b[?7h'],
    ['\x1b[4h', '\x1b[4l'],
    ['\x1b=\x1b[?1h', '\x1b>\x1b[?1l'],
    ['\x1b=\x1b>', ''],
    ['\x1b[2;5r', '\x1b7\x1b[r\x1b8'],
    ['\x1b[2;5r\x1b[r', ''],
    ['\x1b(0', '\x1b(B'],
    ['\x1b(0qqq\x1b(B', ''],
    ['\x1b)0\x0e', '\x1b)B\x0f'],
    ['\x1b[3 q', '\x1b[0 q'],
    ['\x1b[3 q\x1b[ q', ''],
    ['\x1b]8;;https://a\x07a', '\x1b]8;;\x1b\\'],
    ['\x1b]8;;https://a\x07a\x1b]8;;\x07', ''],
    // A saved cursor brings its style along.
    ['\x1b[31m\x1b7\x1b[0m\x1b8', '\x1b[0m'],
    ['\x1b7\x1b8', ''],
  ]
  for (const [text, way] of pairs) assert.equal(undo(text), way, JSON.stringify(text))
})

test('undo() says what it took back once, and redo() sets the modes again', () => {
  const filter = createTerminalFilter()
  filter.pass(new TextEncoder().encode('\x1b[?1049h\x1b[?25l\x1b[31m'))
  assert.equal(filter.undo(), '\x1b[?1049l\x1b[?25h\x1b[0m')
  assert.equal(filter.redo(), '\x1b[?1049h\x1b[?25l')
  // The way back from the other screen brings the style of before along.
  assert.equal(filter.undo(), '\x1b[?1049l\x1b[?25h\x1b[0m')
})

test('the filter needs no more memory than what is left over', () => {
  const bytes = new TextEncoder().encode('\x1b[31')
  const filter = createTerminalFilter()
  filter.pass(bytes)
  bytes.fill(0x41)
  const rest = new TextDecoder().decode(filter.pass(new TextEncoder().encode('mx')))
  assert.equal(rest, '\x1b[31mx', 'the memory of a piece may be used again')
})
