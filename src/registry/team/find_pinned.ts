import { PhylumError } from '#base'
import { readConsent } from '../consent.ts'
import { loadExtension } from '../find_extension.ts'
import type { Extension } from '../find_extension.ts'
import type { Identity } from '../state_name.ts'
import type { StorePlaces } from '../store/places.ts'
import { findStored } from '../store/stored.ts'
import type { StoredExtension } from '../store/stored.ts'
import { findProject } from './find_project.ts'
import type { Project } from './find_project.ts'
import { readLockFile } from './lock_file.ts'
import type { LockedExtension } from './lock_file.ts'
import { readTeamFile } from './read_team_file.ts'
import type { TeamEntry } from './read_team_file.ts'

/** Where pinned extensions are looked for. */
export interface PinPlaces {
  readonly store: StorePlaces
  readonly stateDirectory: string
  readonly workingDirectory: string
  readonly home: string
}

/**
 * Finds the extension that the project in which one stands has pinned under a name; undefined where it has none.
 *
 * The files of a project are whatever somebody checked out, so they choose only among what this user has synced in this very
 * directory: a lock file alone could call an old version with a hole "groups", or another extension, and have it run.
 *
 * @throws ERR_REGISTRY_LOCK when it is not synced, and what reading the files and the extension throws
 */
export async function findPinned(name: string, places: PinPlaces): Promise<Extension | undefined> {
  const project = findProject(places.workingDirectory)
  if (project === undefined) return undefined
  const entry = (await readTeamFile(project, places.home)).find((each) => each.name === name)
  if (entry === undefined) return undefined
  const locked = (await readLockFile(project)).find((each) => each.name === name)
  return await loadPinned(project, entry, locked, places)
}

/**
 * Loads a pinned extension from the store.
 *
 * @throws ERR_REGISTRY_LOCK when it is not synced
 */
export async function loadPinned(
  project: Project,
  entry: TeamEntry,
  locked: LockedExtension | undefined,
  places: PinPlaces,
): Promise<Extension> {
  const refuse = (state: string) =>
    new PhylumError(
      'ERR_REGISTRY_LOCK',
      `Cannot use extension "${entry.name}" of ${entry.where}: ${state}`,
      { hints: ['run `phylum ext sync`'] },
    )
  if (locked === undefined) throw refuse('the lock file does not have it')
  if (locked.source !== entry.text) throw refuse('the lock file has it from another source')
  const stored = findStored(places.store, entry.name, locked.integrity)
  if (stored === undefined) throw refuse('it is not on this machine')
  if (!isSynced(project, stored, places.stateDirectory)) {
    throw refuse('it has not been synced for this directory')
  }
  const extension = await loadExtension(stored.directory, 'pinned', entry.name)
  return { ...extension, project: project.directory }
}

/** Tells for whom consent and state of a pinned extension are kept. */
export function pinnedIdentity(project: Project, name: string, directory: string): Identity {
  return { name, source: 'pinned', directory, project: project.directory }
}

/** Answers whether the user has synced an extension for a project: its consent, which names the files, tells. */
export function isSynced(
  project: Project,
  { directory, record }: StoredExtension,
  stateDirectory: string,
): boolean {
  const identity = pinnedIdentity(project, record.name, directory)
  return readConsent(stateDirectory, identity, record.digest)?.digest === record.digest
}
