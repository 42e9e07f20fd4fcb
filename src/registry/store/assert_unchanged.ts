import { PhylumError } from '#base'
import { dirname } from 'node:path'
import type { Extension } from '../find_extension.ts'
import { refuseChanged } from './files.ts'
import { entryOfTree } from './places.ts'
import type { StorePlaces } from './places.ts'
import { readRecord } from './record.ts'

/**
 * Refuses to run an installed extension whose files are not those that were installed. What was copied to its place by hand has no
 * record, and its files are compared with the user's consent alone.
 *
 * @param digest of its files, as they are now
 * @throws ERR_REGISTRY_INTEGRITY; it names the file
 */
export function assertUnchanged(
  places: StorePlaces,
  extension: Extension,
  digest: string,
): void {
  if (entryOfTree(places, extension.directory) === undefined) return
  const record = readRecord(dirname(extension.directory))
  if (record === undefined) {
    throw new PhylumError(
      'ERR_REGISTRY_INTEGRITY',
      `Cannot run extension "${extension.name}": the record of its installation is damaged`,
      { hints: ['install it anew: `phylum ext install --overwrite SOURCE`'] },
    )
  }
  if (record.digest !== digest) refuseChanged(extension, record.files)
}
