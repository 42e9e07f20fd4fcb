import { display } from '#base'
import type { PasswordHasher } from './password.ts'
import { Refusal } from './refusal.ts'
import type { Store, User } from './store.ts'

const MINUTE = 60_000

/** Limits on guessing: attempts within a time. */
interface Limit {
  attempts: number
  milliseconds: number
}

/** On one account from one address: somebody who tries one person's passwords. */
const PER_PAIR: Limit = { attempts: 10, milliseconds: 15 * MINUTE }

/** On one account from everywhere: somebody who does so from many addresses. It is wide, for it also locks out the owner. */
const PER_ACCOUNT: Limit = { attempts: 100, milliseconds: 60 * MINUTE }

/** From one address: somebody who tries one password on everybody. Many people may share an address. */
const PER_ADDRESS: Limit = { attempts: 60, milliseconds: 15 * MINUTE }

/** New accounts from one address; each tells whether an email has one, and costs the server a hash. */
const NEW_ACCOUNTS: Limit = { attempts: 20, milliseconds: 60 * MINUTE }

export interface SignInOptions {
  store: Store
  passwords: PasswordHasher
}

/**
 * Finds the user whom an email and a password belong to. Whether there is an account of this email shows in nothing: not
 * in the answer, not in the time it takes, and not in the limits, which count for every email.
 *
 * @returns `undefined` when they do not belong together
 * @throws ERR_API_RATE_LIMITED with status 429 after too many attempts, whatever the password
 */
export async function signIn(
  { store, passwords }: SignInOptions,
  attempt: { email: string; password: string; address: string },
): Promise<User | undefined> {
  const email = attempt.email.trim().toLowerCase()
  const address = networkOf(attempt.address)
  const pair = `sign-in: ${email} from ${address}`
  // Counted before the password is looked at: guesses that come at once are not all the first.
  await limit(store, `sign-in: from ${address}`, PER_ADDRESS)
  await limit(store, pair, PER_PAIR)
  await limit(store, `sign-in: ${email}`, PER_ACCOUNT)
  const found = await store.findPassword(email)
  const isRight = await passwords.verify(attempt.password, found?.passwordHash)
  if (!isRight || found === undefined) return undefined
  await store.forgetAttempts(pair)
  return found.user
}

/**
 * Makes an account with a password.
 *
 * @returns `undefined` when the email has an account
 * @throws ERR_API_RATE_LIMITED with status 429 after too many from one address
 */
export async function signUp(
  { store, passwords }: SignInOptions,
  account: { email: string; name: string; password: string; address: string },
): Promise<User | undefined> {
  await limit(store, `sign-up: from ${networkOf(account.address)}`, NEW_ACCOUNTS)
  const { email, name, password } = account
  return await store.createUser({ email, name, passwordHash: await passwords.hash(password) })
}

async function limit(store: Store, bucket: string, limit: Limit): Promise<void> {
  const { count, remaining } = await store.countAttempt(bucket, limit.milliseconds)
  if (count <= limit.attempts) return
  const seconds = Math.max(1, Math.ceil(remaining / 1000))
  throw new Refusal(429, 'Cannot go on: there were too many attempts', {
    'retry-after': String(seconds),
  })
}

/** Gives what an attacker holds as one: an IPv4 address, or the network of an IPv6 address, of which anybody has 2^64. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return display(address)
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const filled = tail === undefined ? groups : [...groups, '0', '0', '0', '0']
  return `${filled.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`
}
