import type { Grant } from '#permissions'
import { posix } from 'node:path'
import type { Access } from './landlock.ts'
import type { Libraries } from './libraries.ts'
import { ENGINE_CACHE } from './module_files.ts'
import { listPlaces, rootAccess, SYSTEM_PLACES } from './places.ts'
import type { Place } from './places.ts'
import type { Plan } from './plan.ts'

/** What a process may use of the system, whatever it is: an engine with an extension in it, or a command. */
export interface Scope {
  places: readonly Place[]
  /** Directories in a place of the run's own whose content is gone with the run, and need not be on a disk until then. */
  volatile: readonly string[]
  /** What may be done everywhere, but where it is denied. */
  root: readonly Access[]
  denyAccess: readonly string[]
  denyWrite: readonly string[]
  /** Parent of the directories of runs, of which the process sees its own. */
  runs: string
  workingDirectory: string
  net: true | readonly string[]
}

/** What a plan lets an extension and its engine use. */
export function scopeOfPlan(plan: Plan): Scope {
  return {
    places: listPlaces(plan),
    // Deno keeps databases in it, and waits for the disk while it makes them. What was fetched before is linked to from there.
    volatile: plan.modules === null ? [`${plan.runDirectory}/${ENGINE_CACHE}`] : [],
    root: rootAccess(plan.granted),
    denyAccess: plan.denyAccess,
    denyWrite: plan.denyWrite,
    runs: posix.dirname(plan.runDirectory),
    workingDirectory: plan.workingDirectory,
    net: plan.granted.net,
  }
}

/** A command that is to run behind the wall. */
export interface CommandPlan {
  /** The command and the programs it may start, with what these need to be started; absolute. */
  programs: readonly string[]
  /** Libraries of the command. */
  libraries: Libraries
  /** What it may read, and change: paths, absolute, or everything. */
  read: Grant
  write: Grant
  /** Whether it may start whatever is there, and so read it. */
  mayRunAll?: boolean
  hasNetwork: boolean
  /** Whether nothing is granted that is not named: not even what programs of a system need to run. */
  isStrict: boolean
  denyAccess: readonly string[]
  denyWrite: readonly string[]
  runs: string
  workingDirectory: string
}

/** What a command may use. */
export function scopeOfCommand(plan: CommandPlan): Scope {
  const place = (access: Access, more: Partial<Place> = {}) => (path: string): Place => ({
    path,
    access,
    ...more,
  })
  const { loader, files, nameService } = plan.libraries
  const system = [...SYSTEM_PLACES.programs, ...SYSTEM_PLACES.clock, ...SYSTEM_PLACES.network]
  const defaults = plan.isStrict ? [] : [...files, ...nameService, ...system]
  const listed = (grant: Grant) => grant === true ? [] : grant
  const run = plan.mayRunAll ? true : []
  return {
    places: [
      ...plan.programs.map(place('execute')),
      ...(loader === null || plan.isStrict ? [] : [loader]).map(place('execute')),
      ...defaults.map(place('read', { isOptional: true })),
      ...listed(plan.read).map(place('read', { isGranted: true })),
      ...listed(plan.write).flatMap((path) =>
        (['read', 'write'] as const).map((access) => place(access, { isGranted: true })(path))
      ),
    ],
    volatile: [],
    root: rootAccess({ ...plan, run }),
    denyAccess: plan.denyAccess,
    denyWrite: plan.denyWrite,
    runs: plan.runs,
    workingDirectory: plan.workingDirectory,
    net: plan.hasNetwork ? true : [],
  }
}
