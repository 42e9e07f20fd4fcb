import type { ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import { sealDescriptors } from './descriptors.ts'
import type { Failure } from './launcher/task.ts'
import { REPORT_SIZE } from './launcher/report.ts'
import { LAUNCHER_NAME } from './launcher/write_launcher.ts'
import { LAUNCHER, openLauncher } from './launcher_file.ts'
import type { OpenLauncher } from './launcher_file.ts'
import type { Launch } from './plan.ts'
import { findGroup, hasStopped, isRunning, readLine } from './process_line.ts'
import { startProcess } from './start_process.ts'
import type { Process, Stream } from './start_process.ts'
import type { WalledLaunch } from './wall.ts'

/** A guest that runs, with every process it has started. */
export interface Guest {
  /** Process id of what was started, and id of its process group: when that is killed, the guest ends with it. */
  pid: number
  /** How it ended: its own exit code, or the signal that killed it. */
  ended: Promise<Ending>
  /** Its standard streams, where they are not those of the host. */
  streams: Pick<ChildProcess, 'stdin' | 'stdout' | 'stderr'>
  /** Sends a signal to the guest and all that belongs to its group; does nothing once all of them are gone. */
  signal(name: NodeJS.Signals): void
  /**
   * Stops it, until it gets SIGCONT. Resolves when it has stopped: a thread that waits for a key would take the next one in the moment
   * that a signal needs to arrive.
   */
  pause(): Promise<void>
}

/** How a process ended. */
export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
  /** What kept the wall from standing; the engine was then never started. */
  failure?: Failure
}

/** Processes from what is started to the guest, where there are namespaces: one outside, the first one inside, and the guest. */
const LINE = 3

/** Signals that ask a process to end. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])

const INHERITED = ['inherit', 'inherit', 'inherit'] as const

/**
 * Starts a guest in a session of its own: no controlling terminal to push keystrokes into (TIOCSTI, CVE-2017-5226), one
 * group to signal, and a terminal's Ctrl-C reaches it once, through the host.
 *
 * @throws ERR_SANDBOX_START
 */
export async function startGuest(
  launch: Launch | WalledLaunch,
  streams: readonly [stdin: Stream, stdout: Stream, stderr: Stream] = INHERITED,
): Promise<Guest> {
  if (!('task' in launch)) {
    await sealDescriptors()
    const { pid, streams: own, exited } = await startProcess(launch, streams)
    const signal = (name: NodeJS.Signals) => send(pid, name)
    return { pid, streams: own, ended: exited, signal, pause: () => stop(signal, () => [pid]) }
  }
  const { namespaces } = launch
  const launcher = await openLauncher(launch.task)
  const child = await startLauncher(launch, streams, launcher)
  const { pid, exited } = child
  const listened = listen(child.reports, launch, launcher)
  const length = namespaces === null ? 1 : LINE
  let line: readonly number[] = [pid]
  const look = () => {
    // Once all are there: the outermost may be gone, and then the others are not found any more.
    const now = line.length < length ? readLine(pid, length) : line
    if (now.length > line.length) line = now
    return line
  }
  listened.ready.then(look)
  const signal = (name: NodeJS.Signals) => {
    const group = findGroup(look())
    send(group, name)
    if (group === pid) return
    // What holds the namespaces together is killed with the guest, and ends by itself after it in all other cases. It ends for the
    // guest, too, where that is not there yet: the first process of a pid namespace does not hear what asks it to end.
    const isEarly = namespaces?.kind === 'launcher' && line.length < length
    if (name === 'SIGKILL' || (isEarly && ENDING.has(name))) send(pid, name)
  }
  return {
    pid,
    streams: child.streams,
    ended: settle(exited, listened, () => line),
    signal,
    // What only holds the namespaces is not stopped, and reads nothing.
    pause: () => stop(signal, () => look().slice(line.indexOf(findGroup(line)))),
  }
}

async function stop(
  signal: (name: NodeJS.Signals) => void,
  line: () => readonly number[],
): Promise<void> {
  signal('SIGSTOP')
  const until = performance.now() + LAST_MOMENT
  while (!line().every(hasStopped) && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Starts a launcher, or what leads to it. */
async function startLauncher(
  launch: WalledLaunch,
  streams: readonly [stdin: Stream, stdout: Stream, stderr: Stream],
  { descriptor }: OpenLauncher,
): Promise<Process> {
  try {
    await sealDescriptors()
    // The launcher goes where its task says; until then it stands where nobody can put anything.
    return await startProcess(launch, streams, { descriptor, directory: '/', name: shown(launch) })
  } finally {
    closeSync(descriptor)
  }
}

/** What people know it by: the launcher's file has no name. */
function shown({ command }: WalledLaunch): string {
  return command === LAUNCHER.command ? LAUNCHER_NAME : command
}

/** What the launcher has said, and when. */
interface Listened {
  /** Resolves when the wall stands; never, if it does not. */
  ready: Promise<void>
  /** Resolves when nothing more will be said: to what was missing, or how the guest has ended where the launcher has waited for it. */
  finished: Promise<Told>
}

type Told = Partial<Ending>

/** Hears from the launcher whether it could do what it was made for. */
function listen(
  reports: AsyncIterable<Uint8Array>,
  launch: WalledLaunch,
  launcher: OpenLauncher,
): Listened {
  let markReady = () => {}
  const ready = new Promise<void>((resolve) => markReady = resolve)
  async function hear(): Promise<Told> {
    let bytes: Buffer = Buffer.alloc(0)
    let told: Told | undefined
    try {
      for await (const chunk of reports) {
        bytes = Buffer.concat([bytes, chunk])
        for (; bytes.length >= REPORT_SIZE; bytes = bytes.subarray(REPORT_SIZE)) {
          const report = launcher.read(bytes.subarray(0, REPORT_SIZE))
          if ('isReady' in report) markReady()
          told = { ...told, ...('isReady' in report ? {} : ending(report)) }
        }
      }
    } catch {
      // The pipe has broken; what has been said by then counts.
    }
    // Where nothing was said, what should have made the namespaces did not.
    const layer = launch.namespaces === null ? 'start' : 'namespaces'
    return told ?? { failure: { layer, act: shown(launch), errno: 0 } }
  }
  return { ready, finished: hear() }
}

function ending(report: { failure: Failure } | { code: number; signal: number }): Told {
  if ('failure' in report) return report
  const { code, signal } = report
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0]
  return name === undefined ? { code } : { code: null, signal: name as NodeJS.Signals }
}

/** Waits until a guest and all that held its namespaces are gone. */
async function settle(
  exited: Promise<Ending>,
  listened: Listened,
  line: () => readonly number[],
): Promise<Ending> {
  const ending = await exited
  // What bwrap has started has not asked yet to be killed with it, where bwrap is ended early, and would go on.
  send(line()[0]!, 'SIGKILL')
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LAST_MOMENT)
  })
  const told = await Promise.race([listened.finished, late])
  clearTimeout(timer)
  // The outermost process may end a moment before the first one of the namespaces, and with that all others.
  const until = performance.now() + LAST_MOMENT
  while (line().some(isRunning) && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return ending.signal === null ? { ...ending, ...told } : ending
}

/** How long to wait for what follows the end of the outermost process at once, in milliseconds. */
const LAST_MOMENT = 5_000

function send(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name)
  } catch {
    // Nobody is left to take it.
  }
}
