import { Secret } from '#base'
import { type LockOptions, withLock } from './lock.ts'
import { readFile } from './read_file.ts'
import { DEFAULT_SETTINGS, type KeyringAccount, type Settings, toSettings } from './settings.ts'
import { SettingsDocument } from './settings_document.ts'
import { prepareTarget } from './settings_place.ts'
import type { ApiUri } from './uri.ts'
import { sweepTemporaryFiles, writeFileAtomic } from './write_file_atomic.ts'

/** The settings that change; what is absent stays as it is. */
export interface SettingsChange {
  apiUri?: ApiUri
  /** The credential itself, or where in the keyring it lies. */
  credential?: Secret | { keyring: KeyringAccount } | null
  lastUpdate?: number | null
  ignoreCerts?: boolean
  organization?: string | null
}

const NEW_FILE = `connection:
  uri: ${DEFAULT_SETTINGS.apiUri.uri}
auth_info:
  offline_access: null
last_update: null
ignore_certs: false
organization: null
`

/**
 * Changes the settings file, or makes it. Reading, changing and writing happen under a lock, so that no change of another process is
 * lost; comments and unknown keys stay.
 *
 * @param change the change itself, which also repairs a value that cannot be read; or a function that is told the current settings and
 * answers `undefined` when nothing is to change
 * @throws ERR_CONFIG_WRITE, ERR_CONFIG_LOCKED, and what `readSettings` throws; the file is untouched then
 */
export async function updateSettings(
  file: string,
  change: SettingsChange | ((current: Settings) => SettingsChange | undefined),
  options: LockOptions = {},
): Promise<void> {
  await updateDocument(file, (document) => {
    const wanted = typeof change === 'function' ? change(toSettings(document)) : change
    if (wanted === undefined) return false
    for (const [path, value] of entries(wanted)) document.set(path, value)
    return true
  }, options)
}

/**
 * Changes the document of a settings file under its lock; `edit` answers whether there is something to write.
 * @throws as `updateSettings`
 */
export async function updateDocument(
  file: string,
  edit: (document: SettingsDocument) => boolean,
  options: LockOptions = {},
): Promise<void> {
  const target = await prepareTarget(file)
  await withLock(target, async () => {
    await sweepTemporaryFiles(target)
    const document = await readFile(target, (open) => SettingsDocument.parse(open.bytes, file)) ??
      await parse(NEW_FILE, file)
    if (!edit(document)) return
    const text = document.toString()
    // What could not be read back is never written.
    toSettings(await parse(text, file))
    await writeFileAtomic(target, text)
  }, options)
}

function parse(text: string, file: string): Promise<SettingsDocument> {
  return SettingsDocument.parse(new TextEncoder().encode(text), file)
}

type Entry = Parameters<SettingsDocument['set']>

function* entries(change: SettingsChange): Iterable<Entry> {
  const { apiUri, credential, lastUpdate, ignoreCerts, organization } = change
  if (apiUri !== undefined) yield [['connection', 'uri'], apiUri]
  if (credential !== undefined) {
    const value = credential instanceof Secret ? credential.reveal() : credential
    yield [['auth_info', 'offline_access'], value]
  }
  if (lastUpdate !== undefined) yield [['last_update'], lastUpdate]
  if (ignoreCerts !== undefined) yield [['ignore_certs'], ignoreCerts]
  if (organization !== undefined) yield [['organization'], organization]
}
