import { isLink, readControl } from './terminal_sequences.ts'
import { createTerminalState } from './terminal_state.ts'
import { measureCharacter } from './measure_character.ts'

/** A filter between a program and a terminal. */
export interface TerminalFilter {
  /** Takes the next bytes of the program, and gives those that the terminal may have. */
  pass(bytes: Uint8Array): Uint8Array
  /** What takes back all that has passed and is still in force; empty where nothing is. */
  undo(): string
  /** What puts the modes back in force that `undo()` has taken back. */
  redo(): string
}

const BEL = 0x07
const CR = 0x0d
const SO = 0x0e
const SI = 0x0f
const CAN = 0x18
const SUB = 0x1a
const ESC = 0x1b
const SPACE = 0x20
const DELETE = 0x7f

/** Longest control sequence, and longest string, that is looked at, in bytes; what is longer is dropped, whole. */
const MAX_SEQUENCE = 256
const MAX_STRING = 4096

/** What ESC begins, by where it ends: at a letter or digit; at a letter, with numbers before; at BEL or ESC; at ESC. */
type Kind = 'escape' | 'control' | 'command' | 'string'

/** Strings by the letter after ESC: DCS, SOS, PM, APC (ECMA-48, 5.6), and the title of screen(1) and tmux(1). */
const STRINGS = 'PX^_k'

/** What stands for bytes that are no UTF-8: U+FFFD. */
const UNREADABLE = Uint8Array.of(0xef, 0xbf, 0xbd)
const NOTHING = new Uint8Array(0)
const ENCODER = new TextEncoder()

/** What is made of a piece of the program's output. */
interface Reading {
  /** Where what follows begins. */
  end: number
  /** What the terminal gets of it; nothing where that is not said, and the piece itself where it is `true`. */
  shown?: Uint8Array | true
  /** What all that follows belongs to, up to its end. */
  isInside?: Kind
}

/** Made of what is not all there yet. */
const UNFINISHED = 'unfinished'

/**
 * Makes a filter that lets through what shows something, and nothing that makes a terminal answer or reaches beyond its screen. An
 * answer is typed into whatever reads the terminal next, which may be a shell; clipboard, title, printer and colour scheme are
 * the user's. `terminal_sequences.ts` lists what passes; all else is dropped.
 *
 * Only whole characters and whole sequences pass, so that text of somebody else in between lands in none of them, and nothing
 * depends on where the bytes were cut. They are told apart as ECMA-48 (5th edition, 5.3 to 5.6) and "XTerm Control Sequences"
 * (ctlseqs, by Edward Moy and Thomas Dickey) say; what is broken off has no effect.
 */
