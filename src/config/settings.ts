import process from 'node:process'
import { display, type Log, PhylumError, Secret } from '#base'
import { cannotRead, type OpenFile, readFile } from './read_file.ts'
import { describeValue, SettingsDocument, type SettingsEntry } from './settings_document.ts'
import { describeSystemError } from './system_error.ts'
import { NO_TRUST, readTrust, type TrustSettings } from './trust_settings.ts'
import { DEFAULT_API_URI, parseApiUri, type ResolvedApiUri } from './uri.ts'

/** What settings.yaml says. */
export interface Settings {
  /** `connection.uri`, with its place in the file. */
  readonly apiUri: ResolvedApiUri
  /** `auth_info.offline_access`: an API key or a refresh token; null when logged out, or when it lies in the keyring. */
  readonly credential: Secret | null
  /** `auth_info.offline_access.keyring`: under which account the credential lies in the operating system's keyring. */
  readonly keyring: KeyringAccount | null
  /** `last_update`, in seconds since the epoch; null when there was none. */
  readonly lastUpdate: number | null
  /** `ignore_certs` */
  readonly ignoreCerts: boolean
  /** `organization`; null when none is chosen. */
  readonly organization: string | null
  /** `sandbox.wall`: how much of the kernel's wall there must be; null when the user has not said. */
  readonly wall: WallSetting | null
  /** `sandbox.memory`: how much memory an extension may use, in MiB; null for no limit. */
  readonly memory: number | null
  /** `trust`: whose signatures count, and which extensions are accepted or refused without a question. */
  readonly trust: TrustSettings
}

/** Account of a credential in the operating system's keyring: a UUID, new with each credential. */
export type KeyringAccount = string & { readonly __brand: 'KeyringAccount' }

/** How much of the kernel's wall an extension must run behind: all of it, what a container allows, or none. */
export type WallSetting = (typeof WALL_SETTINGS)[number]

const WALL_SETTINGS = ['full', 'partial', 'off'] as const

/** What holds where no settings file exists. */
export const DEFAULT_SETTINGS: Settings = Object.freeze({
  apiUri: { uri: DEFAULT_API_URI, source: 'default' },
  credential: null,
  keyring: null,
  lastUpdate: null,
  ignoreCerts: false,
  organization: null,
  wall: null,
  memory: null,
  trust: NO_TRUST,
})

/**
 * Reads the settings; without a file, the defaults hold. Nothing else falls back to them: an unreadable file that counted as
 * absent would send requests to another API than the user chose.
 *
 * A file that others may change, or read although it holds a credential, is made private to its owner, with a warning.
 *
 * @throws ERR_CONFIG_READ, ERR_CONFIG_SYNTAX, ERR_CONFIG_TYPE, ERR_CONFIG_URI, ERR_AUTH_CREDENTIAL
 */
export async function readSettings(file: string, options: { log: Log }): Promise<Settings> {
  const settings = await readFile(file, async (open) => {
    assertTrustedOwner(open, file)
    const read = toSettings(await SettingsDocument.parse(open.bytes, file))
    await tighten(open, file, { holdsCredential: read.credential !== null, log: options.log })
    return read
  })
  return settings ?? DEFAULT_SETTINGS
}

/**
 * Takes the known settings out of a document.
 * @throws ERR_CONFIG_TYPE, ERR_CONFIG_URI, ERR_AUTH_CREDENTIAL
 */
export function toSettings(document: SettingsDocument): Settings {
  const uri = document.entry('connection', 'uri')
  if (uri === undefined) throw document.missing('connection', 'uri')
  return {
    apiUri: { uri: parseApiUri(text(uri), uri.where), source: uri.where },
    ...readCredential(document),
    lastUpdate: optional(document.entry('last_update'), number),
    ignoreCerts: optional(document.entry('ignore_certs'), boolean) ?? false,
    organization: optional(document.entry('organization'), text),
    wall: optional(document.entry('sandbox', 'wall'), wall),
    memory: optional(document.entry('sandbox', 'memory'), memory),
    trust: readTrust(document),
  }
}

