import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { ScryptOptions } from 'node:crypto'
import { Refusal } from './refusal.ts'

/** Shortest password, in characters. There are no other rules: those make passwords that people forget, and programs guess. */
export const MIN_PASSWORD = 12

/** Longest password, in characters; what is longer is no password, but work for the server. */
const MAX_PASSWORD = 1024

/**
 * What one guess costs: 32 MiB and a few tenths of a second. One of the settings of scrypt that OWASP's password storage
 * guide holds to be equally dear; this one takes less memory, so that a small server can work on several.
 */
const COST = { ln: 15, r: 8, p: 3 }

/** Passwords that are worked on at once. Each takes its 32 MiB, so without a limit a flood of guesses would take all memory. */
const PARALLEL = 2

/** Passwords that wait for their turn; whoever comes later is told to come again. */
const MAX_WAITING = 64

/** Makes and checks the hashes by which passwords are kept. */
export interface PasswordHasher {
  /** Gives what is kept of a password: its salted scrypt hash, with the cost in it, so that the cost may change. */
  hash(password: string): Promise<string>
  /**
   * Answers whether a password is the one that was kept. Without a hash it takes as long and says no: how long it takes
   * tells nobody whether there is such an account.
   */
  verify(password: string, hash: string | null | undefined): Promise<boolean>
}

const HASH =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/

/** Makes the hasher of one server. */
export function createPasswordHasher(cost = COST): PasswordHasher {
  const takeTurn = createTurns()
  const derive = (password: string, salt: Buffer, at: typeof COST) =>
    takeTurn(() => deriveKey(password.normalize('NFKC'), salt, at))
  return {
    async hash(password) {
      const salt = randomBytes(16)
      const key = await derive(password, salt, cost)
      const { ln, r, p } = cost
      return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${
        key.toString('base64url')
      }`
    },
    async verify(password, hash) {
      const match = HASH.exec(hash ?? '')
      if (match === null) {
        await derive(password, randomBytes(16), cost)
        return false
      }
      const [, ln, r, p, salt = '', kept = ''] = match
      const at = { ln: Number(ln), r: Number(r), p: Number(p) }
      const key = await derive(password, Buffer.from(salt, 'base64url'), at)
      return timingSafeEqual(key, Buffer.from(kept, 'base64url'))
    },
  }
}

function deriveKey(password: string, salt: Buffer, { ln, r, p }: typeof COST): Promise<Buffer> {
  const N = 2 ** ln
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, options, (error, key) => error ? reject(error) : resolve(key))
  })
}

/** Lets a few do their work at once, some wait, and sends away the rest. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let busy = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (busy < PARALLEL) busy++
    else {
      if (waiting.length >= MAX_WAITING) {
        throw new Refusal(503, 'Cannot check the password: too many people sign in at once', {
          'retry-after': '10',
        })
      }
      // Whoever ends hands on its turn, so `busy` stays.
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) busy--
      else next()
    }
  }
}

/** What anybody would try first. */
const GUESSES = [
  ...['password', 'passwort', 'passw0rd', 'qwertyuiop', 'qwertzuiop', 'qwerty', 'asdfghjkl'],
  ...['letmein', 'iloveyou', 'welcome', 'admin', 'dragon', 'monkey', 'football', 'sunshine'],
  ...['1234567890', '0123456789', '123456789', '12345678', '1234567', '123456', 'phylum'],
  ...['abcdefghijklmnopqrstuvwxyz', 'abcdefgh', 'abcdef', 'correcthorsebatterystaple'],
]

/** Characters that must be left of a password when everything that anybody would try has been taken out. */
const MIN_REST = 6

/**
 * Finds fault with a new password.
 *
 * @param known what others know of its owner, which is no secret
 * @returns what is wrong, as a sentence; `undefined` when it may be used
 */
export function checkPassword(password: string, known: readonly string[] = []): string | undefined {
  const normal = password.normalize('NFKC')
  const { length } = [...normal]
  if (length < MIN_PASSWORD) {
    return `It has ${length} ${
      length === 1 ? 'character' : 'characters'
    }, and needs at least ${MIN_PASSWORD}.`
  }
  if (length > MAX_PASSWORD) return `It has ${length} characters, and may have ${MAX_PASSWORD}.`
  let rest = normal.toLowerCase()
  if (new Set(rest).size < 5) return 'It repeats a few characters: programs try that early.'
  const words = known.flatMap((text) => [text, ...text.split(/[\s@.]+/)])
    .map((word) => word.toLowerCase()).filter((word) => word.length > 2)
  for (const word of [...words, ...GUESSES]) rest = rest.replaceAll(word, '')
  if ([...rest].length < MIN_REST) {
    return 'It is made of words that anybody would try first. Add some that are your own.'
  }
  return undefined
}
