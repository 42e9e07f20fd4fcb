import { constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { display, PhylumError, systemCode } from '#base'
import { describeSystemError } from './system_error.ts'

/** Most bytes of a settings file; a few hundred are usual. It bounds what a hostile file can make the parser do. */
export const MAX_FILE_BYTES = 64 * 1024

/** A file that was opened and found to be a regular file of bounded size. */
export interface OpenFile {
  readonly handle: FileHandle
  readonly bytes: Uint8Array
  /** Numeric id of the owner. */
  readonly owner: number
  /** Permission bits. */
  readonly mode: number
}

/**
 * Opens and reads a file, and hands it over to `use` while it is open, so that what is checked is what was read.
 * Answers `undefined` when no such file exists.
 *
 * @throws ERR_CONFIG_READ when it cannot be read, is not a regular file, is too large or is a link to nothing
 */
export async function readFile<T>(
  path: string,
  use: (file: OpenFile) => Promise<T>,
  subject = 'settings',
): Promise<T | undefined> {
  const cannotRead = (path: string, state: string, cause?: unknown) =>
    refuseFile(path, state, { cause, subject })
  let handle: FileHandle
  try {
    // Without O_NONBLOCK a named pipe in the place of the file would halt phylum until somebody writes to it.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw cannotRead(path, describeSystemError(error), error)
    if (await isLink(path)) {
      throw cannotRead(path, 'it is a symbolic link to a file that does not exist')
    }
    return undefined
  }
  try {
    return await use(await readOpen(path, handle, cannotRead))
  } finally {
    await handle.close()
  }
}

async function readOpen(
  path: string,
  handle: FileHandle,
  cannotRead: (path: string, state: string, cause?: unknown) => PhylumError,
): Promise<OpenFile> {
  const status = await handle.stat()
  if (status.isDirectory()) throw cannotRead(path, 'it is a directory')
  if (!status.isFile()) throw cannotRead(path, 'it is not a regular file')

  const buffer = new Uint8Array(MAX_FILE_BYTES + 1)
  let length = 0
  try {
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
  } catch (error) {
    throw cannotRead(path, describeSystemError(error), error)
  }
  if (length > MAX_FILE_BYTES) {
    throw cannotRead(path, `it is larger than ${MAX_FILE_BYTES / 1024} KiB`)
  }
  return {
    handle,
    bytes: buffer.subarray(0, length),
    owner: status.uid,
    mode: status.mode & 0o7777,
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink()
  } catch {
    return false
  }
}

/** Builds the error for settings that cannot be read. */
export function cannotRead(path: string, state: string): PhylumError {
  return refuseFile(path, state, { subject: 'settings' })
}

function refuseFile(
  path: string,
  state: string,
  { cause, subject }: { cause?: unknown; subject: string },
): PhylumError {
  const message = `Cannot read ${subject} "${display(path)}": ${state}`
  return new PhylumError('ERR_CONFIG_READ', message, { cause })
}
