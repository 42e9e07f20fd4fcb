import { createFilter } from './filter.ts'
import { createRuleset } from './landlock.ts'
import { machine } from './kernel.ts'
import type { Task } from './launcher/task.ts'
import { LAUNCHER } from './launcher_file.ts'
import { listLimits } from './limits.ts'
import { enter } from './namespaces.ts'
import type { NamespaceMaker } from './namespaces.ts'
import type { Launch, Plan } from './plan.ts'
import { listPorts } from './ports.ts'
import { scopeOfPlan } from './scope.ts'
import type { Scope } from './scope.ts'
import { createView } from './view.ts'

/** Which layers a wall has. */
export interface Layers {
  /** What makes namespaces; null to do without them. */
  namespaces: NamespaceMaker | null
  landlock: boolean
  seccomp: boolean
  /** Most memory of a process, in MiB; no limit when absent. */
  memory?: number | null
}

/** A guest behind a wall: what to start, and what to tell it. */
export interface WalledLaunch extends Launch {
  /** What makes its namespaces; null when it has none. */
  namespaces: NamespaceMaker | null
  /** What the launcher does before it becomes the engine. */
  task: Task
}

/** Puts a wall around an engine that is to be started: the same plan, for the kernel. */
export function putUp(plan: Plan, launch: Launch, layers: Layers): WalledLaunch {
  return enclose(scopeOfPlan(plan), launch, layers)
}

/**
 * Puts a wall around whatever is to be started.
 *
 * @throws ERR_SANDBOX_START when something that was granted is not there any more
 */
export function enclose(scope: Scope, launch: Launch, layers: Layers): WalledLaunch {
  const { namespaces } = layers
  const hasNetwork = scope.net === true || scope.net.length > 0
  const view = createView(scope, namespaces !== null)
  const entrance = namespaces === null
    ? { launch: LAUNCHER, namespaces: null, mounts: null }
    : enter(namespaces, view.mounts, hasNetwork)
  return {
    ...entrance.launch,
    namespaces,
    task: {
      namespaces: entrance.namespaces,
      mounts: entrance.mounts,
      directory: view.directory,
      limits: listLimits(namespaces !== null, layers.memory ?? null),
      landlock: layers.landlock ? createRuleset(view.rules, listPorts(scope.net)) : null,
      filter: layers.seccomp ? createFilter({ machine: machine(), hasNetwork }) : null,
      command: launch.command,
      args: launch.args,
      environment: launch.environment,
    },
  }
}
