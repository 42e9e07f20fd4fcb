/**
 * Measures the character that begins with a byte above ASCII (RFC 3629, section 4: neither longer than needed, nor a surrogate, nor
 * above U+10FFFF).
 *
 * @returns its length in bytes, 0 where it is none
 */
export function measureCharacter(bytes: Uint8Array, at: number): number | 'unfinished' {
  const first = bytes[at]!
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return 'unfinished'
    const [least, most] = i > 1 ? FOLLOWING : SECOND[first] ?? FOLLOWING
    if (byte < least || byte > most) return 0
  }
  return length
}

type Range = readonly [least: number, most: number]

const FOLLOWING: Range = [0x80, 0xbf]

/** Where the first byte narrows what the second may be. */
const SECOND: Readonly<Record<number, Range>> = {
  0xe0: [0xa0, 0xbf],
  0xed: [0x80, 0x9f],
  0xf0: [0x90, 0xbf],
  0xf4: [0x80, 0x8f],
}
