import { Buffer } from 'node:buffer'
import { decodeUtf8 } from './tar_text.ts'
import type { RefuseTree } from './tree.ts'

/** What an extended header says of the entry behind it, as far as it matters to us. */
export interface PaxHeader {
  readonly path?: Uint8Array
  readonly size?: string
}

/** What such a header must not say: these would turn the entry into something that its own header does not show. */
const REFUSED = /^(?:linkpath|hdrcharset|GNU\.sparse\..*|SCHILY\.(?:realsize|filetype))$/

/**
 * Reads an extended header (pax(1), "pax Extended Header"): records of "length key=value", each as long as it says.
 */
export function parsePax(body: Uint8Array, refuse: RefuseTree): PaxHeader {
  const found: { path?: Uint8Array; size?: string } = {}
  let offset = 0
  while (offset < body.length) {
    const [start, digits] = /^([1-9][0-9]{0,6}) /.exec(ascii(body, offset, offset + 8)) ?? []
    const end = offset + Number(digits)
    const equals = body.indexOf(0x3d, offset)
    if (
      start === undefined || end > body.length || body[end - 1] !== 0x0a ||
      equals <= offset + start.length || equals >= end
    ) throw refuse('an extended header in it is damaged')
    const key = ascii(body, offset + start.length, equals)
    const value = body.subarray(equals + 1, end - 1)
    if (REFUSED.test(key)) throw refuse(`an extended header in it sets "${key}"`)
    if (key === 'path' || key === 'size') {
      if (found[key] !== undefined || value.length === 0) {
        throw refuse('an extended header in it is ambiguous')
      }
      if (key === 'path') found.path = value
      else found.size = ascii(value, 0, value.length)
    }
    offset = end
  }
  return found
}

/**
 * Finds the name of an entry that has a second one before it. Both must agree: the short one is the long one, or as much of it as a
 * header holds. Otherwise a reader that looks at one of them sees another tree than one that looks at the other.
 */
export function agreeOnName(short: Uint8Array, long: Uint8Array, refuse: RefuseTree): Uint8Array {
  const isSame = Buffer.compare(short, long) === 0
  const isStart = short.length >= 99 && long.length > short.length &&
    Buffer.compare(short, long.subarray(0, short.length)) === 0
  if (!isSame && !isStart) {
    const names = [short, long].map((name) => JSON.stringify(decodeUtf8(name.subarray(0, 100))))
    throw refuse(`the names ${names.join(' and ')} of one file in it disagree`)
  }
  return long
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1')
}
