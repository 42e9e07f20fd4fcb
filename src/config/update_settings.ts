import type { Stats } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import { display, type Secret, systemCode } from '#base'
import { type LockOptions, withLock } from './lock.ts'
import { readFile } from './read_file.ts'
import { DEFAULT_SETTINGS, type Settings, toSettings } from './settings.ts'
import { SettingsDocument, type SettingsEntry } from './settings_document.ts'
import { describeSystemError } from './system_error.ts'
import type { ApiUri } from './uri.ts'
import {
  cannotWrite,
  resolveTarget,
  sweepTemporaryFiles,
  writeFileAtomic,
} from './write_file_atomic.ts'

/** The settings that change; what is absent stays as it is. */
export interface SettingsChange {
  apiUri?: ApiUri
  credential?: Secret | null
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
  await makeDirectory(file)
  // Two links to one file share its lock, because the lock lies beside the target.
  const target = await resolveTarget(file)
  await assertOwn(dirname(target))
  await assertOwn(target)
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

function* entries(change: SettingsChange): Iterable<[string[], SettingsEntry['value']]> {
  const { apiUri, credential, lastUpdate, ignoreCerts, organization } = change
  if (apiUri !== undefined) yield [['connection', 'uri'], apiUri]
  if (credential !== undefined) {
    yield [['auth_info', 'offline_access'], credential === null ? null : credential.reveal()]
  }
  if (lastUpdate !== undefined) yield [['last_update'], lastUpdate]
  if (ignoreCerts !== undefined) yield [['ignore_certs'], ignoreCerts]
  if (organization !== undefined) yield [['organization'], organization]
}

async function makeDirectory(file: string): Promise<void> {
  const directory = dirname(file)
  await assertOwn(directory)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite(file, `making its directory failed: ${describeSystemError(error)}`, error)
  }
}

// `sudo` often keeps HOME: what root made in a user's home could not be changed by that user afterwards, and in somebody else's
// directory, links can be swapped while root writes. Anybody else only makes sure not to take over another user's file.
async function assertOwn(path: string): Promise<void> {
  const self = process.geteuid?.() ?? 0
  const { place, status } = await nearestExisting(path)
  if (status.uid === self || (self !== 0 && status.isDirectory())) return
  throw cannotWrite(path, `"${display(place)}" belongs to the user with the id ${status.uid}`)
}

async function nearestExisting(path: string): Promise<{ place: string; status: Stats }> {
  for (let place = path;; place = dirname(place)) {
    try {
      return { place, status: await stat(place) }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') continue
      throw cannotWrite(path, describeSystemError(error), error)
    }
  }
}
