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
