import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { programDirectory } from './bundled.ts'
import type { Context } from './compose.ts'

/** What stays closed to every extension, whatever it was granted: secrets, consents, and programs with the user's rights. */
export function protectedPlaces(
  { paths }: Context,
  isWriter: boolean,
): { denyAccess: string[]; denyWrite: string[] } {
  const consent = join(paths.stateDirectory, 'consent')
  if (isWriter) {
    // What is not there cannot be closed, and an extension could be the first to make it: with settings, or consents, of its own.
    for (
      const each of [paths.configDirectory, consent, paths.cacheDirectory, paths.dataDirectory]
    ) {
      mkdirSync(each, { recursive: true, mode: 0o700 })
    }
  }
  return {
    denyAccess: withTargets([
      paths.configDirectory,
      paths.settingsFile,
      consent,
      join(paths.dataDirectory, 'server.sqlite'),
      paths.cacheDirectory,
    ]),
    denyWrite: withTargets([paths.dataDirectory, programDirectory() ?? process.execPath]),
  }
}

/** Adds where links lead: the engine compares paths as they are written. */
function withTargets(places: readonly string[]): string[] {
  return [...new Set(places.flatMap((path) => [path, realPath(path)]))]
}

/** Tells where a path leads; itself, where it leads nowhere. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
