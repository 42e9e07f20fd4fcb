import { hash, randomBytes } from 'node:crypto'

const KEY = /^ph0_[A-Za-z0-9_-]{43}$/

/** Makes an API key: `ph0_` and 256 random bits in base64url. */
export function generateKey(): string {
  return `ph0_${randomBytes(32).toString('base64url')}`
}

/** Answers whether a text has the form of an API key. */
export function isKey(text: string): boolean {
  return KEY.test(text)
}

/**
 * Takes the segments out of a path that hold what begins like a key: who writes a key into a path by mistake must not find
 * it in a copy of the database.
 */
export function hideKeys(path: string): string {
  if (!/ph0_|%/i.test(path)) return path
  return path.split('/').map((segment) => /ph0_/i.test(readEscapes(segment)) ? 'ph0_…' : segment)
    .join('/')
}

/** Reads the escapes of ASCII, one by one: another one beside it that means nothing hides none of them. */
function readEscapes(segment: string): string {
  return segment.replace(
    /%([0-7][0-9a-f])/gi,
    (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/**
 * Gives what is kept of a key, and what it is looked up by: its SHA-256.
 *
 * A slow, salted hash (argon2, scrypt) makes each guess dear, for passwords that can be guessed. A key has 256 random
 * bits: no table and no number of guesses reaches it, so a fast hash gives away as little, and costs no request
 * anything. Looking up a hash in an index also answers the timing attack: how far the comparison got depends on bits of
 * the hash, which who sends the key cannot choose.
 */
export function hashKey(key: string): Uint8Array {
  return hash('sha256', key, 'buffer')
}
