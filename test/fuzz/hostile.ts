import { PhylumError } from '#base'
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import fc from 'fast-check'

/** Pieces of text that parsers of addresses and paths have stumbled over. */
const PIECES = [
  '/',
  '//',
  '\\',
  '.',
  '..',
  '...',
  '%',
  '%2e',
  '%2E',
  '%2f',
  '%5c',
  '%25',
  '%252e',
  '%252f',
  '%25252e',
  '%00',
  '%0a',
  '%0d%0a',
  '%ff',
  '%c0%ae',
  '%e2%80%ae',
  '%zz',
  '%u002e',
  ';',
  ';a=b',
  '..;',
  '.;',
  '?',
  '#',
  '@',
  ':',
  '::',
  '&',
  '=',
  '+',
  '*',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '|',
  '^',
  '<',
  '>',
  '"',
  "'",
  '`',
  '$',
  '!',
  '~',
  ',',
  ' ',
  '\t',
  '\r',
  '\n',
  '\0',
  '\x1b',
  '\x7f',
  '\x80',
  '\u00ad',
  '\u2028',
  '\u202e',
  '\u200b',
  '\ufeff',
  '\uff0e',
  '\u2024',
  '\u3002',
  '\ud800',
  '💥',
  'é',
  'e\u0301',
  'İ',
  'ß',
  'api',
  'v0',
  '/api/',
  '/api/v0/',
  'groups',
  'admin',
  'evil.example',
  'http:',
  'https://',
  'file:',
  'data:',
  'localhost',
  '127.0.0.1',
  '0x7f.1',
  '2130706433',
  '[::1]',
  'user:pass@',
  '__proto__',
  'constructor',
  '-',
  '--',
  '-A',
  'a',
  'x'.repeat(70),
]

/** Text made of such pieces, with some that nobody has thought of in between. */
export function hostileText(maxPieces = 12, more: readonly string[] = []): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...PIECES, ...more) },
    { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
  )
  return fc.array(piece, { maxLength: maxPieces }).map((pieces) => pieces.join(''))
}

/** Asserts that something refuses as phylum does: with one of its own errors, of these codes, or not at all. */
export function refusal<T>(work: () => T, codes: RegExp): T | undefined {
  try {
    return work()
  } catch (error) {
    assertRefusal(error, codes)
    return undefined
  }
}

/** As `refusal()`, for what takes its time. */
export async function refusalOf<T>(work: Promise<T>, codes: RegExp): Promise<T | PhylumError> {
  try {
    return await work
  } catch (error) {
    return assertRefusal(error, codes)
  }
}

function assertRefusal(error: unknown, codes: RegExp): PhylumError {
  if (!(error instanceof PhylumError)) throw error
  assert.match(error.code, codes)
  return error
}

/** How often a path is decoded; the promise of `parseTarget()`. */
const DECODINGS = 3

/**
 * Answers whether some server could take a path for one with a dot segment: one that decodes byte by byte, whether the
 * bytes are text or not, up to three times; that reads a backslash as a slash; that cuts off what follows a semicolon.
 */
export function canHideDots(path: string): boolean {
  let text = Buffer.from(path).toString('latin1')
  for (let round = 0; round <= DECODINGS; round++) {
    const segments = text.split(/[/\\]/).map((segment) => segment.split(';', 1)[0])
    if (segments.some((segment) => segment === '.' || segment === '..')) return true
    text = text.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(parseInt(code, 16)))
  }
  return false
}
