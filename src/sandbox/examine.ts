import { explainFailure } from './explain_failure.ts'
import { createFilter } from './filter.ts'
import { createRuleset } from './landlock.ts'
import type { Failure, Task } from './launcher/task.ts'
import type { LauncherRuntime } from './runtime.ts'
import { startGuest } from './start.ts'
import { machine } from './wall.ts'

/** What the kernel can do besides namespaces. */
export interface Examination {
  /** Version of Landlock; 0 when there is none. */
  landlock: number
  /** What the version that is there leaves open, and the version that holds it. */
  open: readonly (readonly [version: number, what: string])[]
  /** Why Landlock cannot be put up; undefined when it can. */
  landlockFault: string | undefined
  /** Why no filter of system calls can be put up; undefined when one can. */
  seccompFault: string | undefined
}

/** What each version of Landlock has brought that is made use of. */
const BROUGHT: readonly (readonly [version: number, what: string])[] = [
  [2, 'files cannot be moved between directories, even where both may be changed'],
  [3, 'a file that may be read can be cut, but for its own permissions'],
  [4, 'ports are not restricted where hosts are granted'],
  [5, 'devices that are open can be told anything'],
  [6, 'abstract sockets and signals are not restricted without namespaces'],
  [
    9,
    'sockets in directories that may be read can be connected to, if they are made during the run',
  ],
]

/** Tries each layer that needs no namespaces, around a program that is not there. */
export async function examine(runtime: LauncherRuntime): Promise<Examination> {
  const landlock = await attempt(runtime, { landlock: createRuleset([], []) })
  const filter = Buffer.from(createFilter({ machine: machine(), hasNetwork: false }))
  const seccomp = await attempt(runtime, { filter: filter.toString('base64') })
  const version = landlock.landlock ?? 0
  return {
    landlock: version,
    open: BROUGHT.filter(([since]) => since > version),
    landlockFault: explain(landlock.failure),
    seccompFault: explain(seccomp.failure),
  }
}

async function attempt(runtime: LauncherRuntime, layers: Partial<Task>) {
  const [command = '', ...args] = runtime.command
  const guest = await startGuest({
    command,
    args,
    environment: runtime.environment,
    namespaces: null,
    task: {
      mounts: null,
      directory: '/',
      limits: [],
      landlock: null,
      filter: null,
      isInit: false,
      command: '/nonexistent',
      args: [],
      environment: {},
      ...layers,
    },
  })
  return await guest.ended
}

/** Whoever gets as far as to start the program has put up the layer. */
function explain(failure: Failure | undefined): string | undefined {
  return failure === undefined || failure.layer === 'start'
    ? undefined
    : explainFailure(failure).message
}
