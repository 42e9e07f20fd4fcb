import { Fault } from './fault.ts'
import { text } from './system.ts'
import type { System } from './system.ts'
import type { Task } from './task.ts'

const LAYER = 'start'

/** Numbers of signals, and how their handling is set. */
const SIGPIPE = 13
const SIG_SETMASK = 2
const SIGNAL_SET = 8

/** Resets what a runtime does to the process that it lives in, and what would otherwise go on into the command. */
export function resetSignals(system: System): void {
  // All zeros: the default action, no flags, no mask.
  system.call('rt_sigaction', SIGPIPE, new Uint8Array(32), 0, SIGNAL_SET)
  system.call('rt_sigprocmask', SIG_SETMASK, new Uint8Array(SIGNAL_SET), 0, SIGNAL_SET)
}

/** Becomes the command. Returns only by an error. */
export function become(system: System, task: Task): never {
  const { path, argv, environment } = pack(system, task)
  const result = system.call('execve', path, argv, environment)
  throw new Fault(LAYER, `execve of ${task.command}`, -result)
}

/**
 * Starts the command and waits for its end: the first process of a process id namespace gets no signal that it has no handler for,
 * so the command must not be it; and whatever it leaves behind is this one's to bury.
 *
 * @returns the exit code; a signal is 128 and its number
 */
export function attend(system: System, task: Task): number {
  const { path, argv, environment } = pack(system, task)
  const pid = system.spawn(path, argv, environment)
  if (pid < 0) throw new Fault(LAYER, `posix_spawn of ${task.command}`, -pid)
  ignoreSignals(system)
  // The command is of the same user and behind the same wall, and could read in this one's memory what the host has said.
  system.call('prctl', PR_SET_DUMPABLE, 0, 0, 0, 0)
  const status = new Int32Array(1)
  for (;;) {
    const ended = system.call('wait4', -1, new Uint8Array(status.buffer), 0, 0)
    if (ended < 0 && ended !== -EINTR) throw new Fault(LAYER, 'wait4', -ended)
    if (ended === pid) break
  }
  const [how = 0] = status
  return (how & 0x7f) === 0 ? (how >> 8) & 0xff : 128 + (how & 0x7f)
}

const EINTR = 4
const PR_SET_DUMPABLE = 4

/** Numbers of signals that ask a process for something (signal(7)): not those that tell of a fault, or of a child. */
const ASKING = [1, 2, 3, 10, 12, 14, 15, 20, 21, 22, 28]

/**
 * Signals are for the command, which is in the same process group. A runtime may have handlers for some of them, to tidy up a
 * terminal say, and then this process would end of them, and with it the whole namespace.
 */
function ignoreSignals(system: System): void {
  const SIG_IGN = new Uint8Array(32)
  SIG_IGN[0] = 1
  for (const signal of ASKING) system.call('rt_sigaction', signal, SIG_IGN, 0, SIGNAL_SET)
}

interface Packed {
  path: Uint8Array
  argv: Uint8Array
  environment: Uint8Array
}

function pack(system: System, { command, args, environment }: Task): Packed {
  const list = (values: readonly string[]) => {
    const pointers = [...values.map((each) => system.address(text(each))), 0n]
    return new Uint8Array(new BigUint64Array(pointers).buffer)
  }
  return {
    path: text(command),
    argv: list([command, ...args]),
    environment: list(Object.entries(environment).map(([name, value]) => `${name}=${value}`)),
  }
}
