import { display, type Log, PhylumError, Secret } from '#base'
import type { ApiUri, Environment, KeyringAccount, Settings } from '#config'
import { classifyCredential, type CredentialKind } from './credential.ts'
import { type Keyring, type KeyringPatience, readKeyring } from './keyring.ts'

/** The credential in use, as the user gave it. */
export interface ResolvedCredential {
  readonly kind: CredentialKind
  /** "PHYLUM_API_KEY" or the path of the settings file. */
  readonly source: string
  /** What may be shown of it. */
  readonly prefix: 'ph0_****' | '****'
  readonly secret: Secret
  /** The API that the settings name beside a stored credential; `undefined` for one from the environment, which is never stored. */
  readonly storedFor: ApiUri | undefined
  /** Where in the keyring it lies; `undefined` when it is in the settings themselves. */
  readonly keyring: KeyringAccount | undefined
}

/** Where a stored credential lies. */
export interface StoredPlace {
  settings: Settings
  settingsFile: string
  keyring: Keyring & KeyringPatience
}

/** Where a credential may come from. */
export interface ResolveOptions extends StoredPlace {
  environment: Environment
  log: Log
}

/**
 * Finds the credential: `PHYLUM_API_KEY`, then the settings. An empty variable is ignored with a warning; it never becomes an empty
 * credential.
 *
 * @throws ERR_AUTH_REQUIRED when there is none, ERR_AUTH_CREDENTIAL when it is malformed, ERR_AUTH_KEYRING when the keyring keeps it
 */
export async function resolveCredential(options: ResolveOptions): Promise<ResolvedCredential> {
  const value = options.environment.PHYLUM_API_KEY
  if (value === '') options.log.warn('PHYLUM_API_KEY is empty and therefore ignored')
  if (value !== undefined && value !== '') {
    const secret = Secret.parse(value, 'PHYLUM_API_KEY')
    return describe(secret, { source: 'PHYLUM_API_KEY', storedFor: undefined, keyring: undefined })
  }
  return await readStored(options)
}

/**
 * Takes the credential out of the settings, or out of the keyring that they point to.
 * @throws ERR_AUTH_REQUIRED when there is none, ERR_AUTH_CREDENTIAL when it is malformed, ERR_AUTH_KEYRING
 */
export async function readStored(place: StoredPlace): Promise<ResolvedCredential> {
  const { settings, settingsFile: source } = place
  const storedFor = settings.apiUri.uri
  if (settings.credential !== null) {
    return describe(settings.credential, { source, storedFor, keyring: undefined })
  }
  if (settings.keyring !== null) {
    const secret = await readKeyring(place.keyring, settings.keyring)
    return describe(secret, { source, storedFor, keyring: settings.keyring })
  }
  throw new PhylumError('ERR_AUTH_REQUIRED', 'Cannot call the API: there is no credential', {
    hints: ['log in: `phylum auth login`', 'or set PHYLUM_API_KEY to an API key'],
  })
}

function describe(
  secret: Secret,
  from: Pick<ResolvedCredential, 'source' | 'storedFor' | 'keyring'>,
): ResolvedCredential {
  const shown = from.storedFor === undefined ? from.source : `"${display(from.source)}"`
  const kind = classifyCredential(secret, from.keyring === undefined ? shown : 'the keyring')
  return { kind, prefix: kind === 'api_key' ? 'ph0_****' : '****', secret, ...from }
}
