import { display, PhylumError } from '#base'
import { gunzip } from './gunzip.ts'
import { readTar } from './tar.ts'
import { writeTree } from './tree.ts'
import type { RefuseTree } from './tree.ts'

/** What stands behind the name of an archive in that of its signature. */
export const SIGNATURE = '.jws'

/** Longest signature, in bytes. */
export const MAX_SIGNATURE = 64 * 1024

/**
 * Writes what is in a packed extension into an empty directory, without the one directory that it all lies in.
 *
 * @param shown what the archive is called in messages
 * @throws ERR_REGISTRY_PATH when it is damaged, or holds what no extension may hold
 */
export async function unpackArchive(
  file: string,
  shown: string,
  destination: string,
): Promise<void> {
  const refuse: RefuseTree = (state, cause) =>
    new PhylumError('ERR_REGISTRY_PATH', `Cannot unpack "${display(shown, 200)}": ${state}`, {
      cause,
    })
  const entries = readTar(gunzip(file, refuse), refuse)
  await writeTree(entries, destination, { refuse, isBelowTop: true })
}
