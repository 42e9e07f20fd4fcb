import { statSync } from 'node:fs'
import { display, PhylumError } from '#base'
import { readSmallFile } from '../read_small_file.ts'
import { describeSystemError } from '../system_error.ts'
import type { Fetched, FetchWorld } from './fetched.ts'
import { isWebLocation } from './source.ts'
import type { ArchiveSource } from './source.ts'
import type { RefuseTree } from './tree.ts'
import { MAX_SIGNATURE, SIGNATURE, unpackArchive } from './unpack.ts'

/**
 * Fetches a packed extension, from a file or by https, with the signature beside it.
 *
 * @throws ERR_REGISTRY_SOURCE, ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_PATH
 */
export async function fetchArchive(
  source: ArchiveSource,
  destination: string,
  world: FetchWorld,
): Promise<Fetched> {
  const { location } = source
  if (isWebLocation(location)) {
    const { fetchWebArchive } = await import('./web_archive.ts')
    return await fetchWebArchive(location, destination, world)
  }
  const refuse = refuseSourceOf(location)
  try {
    // Before it is opened: a named pipe would never answer.
    if (!statSync(location).isFile()) throw refuse('it is not a regular file')
  } catch (cause) {
    if (cause instanceof PhylumError) throw cause
    throw refuse(describeSystemError(cause), cause)
  }
  const signature = readSignature(location)
  await unpackArchive(location, location, destination)
  return { resolved: location, version: null, directory: destination, signature }
}

/** Builds the error for an archive that is not there. */
function refuseSourceOf(location: string): RefuseTree {
  return (state, cause) =>
    new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "${display(location, 200)}": ${state}`, {
      cause,
    })
}

function readSignature(location: string): string | null {
  const path = `${location}${SIGNATURE}`
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null
  const { bytes } = readSmallFile(path, MAX_SIGNATURE, refuseSourceOf(path))
  return new TextDecoder().decode(bytes).trim()
}
