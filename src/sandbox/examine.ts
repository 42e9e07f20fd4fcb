import { PhylumError } from '#base'
import { explainFailure } from './explain_failure.ts'
import { createFilter } from './filter.ts'
import { createRuleset } from './landlock.ts'
import { LAUNCHER, versionOfLandlock } from './launcher_file.ts'
import { EMPTY_TASK, isCommandMissing } from './launcher/task.ts'
import type { Task } from './launcher/task.ts'
import { machine, openKernel } from './kernel.ts'
import { startGuest } from './start.ts'

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
export async function examine(): Promise<Examination> {
  const filter = createFilter({ machine: machine(), hasNetwork: false })
  const version = versionOfLandlock(await openKernel())
  return {
    landlock: version,
    open: BROUGHT.filter(([since]) => since > version),
    landlockFault: await attempt({ landlock: createRuleset([], []) }),
    seccompFault: await attempt({ filter }),
  }
}

/** @returns why a layer cannot be put up */
async function attempt(layer: Partial<Task>): Promise<string | undefined> {
  try {
    const task = { ...EMPTY_TASK, ...layer }
    const { failure } = await (await startGuest({ ...LAUNCHER, namespaces: null, task })).ended
    return failure === undefined || isCommandMissing(failure)
      ? undefined
      : explainFailure(failure).message
  } catch (error) {
    if (error instanceof PhylumError) return error.message
    throw error
  }
}
