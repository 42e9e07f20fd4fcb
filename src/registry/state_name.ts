import { createSha256 } from '#base'
import type { Extension } from './find_extension.ts'

/** Which extension something was kept for. */
export type Identity = Pick<Extension, 'name' | 'source' | 'directory'>

/**
 * Names what is kept for an extension, its state and its consent: an installed or bundled one is known by its name, one in some
 * directory by that directory. Otherwise a stranger's directory could call itself "groups" and get what "groups" has stored.
 */
export function stateName({ name, source, directory }: Identity): string {
  // "@" begins no name of an extension, so no name can claim what belongs to a directory.
  return source === 'path' ? `@${createSha256().update(directory).digest('hex')}` : name
}