/**
 * The credential is text, or the map `{ keyring: ACCOUNT }` where it lies in the keyring. A reader that knows no keyring expects text, and
 * so refuses the map, instead of sending an account name to a login service as if it were a token.
 */
function readCredential(document: SettingsDocument): Pick<Settings, 'credential' | 'keyring'> {
  if (!document.isMap('auth_info', 'offline_access')) {
    const entry = document.entry('auth_info', 'offline_access')
    return { credential: optional(entry, secret), keyring: null }
  }
  const entry = document.entry('auth_info', 'offline_access', 'keyring')
  if (entry === undefined) throw document.missing('auth_info', 'offline_access', 'keyring')
  if (typeof entry.value !== 'string' || !ACCOUNT.test(entry.value)) {
    throw wrongValue(entry, 'the UUID of an account', 'log in again: `phylum auth login --keyring`')
  }
  return { credential: null, keyring: entry.value as KeyringAccount }
}

const ACCOUNT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function optional<T>(
  entry: SettingsEntry | undefined,
  read: (entry: SettingsEntry) => T,
): T | null {
  return entry === undefined || entry.value === null ? null : read(entry)
}

function secret(entry: SettingsEntry): Secret {
  return Secret.parse(text(entry), entry.where)
}

function text(entry: SettingsEntry): string {
  if (typeof entry.value === 'string') return entry.value
  throw wrongValue(entry, 'text', 'put the value in double quotes')
}

function wall(entry: SettingsEntry): WallSetting {
  const found = WALL_SETTINGS.find((each) => each === entry.value)
  if (found !== undefined) return found
  throw wrongValue(entry, 'full, partial or off', 'write one of these words')
}

/** Smallest limit in which an engine does something, in MiB. */
const LEAST_MEMORY = 32

function memory(entry: SettingsEntry): number {
  if (Number.isInteger(entry.value) && Number(entry.value) >= LEAST_MEMORY) {
    return Number(entry.value)
  }
  throw wrongValue(
    entry,
    `a whole number of MiB from ${LEAST_MEMORY}`,
    'write digits without a unit',
  )
}

function number(entry: SettingsEntry): number {
  if (typeof entry.value === 'number' && Number.isFinite(entry.value)) return entry.value
  throw wrongValue(entry, 'a number', 'write digits without quotes')
}

function boolean(entry: SettingsEntry): boolean {
  if (typeof entry.value === 'boolean') return entry.value
  throw wrongValue(entry, 'true or false', 'write true or false, without quotes')
}

function wrongValue(entry: SettingsEntry, wanted: string, hint: string): PhylumError {
  return new PhylumError(
    'ERR_CONFIG_TYPE',
    `Cannot read settings ${entry.where}: "${entry.name}" is ${
      describeValue(entry.value)
    }, not ${wanted}`,
    { hints: [hint] },
  )
}

// Another user's file could name an API of theirs, to which the key in the environment would be sent. Root may read what users wrote,
// and users what root wrote.
function assertTrustedOwner(open: OpenFile, file: string): void {
  const self = process.geteuid?.() ?? 0
  if (self !== 0 && open.owner !== self && open.owner !== 0) {
    throw cannotRead(file, `it belongs to the user with the id ${open.owner}`)
  }
}

async function tighten(
  open: OpenFile,
  file: string,
  options: { holdsCredential: boolean; log: Log },
): Promise<void> {
  const isExposed = (open.mode & 0o022) !== 0 ||
    (options.holdsCredential && (open.mode & 0o077) !== 0)
  if (!isExposed) return
  try {
    await open.handle.chmod(0o600)
  } catch (error) {
    const mode = open.mode.toString(8).padStart(4, '0')
    throw new PhylumError(
      'ERR_CONFIG_READ',
      `Cannot read settings "${
        display(file)
      }": others may use it (mode ${mode}), and closing it failed: ${describeSystemError(error)}`,
      { hints: ['let its owner run `chmod 600` on it'], cause: error },
    )
  }
  options.log.warn(
    `Settings "${display(file)}" could be used by others; its mode is now 0600`,
  )
}
