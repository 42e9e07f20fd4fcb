import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

/** A credential that no other run has, so that finding it anywhere proves a leak. */
export function createCanary(): string {
  return `ph0_${randomBytes(32).toString('base64url')}`
}

/**
 * Looks for a credential in bytes that an extension could see or that a run left: as it is, JSON-escaped, percent-encoded,
 * base64 at each alignment, hexadecimal, reversed, in halves, UTF-16.
 *
 * @returns the form in which it was found
 */
export function findLeak(haystack: string | Uint8Array, canary: string): string | undefined {
  const bytes = Buffer.from(haystack)
  for (const [form, needle] of forms(canary)) {
    if (bytes.includes(needle)) return form
  }
  return undefined
}

function forms(canary: string): [string, Buffer][] {
  const secret = canary.replace(/^ph0_/, '')
  const hex = Buffer.from(canary).toString('hex')
  const half = Math.floor(secret.length / 2)
  const list: [string, string | Buffer][] = [
    ['plain', canary],
    ['without prefix', secret],
    ['first half', secret.slice(0, half)],
    ['second half', secret.slice(half)],
    ['reversed', [...secret].reverse().join('')],
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ['percent-encoded', [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join('')],
    ['UTF-16', Buffer.from(secret, 'utf16le')],
  ]
  for (let offset = 0; offset < 3; offset++) {
    const encoded = Buffer.from('\0'.repeat(offset) + canary).toString('base64')
    const inner = encoded.slice(offset + 1, -4)
    list.push([`base64 at ${offset}`, inner])
    list.push([`base64url at ${offset}`, inner.replaceAll('+', '-').replaceAll('/', '_')])
  }
  return list.map(([form, needle]) => [form, Buffer.from(needle)])
}
