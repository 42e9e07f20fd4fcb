import type { Stats } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import { display, systemCode } from '#base'
import { type LockOptions, withLock } from './lock.ts'
import { describeSystemError } from './system_error.ts'
import { cannotWrite, resolveTarget } from './write_file_atomic.ts'

/**
 * Makes the directory of the settings file where it is missing, and finds the file that is to be written. Locks lie beside that one, so that
 * two links to one file share them.
 *
 * @throws ERR_CONFIG_WRITE when it cannot be made, belongs to somebody else, or is not a file
 */
export async function prepareTarget(file: string): Promise<string> {
  await makeDirectory(file)
  const target = await resolveTarget(file)
  await assertOwn(dirname(target))
  await assertOwn(target)
  return target
}

/**
 * Does `work`, which exchanges the refresh token of a settings file, while no other process does so: a provider that sees one token
 * twice takes it for stolen, and ends the whole login. The settings themselves stay free for others meanwhile.
 *
 * @throws ERR_CONFIG_WRITE when nothing can be written beside the settings, ERR_CONFIG_LOCKED when the time is over
 */
export async function withExchangeLock<T>(
  settingsFile: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  return await withLock(`${await prepareTarget(settingsFile)}.exchange`, work, options)
}

async function makeDirectory(file: string): Promise<void> {
  const directory = dirname(file)
  await assertOwn(directory)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite(file, `making its directory failed: ${describeSystemError(error)}`, error)
  }
}

// `sudo` often keeps HOME: what root made in a user's home could not be changed by that user afterwards, and in somebody else's
// directory, links can be swapped while root writes. Anybody else only makes sure not to take over another user's file.
async function assertOwn(path: string): Promise<void> {
  const self = process.geteuid?.() ?? 0
  const { place, status } = await nearestExisting(path)
  if (status.uid === self || (self !== 0 && status.isDirectory())) return
  throw cannotWrite(path, `"${display(place)}" belongs to the user with the id ${status.uid}`)
}

async function nearestExisting(path: string): Promise<{ place: string; status: Stats }> {
  for (let place = path;; place = dirname(place)) {
    try {
      return { place, status: await stat(place) }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') continue
      throw cannotWrite(path, describeSystemError(error), error)
    }
  }
}
