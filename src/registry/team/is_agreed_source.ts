import { readConsent } from '../consent.ts'
import { isPhylumError } from '#base'
import { parseSource } from '../source/source.ts'
import { entryId } from '../store/places.ts'
import { readStored } from '../store/stored.ts'
import { isSamePlace } from '../trust/source_pattern.ts'
import { pinnedIdentity } from './find_pinned.ts'
import type { PinPlaces } from './find_pinned.ts'
import type { Project } from './find_project.ts'
import type { TeamEntry } from './read_team_file.ts'

/**
 * Answers whether what the user agreed to last, in a project and under a name, came from the same place. Otherwise whoever can change the
 * files of the project could put another program in its place, and have it inherit the permissions.
 */
export function isAgreedSource(
  project: Project,
  { name, source }: TeamEntry,
  { store, stateDirectory, home }: PinPlaces,
): boolean {
  const consent = readConsent(stateDirectory, pinnedIdentity(project, name, project.directory))
  const stored = consent && readStored(store, name, entryId(consent.digest))
  if (stored === undefined) return false
  try {
    const before = parseSource(stored.record.source, { workingDirectory: '/', home })
    return isSamePlace(before, source)
  } catch (error) {
    if (!isPhylumError(error)) throw error
    return false
  }
}
