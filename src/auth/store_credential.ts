import { isPhylumError, type Log, type Secret } from '#base'
import {
  type ApiUri,
  type KeyringAccount,
  readSettings,
  type Settings,
  updateSettings,
} from '#config'
import { bindingOf, clearCache, removeCache } from './access_cache.ts'
import { removeKeyRecord } from './key_record.ts'
import { type Keyring, type KeyringPatience, removeFromKeyring, writeKeyring } from './keyring.ts'

/** Where credentials are stored. */
export interface CredentialStore {
  settingsFile: string
  /** Where access tokens are kept for later runs. */
  directory: string
  keyring: Keyring & KeyringPatience
  log: Log
}

/**
 * Stores a credential in place of the one before: in the settings, or in the keyring with a reference in the settings. Access tokens of the
 * one before are forgotten.
 *
 * @param options.apiUri the API that the credential is for; it is stored with it, so that the two stay together
 * @throws ERR_AUTH_KEYRING, ERR_CONFIG_WRITE, ERR_CONFIG_LOCKED and what reading the settings throws; the old credential stays then
 */
export async function storeCredential(
  store: CredentialStore,
  secret: Secret,
  options: { isKeyring: boolean; apiUri?: ApiUri | undefined },
): Promise<void> {
  const { isKeyring, apiUri } = options
  const old = await readOld(store)
  const account = isKeyring ? crypto.randomUUID() as KeyringAccount : undefined
  // First: a reference to nothing would log the user out.
  if (account !== undefined) await writeKeyring(store.keyring, account, secret)
  try {
    await updateSettings(store.settingsFile, {
      credential: account === undefined ? secret : { keyring: account },
      ...(apiUri === undefined || apiUri === old?.apiUri.uri ? {} : { apiUri }),
    })
  } catch (error) {
    if (account !== undefined) await removeFromKeyring(store.keyring, account).catch(() => {})
    throw error
  }
  await forget(store, old, { isKeepingSuccessors: true })
}

/**
 * Removes the stored credential, and what it was exchanged for.
 * @throws as `storeCredential`
 */
export async function removeCredential(store: CredentialStore): Promise<void> {
  const old = await readOld(store)
  // Nothing is made where there is nothing.
  if (old?.credential !== null || old.keyring !== null) {
    await updateSettings(store.settingsFile, { credential: null })
  }
  await forget(store, old, { isKeepingSuccessors: false })
}

/** Reads what is about to be replaced; a value that cannot be read is what a new one repairs. */
async function readOld({ settingsFile, log }: CredentialStore): Promise<Settings | undefined> {
  try {
    return await readSettings(settingsFile, { log })
  } catch {
    return undefined
  }
}

async function forget(
  store: CredentialStore,
  old: Settings | undefined,
  options: { isKeepingSuccessors: boolean },
): Promise<void> {
  await clearCache(store.directory, options)
  const spent = old?.credential
  // Also where it stood in the environment too: its login is what ends.
  if (spent) await removeCache(store.directory, bindingOf(spent, old.apiUri.uri))
  await removeKeyRecord(store.directory)
  if (old === undefined || old.keyring === null) return
  try {
    await removeFromKeyring(store.keyring, old.keyring)
  } catch (error) {
    if (!isPhylumError(error)) throw error
    store.log.warn(`The old credential is still in the keyring: ${error.message}`)
  }
}
