import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { entryDirectory } from './places.ts'
import type { StorePlaces } from './places.ts'
import { findInstalled, listVersions, readStored } from './stored.ts'

/** How long a fetch may take before what it has left is swept away, in milliseconds. */
const STALE = 24 * 60 * 60 * 1000

/** How many versions before the one in use are kept, to go back to, and for runs that are still in them. */
const KEPT = 2

/** Removes what fetches have left that were killed. One that runs is younger than a day. */
export function sweepStaging(stagingDirectory: string): void {
  for (const name of readdirSync(stagingDirectory)) {
    const path = join(stagingDirectory, name)
    const status = statSync(path, { throwIfNoEntry: false })
    if (status === undefined || Date.now() - status.mtimeMs < STALE) continue
    rmSync(path, { recursive: true, force: true })
  }
}

/** Removes versions of an extension that nothing leads to any more: neither a link, nor a way back, nor a team's lock file. */
export function sweepVersions(places: StorePlaces, name: string): void {
  const kept = new Set<string>()
  let version = findInstalled(places, name)
  for (let steps = 0; version !== undefined && steps <= KEPT; steps++) {
    kept.add(version.id)
    const { previous } = version.record
    version = previous === null ? undefined : readStored(places, name, previous)
  }
  for (const { id, record } of listVersions(places, name)) {
    if (kept.has(id) || record.isPinned) continue
    rmSync(entryDirectory(places, name, id), { recursive: true, force: true })
  }
}
