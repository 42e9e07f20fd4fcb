import { createSha256 } from '#base'
import type { Extension } from './find_extension.ts'

/** Which extension something was kept for. */
export type Identity = Pick<Extension, 'name' | 'source' | 'directory' | 'project'>

/**
 * Names what is kept for an extension, its state and its consent: an installed or bundled one is known by its name, one in some
 * directory by that directory, one that a project has pinned by both. Otherwise a stranger's directory, or the file of a project, could
 * call something "groups" and get what "groups" has stored.
 */
export function stateName({ name, source, directory, project }: Identity): string {
  if (source !== 'path' && source !== 'pinned') return name
  // No path holds a zero byte, so no directory can claim what belongs to a project.
  const place = source === 'path' ? directory : `${project}\0${name}`
  // "@" begins no name of an extension, so no name can claim what belongs to a directory.
  return `@${createSha256().update(place).digest('hex')}`
}
