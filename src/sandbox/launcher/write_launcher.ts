import type { Machine } from '../system_calls.ts'
import { enterNamespaces } from './enter_namespaces.ts'
import { writeExecutable } from './executable.ts'
import type { Piece } from './executable.ts'
import { makeRoot } from './make_root.ts'
import { Program } from './program.ts'
import type { Label } from './program.ts'
import { HOST, readReport, sayFailure, sayReady } from './report.ts'
import type { Report } from './report.ts'
import { restrictCalls } from './restrict_calls.ts'
import { restrictFiles } from './restrict_files.ts'
import { attend, become, resetSignals } from './start_command.ts'
import type { Task } from './task.ts'

const CLOSE_RANGE_CLOEXEC = 4
const HIGHEST_DESCRIPTOR = 0xffffffff
/** What lists of processes call it; as long as such a name may be (prctl(2)). */
export const LAUNCHER_NAME = 'phylum-launcher'

const PR_SET_NAME = 15
const PR_SET_NO_NEW_PRIVS = 38

/** What it is written for. */
export interface Target {
  machine: Machine
  /** Version of its Landlock; 0 when there is none. */
  landlock: number
}

/** What stands between the host and the engine. */
export interface Launcher {
  /** The file that it is. */
  pieces: readonly Piece[]
  /** Reads what it tells the host. */
  read(report: Buffer): Report
}

/**
 * Writes the launcher of a task: an executable that takes away its own rights, one layer after the other, and then becomes the engine,
 * which so never runs a line without them. It is nothing but the list of the system calls for that: it reads no file, no
 * variable and no argument, decides nothing, and stops at the first call that fails.
 */
export function writeLauncher(task: Task, { machine, landlock }: Target): Launcher {
  const program = new Program(machine)
  const failure: Label = {}
  program.attempt('prctl', PR_SET_NAME, program.text(LAUNCHER_NAME))
  resetSignals(program)
  if (task.namespaces !== null) enterNamespaces(program, task.namespaces)
  // A session of its own, so that no terminal is controlled by it; where the host has given it one, this fails and needs not be.
  program.attempt('setsid')
  program.call(
    { layer: 'limits', subject: 'descriptors' },
    'close_range',
    HOST,
    HIGHEST_DESCRIPTOR,
    CLOSE_RANGE_CLOEXEC,
  )
  if (task.mounts !== null) makeRoot(program, task.mounts)
  const { directory } = task
  program.call({ layer: 'start', subject: directory }, 'chdir', program.text(directory))
  for (const [resource, ...limits] of task.limits) {
    const way = { layer: 'limits', subject: String(resource) } as const
    program.call(way, 'prlimit64', 0, resource, program.words(...limits), 0)
  }
  program.call({ layer: 'seccomp', subject: 'no_new_privs' }, 'prctl', PR_SET_NO_NEW_PRIVS, 1)
  if (task.landlock !== null) restrictFiles(program, task.landlock, landlock)
  if (task.filter !== null) restrictCalls(program, task.filter)
  // From here on the host knows that what comes is the command's own.
  sayReady(program)
  if (task.namespaces === null) become(program, task)
  else attend(program, task)
  program.mark(failure)
  sayFailure(program)
  return {
    pieces: writeExecutable(machine, program.finish(failure)),
    read: (report) => readReport(program, report),
  }
}
