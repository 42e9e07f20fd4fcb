/**
 * What stands between the host and the engine: a process of its own that takes away its own rights, one layer after the other,
 * and then becomes the engine, which so never runs a line without them. Landlock and seccomp hold for one thread and for what
 * that thread executes, so all of it happens on this one.
 *
 * It imports nothing, reads no file and no variable, and says what went wrong where the host asked what to do.
 */
import { Fault, must } from './fault.ts'
import { makeRoot } from './make_root.ts'
import { restrictCalls } from './restrict_calls.ts'
import { restrictFiles } from './restrict_files.ts'
import { attend, become, resetSignals } from './start_command.ts'
import { openSystem, text } from './system.ts'
import type { System } from './system.ts'
import type { Report, Task } from './task.ts'

/** Descriptor of the socket to the host. */
const HOST = 3

/** What the host takes for "it was not started". */
const EXIT_NOT_STARTED = 117

const F_SETFL = 4
const CLOSE_RANGE_CLOEXEC = 4
const HIGHEST_DESCRIPTOR = 0xffffffff
const PR_SET_NO_NEW_PRIVS = 38

const system = await openSystem()
system.call('exit_group', run(system))

function run(system: System): number {
  try {
    const task: Task = JSON.parse(readLine(system))
    return start(system, task)
  } catch (error) {
    const { layer, act, errno } = error instanceof Fault
      ? error
      : new Fault('start', String(error), 0)
    say(system, { layer, act, errno })
    return EXIT_NOT_STARTED
  }
}

function say(system: System, report: Report): void {
  const line = text(`${JSON.stringify(report)}\n`)
  system.call('write', HOST, line, line.length - 1)
}

function start(system: System, task: Task): number {
  // A session of its own, so that no terminal is controlled by it; where the host has given it one, this fails and needs not be.
  system.call('setsid')
  resetSignals(system)
  must(system, 'limits', 'descriptors', 'close_range', 3, HIGHEST_DESCRIPTOR, CLOSE_RANGE_CLOEXEC)
  if (task.mounts !== null) makeRoot(system, task.mounts)
  must(system, 'start', task.directory, 'chdir', text(task.directory))
  for (const [resource, most] of task.limits) limit(system, resource, most)
  must(system, 'seccomp', 'no_new_privs', 'prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
  const landlock = task.landlock === null ? 0 : restrictFiles(system, task.landlock)
  if (task.filter !== null) restrictCalls(system, task.filter)
  // From here on the host knows that what comes is the command's own.
  say(system, { isReady: true, landlock })
  return task.isInit ? attend(system, task) : become(system, task)
}

/** Lowers a limit for good; one that is lower already stays. */
function limit(system: System, resource: number, most: number): void {
  const now = new BigUint64Array(2)
  must(system, 'limits', '', 'prlimit64', 0, resource, 0, new Uint8Array(now.buffer))
  const lower = (value: bigint) => value < BigInt(most) ? value : BigInt(most)
  const next = new BigUint64Array([lower(now[0]!), lower(now[1]!)])
  must(system, 'limits', String(resource), 'prlimit64', 0, resource, new Uint8Array(next.buffer), 0)
}

/** Reads the line in which the host says what to do. */
function readLine(system: System): string {
  // The runtime of the host may have made the socket one that does not wait.
  system.call('fcntl', HOST, F_SETFL, 0)
  const chunks: string[] = []
  const decoder = new TextDecoder()
  const memory = new Uint8Array(65536)
  for (;;) {
    const length = must(system, 'start', 'the host', 'read', HOST, memory, memory.length)
    if (length === 0) throw new Fault('start', 'read of the host', 0)
    const end = memory.subarray(0, length).indexOf(10)
    chunks.push(decoder.decode(memory.subarray(0, end < 0 ? length : end), { stream: end < 0 }))
    if (end >= 0) return chunks.join('')
  }
}
