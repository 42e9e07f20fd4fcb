import { NO_CORE } from './limits.ts'
import { createOpenMounts } from './mounts.ts'
import { enter } from './namespaces.ts'
import type { NamespaceMaker } from './namespaces.ts'
import type { Launch } from './plan.ts'
import { findPath } from './real_path.ts'
import type { WalledLaunch } from './wall.ts'

/** What stays closed to a command that runs outside of every plan. */
export interface OutsidePlan {
  denyAccess: readonly string[]
  denyWrite: readonly string[]
  /** Parent of the directories of runs. */
  runs: string
  workingDirectory: string
}

/**
 * Lets a command run with all that the user can do, except for looking at what phylum keeps: its places are covered, and its
 * processes, with the user's environment in them, are not there. No Landlock and no filter: both would be felt, and
 * what they keep from a wall's inside is what this command is meant to have.
 *
 * It holds no one who means harm for long: whoever may write the user's files can leave a program for the user to start.
 */
export function leaveOutside(
  plan: OutsidePlan,
  launch: Launch,
  namespaces: NamespaceMaker,
): WalledLaunch {
  const present = (paths: readonly string[]) =>
    paths.map(findPath).filter((each) => each !== undefined)
  const mounts = createOpenMounts(
    present(plan.denyAccess),
    present(plan.denyWrite),
    findPath(plan.runs),
  )
  const entrance = enter(namespaces, mounts, true)
  return {
    ...entrance.launch,
    namespaces,
    task: {
      namespaces: entrance.namespaces,
      mounts: entrance.mounts,
      directory: plan.workingDirectory,
      limits: [NO_CORE],
      landlock: null,
      filter: null,
      ...launch,
    },
  }
}
