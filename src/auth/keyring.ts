import { display, PhylumError, Secret } from '#base'
import type { KeyringAccount } from '#config'

/** The operating system's keyring, as a means of the platform gives it; the signal tells that nobody waits any more. */
export interface Keyring {
  /** Answers what lies under an account, `undefined` when nothing does. */
  read(account: KeyringAccount, signal: AbortSignal): Promise<string | undefined>
  write(account: KeyringAccount, value: string, signal: AbortSignal): Promise<void>
  /** Removes what lies under an account, if anything does. */
  remove(account: KeyringAccount, signal: AbortSignal): Promise<void>
}

/** What keeps a keyring from being used, in words that end a sentence. */
export class KeyringUnavailable extends Error {}

/** How long a keyring may take, in milliseconds. */
export interface KeyringPatience {
  limit: number
}

/** Reads a credential. @throws ERR_AUTH_KEYRING */
export async function readKeyring(
  keyring: Keyring & KeyringPatience,
  account: KeyringAccount,
): Promise<Secret> {
  const value = await use(
    keyring,
    'read the credential from',
    (signal) => keyring.read(account, signal),
  )
  if (value !== undefined) return Secret.parse(value, 'the keyring')
  throw new PhylumError(
    'ERR_AUTH_KEYRING',
    'Cannot read the credential from the keyring: it holds none for these settings',
    { hints: ['log in again: `phylum auth login --keyring`', 'or set PHYLUM_API_KEY'] },
  )
}

/** Makes sure that there is a keyring, before anything is done that would be in vain without. @throws ERR_AUTH_KEYRING */
export async function assertKeyring(keyring: Keyring & KeyringPatience): Promise<void> {
  await use(keyring, 'use', (signal) => keyring.read(crypto.randomUUID() as KeyringAccount, signal))
}

/** Stores a credential. @throws ERR_AUTH_KEYRING */
export async function writeKeyring(
  keyring: Keyring & KeyringPatience,
  account: KeyringAccount,
  secret: Secret,
): Promise<void> {
  await use(
    keyring,
    'store the credential in',
    (signal) => keyring.write(account, secret.reveal(), signal),
  )
}

/** Removes a credential. @throws ERR_AUTH_KEYRING */
export async function removeFromKeyring(
  keyring: Keyring & KeyringPatience,
  account: KeyringAccount,
): Promise<void> {
  await use(keyring, 'remove the credential from', (signal) => keyring.remove(account, signal))
}

/** Without the limit, a keyring that asks somebody who is not there for its password would halt phylum for ever. */
async function use<T>(
  { limit }: KeyringPatience,
  act: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const given = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new KeyringUnavailable(`it did not answer within ${limit / 1000} seconds`))
      given.abort()
    }, limit)
  })
  try {
    return await Promise.race([work(given.signal), late])
  } catch (error) {
    // The message of anything else may hold what was to be stored.
    const state = error instanceof KeyringUnavailable
      ? error.message
      : 'the system reported an error'
    throw new PhylumError('ERR_AUTH_KEYRING', `Cannot ${act} the keyring: ${display(state)}`, {
      hints: [
        'unlock the keyring, or do without it: `phylum auth login` keeps the key in settings.yaml',
        'or set PHYLUM_API_KEY',
      ],
    })
  } finally {
    clearTimeout(timer)
  }
}
