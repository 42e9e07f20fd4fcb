import { display, PhylumError, systemCode } from '#base'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { describeSystemError } from '../system_error.ts'

/**
 * Makes the directory of a new extension with all that is in it: there is all of it or nothing, and nothing that was there is
 * touched.
 *
 * @param path absolute path of the directory
 * @param files texts by path below it
 * @throws ERR_REGISTRY_EXISTS when something is there already, ERR_REGISTRY_PATH when it cannot be written
 */
export function createExtension(path: string, files: Readonly<Record<string, string>>): void {
  const parent = dirname(path)
  let staged: string | undefined
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw exists(path)
    mkdirSync(parent, { recursive: true })
    staged = mkdtempSync(join(parent, `.${basename(path)}-`))
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(staged, name)), { recursive: true, mode: 0o755 })
      writeFileSync(join(staged, name), text, { flag: 'wx', mode: 0o644 })
    }
    chmodSync(staged, 0o755 & ~process.umask())
    // Onto a directory with something in it, a link or a file, nothing is renamed.
    renameSync(staged, path)
  } catch (error) {
    if (staged !== undefined) rmSync(staged, { recursive: true, force: true })
    if (error instanceof PhylumError) throw error
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(error) ?? '') && staged) {
      throw exists(path)
    }
    throw new PhylumError(
      'ERR_REGISTRY_PATH',
      `Cannot make extension "${display(path)}": ${describeSystemError(error)}`,
      { cause: error },
    )
  }
}

function exists(path: string): PhylumError {
  return new PhylumError(
    'ERR_REGISTRY_EXISTS',
    `Cannot make extension "${display(path)}": something is there already`,
    { hints: ['choose another name, or move it away'] },
  )
}
