import { PhylumError, systemCode } from '#base'
import { withLock } from '#config'
import { lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { digestExtension } from '../digest.ts'
import { entryDirectory, entryId, linkOf, MODULES, TREE } from './places.ts'
import type { StorePlaces } from './places.ts'
import { readRecord, writeRecord } from './record.ts'
import type { InstallRecord } from './record.ts'
import type { Candidate } from './stage.ts'
import { findInstalled, readStored } from './stored.ts'
import type { StoredExtension } from './stored.ts'
import { sweepVersions } from './sweep.ts'

/** What a candidate's record says beside what it is. */
export interface KeepOptions {
  readonly publisher: string | null
  /** Digest of its modules, which lie in its entry; null where it has none. */
  readonly modules: string | null
  /** Whether a team's lock file asks for it. */
  readonly isPinned: boolean
}

/**
 * Does work on what is installed under a name, while no other phylum does.
 *
 * @throws ERR_CONFIG_LOCKED, ERR_CONFIG_WRITE
 */
export async function withName<T>(
  places: StorePlaces,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(places.storeDirectory, { recursive: true, mode: 0o700 })
  return await withLock(join(places.storeDirectory, name), work)
}

/**
 * Moves a candidate into the store, in one step: whoever looks sees no entry, or a whole one. An entry with the same files is kept, for
 * it may be in use; one whose files are not what its record says is replaced.
 *
 * To be called within `withName()`.
 */
export async function keepCandidate(
  places: StorePlaces,
  candidate: Candidate,
  { publisher, modules, isPinned }: KeepOptions,
): Promise<StoredExtension> {
  const { name, version, description, source, member, resolved } = candidate
  const { integrity, digest, files, request } = candidate
  const id = entryId(digest)
  const entry = entryDirectory(places, name, id)
  const known = readRecord(entry)
  const current = findInstalled(places, name)
  const record: InstallRecord = {
    name,
    version,
    description,
    source,
    member,
    resolved,
    integrity,
    digest,
    files,
    modules,
    request,
    publisher,
    isPinned: isPinned || (known?.isPinned ?? false),
    previous: current === undefined || current.id === id ? known?.previous ?? null : current.id,
    installedAt: new Date().toISOString(),
  }
  if (isWhole(entry, digest) && known?.modules === modules) {
    await writeRecord(entry, record)
  } else {
    await writeRecord(candidate.entry, record)
    mkdirSync(dirname(entry), { recursive: true, mode: 0o700 })
    setAside(places, entry)
    renameSync(candidate.entry, entry)
  }
  const directory = join(entry, TREE)
  return { id, directory, modules: modules === null ? null : join(entry, MODULES), record }
}

/** Keeps a version for as long as a team's lock file asks for it. To be called within `withName()`. */
export async function pinStored(
  places: StorePlaces,
  { id, record }: StoredExtension,
): Promise<void> {
  if (record.isPinned) return
  await writeRecord(entryDirectory(places, record.name, id), { ...record, isPinned: true })
}

/** Answers whether the files of an entry are those of a digest. */
function isWhole(entry: string, digest: string): boolean {
  try {
    return digestExtension(join(entry, TREE)) === digest
  } catch {
    return false
  }
}

/** Moves what is broken out of the way, and removes it. */
function setAside(places: StorePlaces, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
  mkdirSync(places.stagingDirectory, { recursive: true, mode: 0o700 })
  const aside = mkdtempSync(join(places.stagingDirectory, 'aside-'))
  renameSync(path, join(aside, 'broken'))
  rmSync(aside, { recursive: true, force: true })
}

/**
 * Puts a version into use, in one step: a link is replaced by another. Whoever runs the old one goes on with it.
 *
 * To be called within `withName()`.
 *
 * @throws ERR_REGISTRY_EXISTS when something that is no link lies in its place
 */
export function activate(places: StorePlaces, name: string, id: string): void {
  const link = linkOf(places, name)
  const target = join(entryDirectory(places, name, id), TREE)
  mkdirSync(places.extensionsDirectory, { recursive: true, mode: 0o700 })
  mkdirSync(places.stagingDirectory, { recursive: true, mode: 0o700 })
  const aside = mkdtempSync(join(places.stagingDirectory, 'link-'))
  try {
    symlinkSync(relative(places.extensionsDirectory, target), join(aside, name))
    renameSync(join(aside, name), link)
  } catch (cause) {
    const code = systemCode(cause)
    throw code === 'EISDIR' || code === 'ENOTEMPTY' || code === 'EEXIST'
      ? occupied(name, link)
      : new PhylumError(
        'ERR_CONFIG_WRITE',
        `Cannot put extension "${name}" into its place: the system reported ${code}`,
        { cause },
      )
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  sweepVersions(places, name)
}

/**
 * Goes back to the version that was in use before. To be called within `withName()`.
 *
 * @throws ERR_REGISTRY_NOT_FOUND when there is none
 */
export function findPrevious(places: StorePlaces, name: string): StoredExtension {
  const previous = findInstalled(places, name)?.record.previous ?? null
  const stored = previous === null ? undefined : readStored(places, name, previous)
  if (stored !== undefined) return stored
  throw new PhylumError(
    'ERR_REGISTRY_NOT_FOUND',
    `Cannot go back to an earlier version of extension "${name}": there is none`,
  )
}

function occupied(name: string, link: string): PhylumError {
  return new PhylumError(
    'ERR_REGISTRY_EXISTS',
    `Cannot install extension "${name}": a directory that phylum did not make lies in its place`,
    { hints: [`move "${link}" away, or remove it by \`phylum ext uninstall ${name}\``] },
  )
}
