import { display, type Log, PhylumError, Secret } from '#base'
import type { ApiUri, Environment, Settings } from '#config'
import { classifyCredential, type CredentialKind } from './credential.ts'

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
}

/** Where a credential may come from. */
export interface ResolveOptions {
  environment: Environment
  settings: Settings
  settingsFile: string
  log: Log
}

/**
 * Finds the credential: `PHYLUM_API_KEY`, then the settings. An empty variable is ignored with a warning; it never becomes an empty
 * credential.
 *
 * @throws ERR_AUTH_REQUIRED when there is none, ERR_AUTH_CREDENTIAL when it is malformed
 */
export function resolveCredential(options: ResolveOptions): ResolvedCredential {
  const value = options.environment.PHYLUM_API_KEY
  if (value === '') options.log.warn('PHYLUM_API_KEY is empty and therefore ignored')
  if (value !== undefined && value !== '') {
    return describe(Secret.parse(value, 'PHYLUM_API_KEY'), 'PHYLUM_API_KEY', undefined)
  }
  return readStored(options.settings, options.settingsFile)
}

/**
 * Takes the credential out of the settings.
 * @throws ERR_AUTH_REQUIRED when there is none, ERR_AUTH_CREDENTIAL when it is malformed
 */
export function readStored(settings: Settings, settingsFile: string): ResolvedCredential {
  if (settings.credential !== null) {
    return describe(settings.credential, settingsFile, settings.apiUri.uri)
  }
  throw new PhylumError('ERR_AUTH_REQUIRED', 'Cannot call the API: there is no credential', {
    hints: ['store an API key: `phylum auth set-token`', 'or set PHYLUM_API_KEY'],
  })
}

function describe(
  secret: Secret,
  source: string,
  storedFor: ApiUri | undefined,
): ResolvedCredential {
  const shown = storedFor === undefined ? source : `"${display(source)}"`
  const kind = classifyCredential(secret, shown)
  return { kind, source, prefix: kind === 'api_key' ? 'ph0_****' : '****', secret, storedFor }
}
