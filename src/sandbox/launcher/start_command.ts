import { awaitChild } from './await_child.ts'
import type { Label, Memory, Program } from './program.ts'
import { sayEnd } from './report.ts'
import type { Task } from './task.ts'

const LAYER = 'start'

/** Numbers of signals, and how their handling is set. */
const SIGPIPE = 13
const SIGCHLD = 17
const SIG_SETMASK = 2
const SIGNAL_SET = 8

/** Bytes of `struct sigaction` of the kernel, on machines that are known here at most. */
const SIGACTION = 32

/** Resets what a runtime does to the processes that it starts, and what would otherwise go on into the command. */
export function resetSignals(program: Program): void {
  // All zeros: the default action, no flags, no mask.
  const none = program.reserve(SIGACTION)
  for (const signal of [SIGPIPE, SIGCHLD]) {
    program.attempt('rt_sigaction', signal, none, 0, SIGNAL_SET)
  }
  program.attempt('rt_sigprocmask', SIG_SETMASK, none, 0, SIGNAL_SET)
}

/** Becomes the command. */
export function become(program: Program, { command, args, environment }: Task): void {
  const list = (values: readonly string[]): Memory =>
    program.words(...values.map((each) => program.text(each)), 0)
  program.call(
    { layer: LAYER, subject: command },
    'execve',
    program.text(command),
    list([command, ...args]),
    list(Object.entries(environment).map(([name, value]) => `${name}=${value}`)),
  )
}

/**
 * Starts the command and waits for its end: the first process of a process id namespace gets no signal that it has no handler for,
 * so the command must not be it; and whatever it leaves behind is this one's to bury.
 */
export function attend(program: Program, task: Task): void {
  // The command is of the same user and behind the same wall, and could read in this one's memory what the host has said.
  program.attempt('prctl', PR_SET_DUMPABLE, 0)
  const parent: Label = {}
  const started = program.ask({ layer: LAYER, subject: '' }, 'clone', SIGCHLD)
  program.expect({ layer: LAYER, subject: '', otherwise: parent }, started, 0)
  become(program, task)
  program.mark(parent)
  ignoreSignals(program)
  sayEnd(program, awaitChild(program, started))
}

const PR_SET_DUMPABLE = 4

/** Numbers of signals that ask a process for something (signal(7)): not those that tell of a fault, or of a child. */
const ASKING = [1, 2, 3, 10, 12, 14, 15, 20, 21, 22, 28]

/** Signals are for the command, which is in the same process group; what it has not asked for does not stop its first process. */
function ignoreSignals(program: Program): void {
  const SIG_IGN = 1
  const ignore = program.words(SIG_IGN, 0, 0, 0)
  for (const signal of ASKING) program.attempt('rt_sigaction', signal, ignore, 0, SIGNAL_SET)
}
