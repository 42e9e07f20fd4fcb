/** A SHA-256 (FIPS 180-4) of text and bytes, fed piece by piece. */
export interface Sha256 {
  update(data: string | Uint8Array): Sha256
  digest(encoding: 'hex' | 'base64'): string
}

/**
 * Begins a SHA-256. Bun's own hasher costs no import, where node:crypto costs Bun seven milliseconds, as much as all else
 * that a run loads.
 */
export function createSha256(): Sha256 {
  return 'Bun' in globalThis
    ? new Bun.CryptoHasher('sha256') as Sha256
    : process.getBuiltinModule('node:crypto').createHash('sha256') as Sha256
}
