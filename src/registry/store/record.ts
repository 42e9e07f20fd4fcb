import { PhylumError } from '#base'
import { writeFileAtomic } from '#config'
import { findFaults } from '#permissions'
import type { PermissionRequest } from '#permissions'
import { join } from 'node:path'
import { readSmallFile } from '../read_small_file.ts'

/** Raised with every change that an older phylum would misread. */
const SCHEMA = 1

/** Largest record, in bytes: it names every file of the extension. */
const MAX_BYTES = 4 * 1024 * 1024

/** Name of the file in an entry of the store. */
const RECORD_FILE = 'record.json'

/** What an extension in the store is, and where it came from. It lies beside the files, where no extension can write. */
export interface InstallRecord {
  readonly name: string
  /** As the manifest says. */
  readonly version: string | null
  readonly description: string | null
  /** What was asked for, as `renderSource()` writes it: an update asks for the same. */
  readonly source: string
  /** Which of a workspace's extensions, as a path in it; null for a source that is one extension. */
  readonly member: string | null
  /** What exactly was fetched: a commit, the URL of an archive, a directory. */
  readonly resolved: string
  /** Of its pack: "sha512-…", the same by whatever road it came. */
  readonly integrity: string
  /** Of its files, as `digestExtension()` computes it. */
  readonly digest: string
  /** SHA-256 of each file, hex, by its path. */
  readonly files: Readonly<Record<string, string>>
  /** Digest of the modules that were fetched for it; null where it imports none from elsewhere. */
  readonly modules: string | null
  /** What its manifest asks for. */
  readonly request: PermissionRequest
  /** Name of the trusted publisher whose signature it bore. */
  readonly publisher: string | null
  /** Whether a team's lock file asked for it: it stays, although no link leads to it. */
  readonly isPinned: boolean
  /** Entry of the version that was in use before this one. */
  readonly previous: string | null
  /** When, as in RFC 3339. */
  readonly installedAt: string
}

/** Reads the record of an entry; undefined where there is none, or none that can be trusted to be whole. */
export function readRecord(entry: string): InstallRecord | undefined {
  try {
    const { bytes } = readSmallFile(join(entry, RECORD_FILE), MAX_BYTES, unreadable)
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Writes the record of an entry. @throws ERR_CONFIG_WRITE */
export async function writeRecord(entry: string, record: InstallRecord): Promise<void> {
  const text = `${JSON.stringify({ schema: SCHEMA, ...record }, null, 2)}\n`
  await writeFileAtomic(join(entry, RECORD_FILE), text)
}

const TEXTS = ['name', 'source', 'resolved', 'integrity', 'digest', 'installedAt'] as const
const TEXTS_OR_NULL = [
  'version',
  'description',
  'member',
  'modules',
  'publisher',
  'previous',
] as const

function isRecord(value: unknown): value is InstallRecord {
  if (!isTable(value)) return false
  const { schema, files, request, isPinned } = value
  return schema === SCHEMA && isTable(files) && isTable(request) &&
    typeof isPinned === 'boolean' && TEXTS.every((key) => typeof value[key] === 'string') &&
    TEXTS_OR_NULL.every((key) => value[key] === null || typeof value[key] === 'string') &&
    Object.values(files).every((hash) => typeof hash === 'string') &&
    findFaults(request).length === 0
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(state: string): Error {
  return new PhylumError('ERR_REGISTRY_INTEGRITY', `Cannot read a record: ${state}`)
}