export function createTerminalFilter(): TerminalFilter {
  const state = createTerminalState()
  let held: Uint8Array = NOTHING
  let inside: Kind | undefined

  function read(bytes: Uint8Array, at: number): Reading | typeof UNFINISHED {
    if (inside !== undefined) {
      const end = findEnd(bytes, at, inside)
      if (end === bytes.length) return { end, isInside: inside }
      return { end: endsWith(bytes[end]!, inside) ? end + 1 : end }
    }
    const byte = bytes[at]!
    if (byte === ESC) return readEscape(bytes, at)
    if (byte > DELETE) return readCharacter(bytes, at)
    if (byte !== SO && byte !== SI) return { end: at + 1 }
    state.shift(byte === SO)
    return { end: at + 1, shown: true }
  }

  /** Reads what ESC begins. */
  function readEscape(bytes: Uint8Array, at: number): Reading | typeof UNFINISHED {
    const next = bytes[at + 1]
    if (next === undefined) return UNFINISHED
    const letter = String.fromCharCode(next)
    if (STRINGS.includes(letter)) return { end: at + 2, isInside: 'string' }
    if (letter === ']') return readCommand(bytes, at)
    const kind = letter === '[' ? 'control' : 'escape'
    const end = findEnd(bytes, at + (kind === 'control' ? 2 : 1), kind)
    if (end === bytes.length) {
      return end - at <= MAX_SEQUENCE ? UNFINISHED : { end, isInside: kind }
    }
    // What has broken it off is looked at by itself.
    if (!endsWith(bytes[end]!, kind)) return { end }
    if (end - at > MAX_SEQUENCE) return { end: end + 1 }
    const text = latin1(bytes, at, end + 1)
    const shown = readControl(text, state)
    return { end: end + 1, shown: shown === text || encode(shown) }
  }

  /** Reads an operating system command, of which links alone pass. */
  function readCommand(bytes: Uint8Array, at: number): Reading | typeof UNFINISHED {
    const end = findEnd(bytes, at + 2, 'command')
    if (end === bytes.length) {
      return end - at <= MAX_STRING ? UNFINISHED : { end, isInside: 'command' }
    }
    const isBell = bytes[end] === BEL
    if (bytes[end] === ESC && bytes[end + 1] === undefined) return UNFINISHED
    if (!isBell && !(bytes[end] === ESC && bytes[end + 1] === 0x5c)) return { end }
    const after = isBell ? end + 1 : end + 2
    const text = latin1(bytes, at + 2, end)
    if (end - at > MAX_STRING || !isLink(text)) return { end: after }
    state.link(!text.endsWith(';'))
    return { end: after, shown: encode(`\x1b]${text}\x1b\\`) }
  }

  return {
    pass(given) {
      const bytes = held.length === 0 ? given : concat([held, given])
      held = NOTHING
      const pieces: Uint8Array[] = []
      // What passes as it is begins here.
      let from = 0
      let at = 0
      while (at < bytes.length) {
        if (inside === undefined && isPlain(bytes[at]!)) {
          at++
          continue
        }
        const reading = read(bytes, at)
        if (reading === UNFINISHED) break
        inside = reading.isInside
        if (reading.shown !== true) {
          if (at > from) pieces.push(bytes.subarray(from, at))
          if (reading.shown !== undefined) pieces.push(reading.shown)
          from = reading.end
        }
        at = reading.end
      }
      // Copied: who has given the bytes may use their memory again.
      if (at < bytes.length) held = Uint8Array.from(bytes.subarray(at))
      if (at > from) pieces.push(bytes.subarray(from, at))
      return pieces.length === 1 ? pieces[0]! : concat(pieces)
    },
    undo: () => state.undo(),
    redo: () => state.redo(),
  }
}

/** Answers whether a byte is a letter of ASCII, or one of BEL, BS, HT, LF, VT, FF and CR. */
function isPlain(byte: number): boolean {
  return byte >= SPACE ? byte < DELETE : byte >= BEL && byte <= CR
}

function readCharacter(bytes: Uint8Array, at: number): Reading | typeof UNFINISHED {
  const length = measureCharacter(bytes, at)
  if (length === UNFINISHED) return UNFINISHED
  if (length === 0) return { end: at + 1, shown: UNREADABLE }
  // U+0080 to U+009F are ESC and a letter in one (ECMA-48, 5.3), and some terminals obey them in UTF-8.
  if (bytes[at] === 0xc2 && bytes[at + 1]! < 0xa0) return { end: at + length }
  return { end: at + length, shown: true }
}

/** Finds the byte that ends something, or breaks it off; the length of all where there is none. */
function findEnd(bytes: Uint8Array, from: number, kind: Kind): number {
  let at = from
  while (at < bytes.length && isWithin(bytes[at]!, kind)) at++
  return at
}

/** Answers whether a byte leaves open what it is in. CAN and SUB break off everything, and ESC begins what ends a string. */
function isWithin(byte: number, kind: Kind): boolean {
  if (kind === 'escape') return byte >= SPACE && byte < 0x30
  if (kind === 'control') return byte >= SPACE && byte < 0x40
  return byte !== ESC && byte !== CAN && byte !== SUB && (kind === 'string' || byte !== BEL)
}

/** Answers whether a byte that ends something belongs to it. */
function endsWith(byte: number, kind: Kind): boolean {
  if (kind === 'escape' || kind === 'control') return byte >= 0x30 && byte < DELETE
  return byte === BEL
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

function encode(text: string): Uint8Array {
  return text === '' ? NOTHING : ENCODER.encode(text)
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, each) => sum + each.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
