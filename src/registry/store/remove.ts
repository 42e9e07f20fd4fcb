import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { entryDirectory, linkOf } from './places.ts'
import type { StorePlaces } from './places.ts'
import { listVersions } from './stored.ts'

/**
 * Removes an extension: its link first, then the versions that no team's lock file asks for. Of a link that leads elsewhere, the link
 * alone goes: what it leads to is not ours.
 *
 * To be called within `withName()`.
 */
export function removeInstalled(places: StorePlaces, name: string): void {
  const link = linkOf(places, name)
  const status = lstatSync(link, { throwIfNoEntry: false })
  if (status?.isSymbolicLink() === true) unlinkSync(link)
  else if (status !== undefined) {
    // Moved away whole before it is taken apart: half of it must never run.
    mkdirSync(places.stagingDirectory, { recursive: true, mode: 0o700 })
    const aside = mkdtempSync(join(places.stagingDirectory, 'aside-'))
    renameSync(link, join(aside, name))
    rmSync(aside, { recursive: true, force: true })
  }
  const versions = listVersions(places, name).filter(({ record }) => !record.isPinned)
  for (const { id } of versions) {
    rmSync(entryDirectory(places, name, id), { recursive: true, force: true })
  }
  try {
    rmdirSync(join(places.storeDirectory, name))
  } catch {
    // Something that is pinned is still in it, or nothing ever was.
  }
}
