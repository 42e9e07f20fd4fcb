import type { TerminalState } from './terminal_state.ts'

/** What may be done to a screen and is done with once it is done, by final byte, with the most numbers it takes (ctlseqs, "CSI"). */
const DEEDS: Readonly<Record<string, number>> = {
  // The cursor: up, down, forward, back, lines, columns, rows, tabs, anywhere.
  ...Object.fromEntries([...'ABCDEFGIZ`ade'].map((final) => [final, 1])),
  H: 2,
  f: 2,
  // Erase in display, line, characters; insert and delete characters and lines; scroll; repeat the last character.
  ...Object.fromEntries([...'JKX@PLMSTb'].map((final) => [final, 1])),
}

/**
 * Modes that programs set and take back: cursor keys, wrapping, cursor, the other screen (three ways), saved cursor, mouse and its
 * encodings, focus, pasting, synchronized output (ctlseqs, "DEC Private Mode Set").
 */
const MODES = new Set(
  '?1 ?7 ?25 ?47 ?1047 ?1048 ?1049 ?1000 ?1002 ?1003 ?1004 ?1005 ?1006 ?1015 ?2004 ?2026 4'.split(
    ' ',
  ),
)

/** A number of more than five digits: with such ones, terminals have been kept busy for minutes. */
const HUGE = /\d{6}/

// deno-lint-ignore no-control-regex
const CONTROL = /^\x1b\[([<=>?]?)([\d:;]*)([ -/]*)([@-~])$/

/**
 * Decides on a whole sequence, from ESC to its last byte, and notes what it leaves behind.
 *
 * @returns what passes of it; empty where nothing does
 */
export function readControl(text: string, state: TerminalState): string {
  const [, mark = '', numbers = '', middle = '', final] = CONTROL.exec(text) ?? []
  if (final === undefined) return readShort(text, state)
  if (HUGE.test(numbers)) return ''
  const list = numbers.split(';')
  if ((final === 'h' || final === 'l') && middle === '') {
    const known = list.filter((number) => MODES.has(mark + number))
    for (const number of known) state.mode(mark + number, final === 'h')
    return known.length === 0 ? '' : `\x1b[${mark}${known.join(';')}${final}`
  }
  if (mark !== '') return ''
  if (middle === ' ' && final === 'q' && /^[0-6]?$/.test(numbers)) {
    state.cursorStyle(numbers)
    return text
  }
  if (middle !== '') return ''
  if (final === 'm') {
    state.style(list)
    return text
  }
  if (numbers.includes(':')) return ''
  if (final === 'r' && list.length <= 2) {
    state.region(numbers !== '')
    return text
  }
  // With numbers they set margins, or belong to keyboards.
  if (final === 's' || final === 'u') {
    if (numbers !== '') return ''
    if (final === 'u') state.restore()
    return text
  }
  return Object.hasOwn(DEEDS, final) && list.length <= DEEDS[final]! ? text : ''
}

/** Decides on sequences without numbers: ESC, a letter, and what says which alphabet (ctlseqs, "Controls beginning with ESC"). */
function readShort(text: string, state: TerminalState): string {
  const rest = text.slice(1)
  if (/^[()][B0]$/.test(rest)) state.alphabet(rest[0]!, rest[1] !== 'B')
  else if (rest === '8') state.restore()
  else if (rest === '=' || rest === '>') state.mode('keypad', rest === '=')
  else if (!/^[7DEM]$/.test(rest)) return ''
  return text
}

/**
 * Answers whether an operating system command is a link to the web or to a person, or the end of one ("Hyperlinks in terminal
 * emulators", by Egmont Koblinger). A file: or ssh: link would do more than to show a page.
 */
export function isLink(text: string): boolean {
  return /^8;[\x20-\x3a\x3c-\x7e]{0,250};((https?:\/\/|mailto:)[\x21-\x7e]+)?$/.test(text)
}
