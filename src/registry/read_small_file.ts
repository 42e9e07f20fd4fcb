import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { describeSystemError } from './system_error.ts'

/** The content of a file, with what was known of it while it was open. */
export interface SmallFile {
  readonly bytes: Uint8Array
  readonly status: Stats
}

/**
 * Reads a regular file of bounded size. A link is not followed, because it could lead out of the directory; a named pipe does not
 * halt phylum; what is checked is what is read.
 *
 * @param refuse builds the error from what is wrong
 */
export function readSmallFile(
  path: string,
  maxBytes: number,
  refuse: (state: string, cause?: unknown) => Error,
): SmallFile {
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (cause) {
    throw refuse(describeSystemError(cause), cause)
  }
  try {
    const status = fstatSync(descriptor)
    if (status.isDirectory()) throw refuse('it is a directory')
    if (!status.isFile()) throw refuse('it is not a regular file')
    if (status.size > maxBytes) throw refuse(`it is larger than ${maxBytes / 1024} KiB`)
    // One byte more than it should have shows that it grew meanwhile.
    const buffer = new Uint8Array(status.size + 1)
    const length = readSync(descriptor, buffer, 0, buffer.length, null)
    if (length !== status.size) throw refuse('it changed while it was read')
    return { bytes: buffer.subarray(0, length), status }
  } finally {
    closeSync(descriptor)
  }
}
