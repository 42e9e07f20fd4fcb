import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Signs cookies with HMAC-SHA-256, in the shape that the provider expects of a signer. The one that it would make for
 * itself takes SHA-1, and calls a function of `node:crypto` whose first use writes a warning to stderr.
 */
export class CookieSigner {
  readonly #newest: string
  readonly #keys: readonly string[]

  /** @param keys the newest first */
  constructor(keys: readonly string[]) {
    const [newest] = keys
    if (newest === undefined) throw new Error('There is no key to sign cookies with')
    this.#newest = newest
    this.#keys = keys
  }

  sign(text: string): string {
    return this.#digest(text, this.#newest)
  }

  /** @returns which key has signed; -1 when none has */
  index(text: string, signature: string): number {
    const given = Buffer.from(signature)
    return this.#keys.findIndex((key) => {
      const wanted = Buffer.from(this.#digest(text, key))
      return wanted.length === given.length && timingSafeEqual(wanted, given)
    })
  }

  verify(text: string, signature: string): boolean {
    return this.index(text, signature) !== -1
  }

  #digest(text: string, key: string): string {
    return createHmac('sha256', key).update(text).digest('base64url')
  }
}
