import { posix } from 'node:path'
import type { Place } from './places.ts'
import { findPath, followPath, isWithin } from './real_path.ts'
import type { RealPath } from './real_path.ts'
import type { Scope } from './scope.ts'

/** A place that is there. */
export interface FoundPlace extends RealPath {
  access: Place['access']
}

/** What is shown, and what is not, as the mounts are made from it. */
export interface Sight {
  root: Scope['root']
  places: readonly FoundPlace[]
  /** Directories of the run's own whose content is in memory. */
  volatile: readonly string[]
  /** Directories and files that must not be seen. */
  closed: readonly RealPath[]
  /** Directories and files that must not be changed. */
  fixed: readonly RealPath[]
  /** Parent of the directories of runs: of them, a run sees its own. */
  runs: string
  workingDirectory: string
}

/** Looks up the places of a scope. */
export function look(scope: Scope): Sight {
  const closed = scope.denyAccess.map(findPath).filter((each) => each !== undefined)
  const fixed = scope.denyWrite.map(findPath).filter((each) => each !== undefined)
  const places = scope.places.flatMap((place): FoundPlace[] => {
    const found = place.isOptional ? findPath(place.path) : followPath(place.path)
    if (found === undefined) return []
    // What is both granted and denied is denied.
    const denied = place.access === 'write' ? [...closed, ...fixed] : closed
    const isDenied = denied.some(({ path }) => isWithin(found.path, path))
    return place.isGranted && isDenied ? [] : [{ ...found, access: place.access }]
  })
  return {
    root: scope.root,
    places,
    volatile: scope.volatile.map((path) =>
      posix.join(followPath(posix.dirname(path)).path, posix.basename(path))
    ),
    closed,
    fixed,
    runs: findPath(scope.runs)?.path ?? scope.runs,
    workingDirectory: scope.workingDirectory,
  }
}
