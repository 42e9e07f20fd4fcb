import { constants } from 'node:fs'
import { lstat, open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { display, PhylumError, systemCode } from '#base'
import { describeSystemError } from './system_error.ts'

/** How a file is written. */
export interface WriteOptions {
  /** Permission bits, whatever the umask says; 0600 unless told. */
  mode?: number
}

/**
 * Replaces the content of a file, or makes the file: whoever reads it, and whatever ends this process, sees the old content or the
 * new one, whole. Of a symbolic link the target is replaced, and the link stays. The directory must exist.
 *
 * @throws ERR_CONFIG_WRITE when it cannot be done; the old content is then untouched, and nothing is left behind
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const target = await resolveTarget(path)
  const temporary = join(
    dirname(target),
    `.${basename(target)}.${randomName()}.tmp`,
  )
  try {
    await writeNew(temporary, content, options.mode ?? 0o600)
    await rename(temporary, target)
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw cannotWrite(path, describeSystemError(error), error)
  }
  try {
    await syncDirectory(dirname(target))
  } catch (error) {
    const state = `it is in place, but may not survive a power failure: ${
      describeSystemError(error)
    }`
    throw cannotWrite(path, state, error)
  }
}

/**
 * Removes temporary files that writers of this file left when they were killed. To be called where no other writer can be at
 * work: under the lock of the file.
 */
export async function sweepTemporaryFiles(path: string): Promise<void> {
  const start = `.${basename(path)}.`
  const names = await readdir(dirname(path)).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(start) || !/^[0-9a-f]{16}\.tmp$/.test(name.slice(start.length))) continue
    await unlink(join(dirname(path), name)).catch(() => {})
  }
}

/**
 * Follows a symbolic link to the file that is to be replaced.
 * @throws ERR_CONFIG_WRITE when the link leads nowhere or in a circle, or the target is not a regular file
 */
export async function resolveTarget(path: string): Promise<string> {
  try {
    const isLink = (await lstat(path)).isSymbolicLink()
    const target = isLink ? await realpath(path) : path
    const status = await stat(target)
    if (status.isDirectory()) throw cannotWrite(path, 'it is a directory')
    if (!status.isFile()) throw cannotWrite(path, 'it is not a regular file')
    return target
  } catch (error) {
    if (error instanceof PhylumError) throw error
    if (systemCode(error) !== 'ENOENT') throw cannotWrite(path, describeSystemError(error), error)
    if (await lstat(path).catch(() => undefined)) {
      throw cannotWrite(path, 'it is a symbolic link to a file that does not exist')
    }
    return path
  }
}

/** A name that nobody can guess: 64 random bits. */
function randomName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex')
}

async function writeNew(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  // O_EXCL and a name that nobody can guess: a link or a file that an attacker put there in advance is never written through.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const handle = await open(path, flags, 0o600)
  try {
    await handle.chmod(mode)
    await handle.writeFile(content)
    // Before the rename: otherwise a power failure can leave the new name with no content.
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems cannot sync a directory and say so.
    if (systemCode(error) !== 'EINVAL' && systemCode(error) !== 'ENOTSUP') throw error
  } finally {
    await handle.close()
  }
}

/** Builds the error for a file that cannot be written. */
export function cannotWrite(path: string, state: string, cause?: unknown): PhylumError {
  return new PhylumError('ERR_CONFIG_WRITE', `Cannot write "${display(path)}": ${state}`, { cause })
}
