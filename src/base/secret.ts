import { PhylumError } from './errors.ts'

/** Longest credential that is accepted, in characters; API keys have 47, JWTs a few thousand. */
const MAX_LENGTH = 8192

const inspect = Symbol.for('nodejs.util.inspect.custom')

/**
 * A credential that cannot be printed by accident: every conversion to text gives `[redacted]`.
 * The value leaves through `reveal()` alone, and a house test lists who may call it.
 */
export class Secret {
  readonly #value: string

  private constructor(value: string) {
    this.#value = value
  }

  /**
   * Takes a credential from the outside world.
   *
   * Only visible ASCII passes: a line break would smuggle a header into the request, and some runtimes
   * put the whole header, credential included, into the error they raise for anything else.
   *
   * @param origin where it came from, for the message; the value itself is never shown
   * @throws ERR_AUTH_CREDENTIAL when it is empty, too long or holds another character
   */
  static parse(value: string, origin: string): Secret {
    if (value.length === 0) {
      throw new PhylumError(
        'ERR_AUTH_CREDENTIAL',
        `Cannot use the credential from ${origin}: it is empty`,
      )
    }
    if (value.length > MAX_LENGTH) {
      throw new PhylumError(
        'ERR_AUTH_CREDENTIAL',
        `Cannot use the credential from ${origin}: it is longer than ${MAX_LENGTH} characters`,
      )
    }
    const bad = value.search(/[^\x21-\x7e]/)
    if (bad !== -1) {
      const point = value.codePointAt(bad) ?? 0
      const shown = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
      throw new PhylumError(
        'ERR_AUTH_CREDENTIAL',
        `Cannot use the credential from ${origin}: character ${
          bad + 1
        } is ${shown}, and only visible ASCII is allowed`,
        { hints: ['copy the key again, without spaces or line breaks'] },
      )
    }
    return new Secret(value)
  }

  /** Hands out the value. Callers are listed in `test/house/ambients.test.ts`. */
  reveal(): string {
    return this.#value
  }

  /** Compares two secrets. */
  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect](): string {
    return 'Secret [redacted]'
  }
}
