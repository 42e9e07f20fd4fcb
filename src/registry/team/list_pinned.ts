import { isPhylumError } from '#base'
import type { ListedExtension } from '../list_extensions.ts'
import { findProject } from './find_project.ts'
import { loadPinned } from './find_pinned.ts'
import type { PinPlaces } from './find_pinned.ts'
import { readLockFile } from './lock_file.ts'
import { readTeamFile } from './read_team_file.ts'

/**
 * Lists what the project in which one stands has pinned, in the order of the names; what is not synced is listed with that as its
 * fault.
 *
 * @throws ERR_REGISTRY_LOCK when the files of the project cannot be used
 */
export async function listPinned(places: PinPlaces): Promise<ListedExtension[]> {
  const project = findProject(places.workingDirectory)
  if (project === undefined) return []
  const entries = await readTeamFile(project, places.home)
  const lock = new Map((await readLockFile(project)).map((each) => [each.name, each]))
  return await Promise.all(entries.map(async (entry): Promise<ListedExtension> => {
    const locked = lock.get(entry.name)
    const facts = {
      name: entry.name,
      source: 'pinned' as const,
      origin: entry.text,
      integrity: locked?.integrity ?? null,
    }
    try {
      const { directory, manifest } = await loadPinned(project, entry, locked, places)
      const { version = null, description = null } = manifest
      return { ...facts, directory, version, description, error: null }
    } catch (error) {
      if (!isPhylumError(error)) throw error
      const version = locked?.version ?? null
      return { ...facts, directory: project.directory, version, description: null, error }
    }
  }))
}
