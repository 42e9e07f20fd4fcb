import { PhylumError } from '#base'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { sealDescriptors } from './descriptors.ts'
import type { Failure, Report } from './launcher/task.ts'
import type { Launch } from './plan.ts'
import { findGroup, isRunning, readLine } from './process_line.ts'
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
}

/** How a process ended. */
export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
  /** What kept the wall from standing; the engine was then never started. */
  failure?: Failure
  /** Version of the Landlock that it was behind. */
  landlock?: number
}

/** Where a standard stream leads: to the host's own, into its hands, nowhere, or to a descriptor of the host. */
export type Stream = 'inherit' | 'pipe' | 'ignore' | number

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
  sealDescriptors()
  const isWalled = 'task' in launch
  const [command = '', ...args] = [launch.command, ...launch.args].map(keepFlags)
  const child = spawn(command, args, {
    detached: true,
    stdio: [...streams, ...(isWalled ? ['pipe' as const] : [])],
    env: launch.environment,
    // The launcher goes where the task says; until then it stands where nobody can put anything.
    ...(isWalled ? { cwd: '/' } : {}),
  })
  const exited = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const pid = await started(child)
  if (!isWalled) {
    return { pid, streams: child, ended: exited, signal: (name) => send(pid, name) }
  }
  const instructed = instruct(child.stdio[3] as Duplex, launch)
  let line: readonly number[] = [pid]
  let isSettled = false
  const look = () => {
    const now = isSettled ? line : readLine(pid)
    if (now.length >= line.length) line = now
    return line
  }
  instructed.ready.then(() => {
    look()
    // Before, more may still come in between; after, the outermost may be gone, and then the others are not found any more.
    isSettled = true
  })
  return {
    pid,
    streams: child,
    ended: settle(exited, instructed, () => line),
    signal(name) {
      const group = findGroup(look())
      send(group, name)
      // What holds the namespaces together is killed with the guest, and ends by itself after it in all other cases.
      if (name === 'SIGKILL' && group !== pid) send(pid, name)
    },
  }
}

/** What the launcher has said, and when. */
interface Instructed {
  /** Resolves when the wall stands; never, if it does not. */
  ready: Promise<void>
  /** Resolves when nothing more will be said: to what was missing, and what was there. */
  finished: Promise<Pick<Ending, 'failure' | 'landlock'>>
}

/** Tells the launcher what to do, and reads whether it could. */
function instruct(socket: Duplex, { task, namespaces, command }: WalledLaunch): Instructed {
  let text = ''
  let told: Pick<Ending, 'failure' | 'landlock'> | undefined
  let markReady = () => {}
  const ready = new Promise<void>((resolve) => markReady = resolve)
  const finished = new Promise<Pick<Ending, 'failure' | 'landlock'>>((resolve) => {
    socket.on('data', (chunk) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const report = JSON.parse(line) as Report
        if ('layer' in report) told = { ...told, failure: report }
        else told = { landlock: report.landlock }
        if (!('layer' in report)) markReady()
      }
    })
    // Where nothing was said, what should have made the namespaces did not.
    const layer = namespaces === null ? 'start' : 'namespaces'
    const silence: Failure = { layer, act: command, errno: 0 }
    socket.once('close', () => resolve(told ?? { failure: silence }))
  })
  // A launcher that was not started hears nothing; that is found out by its end.
  socket.on('error', () => {})
  socket.write(`${JSON.stringify(task)}\n`)
  return { ready, finished }
}

/** Waits until a guest and all that held its namespaces are gone. */
async function settle(
  exited: Promise<Ending>,
  instructed: Instructed,
  line: () => readonly number[],
): Promise<Ending> {
  const ending = await exited
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LAST_MOMENT)
  })
  const told = await Promise.race([instructed.finished, late])
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

/**
 * Under Deno, `spawn` looks for the path of the running engine among the words, takes what follows it for the arguments of Node.js
 * and, where it finds no permission among them, puts `-A` there. Another spelling of the path keeps the flags as they are.
 */
function keepFlags(word: string): string {
  return 'Deno' in globalThis && word === process.execPath ? `/${word}` : word
}

function started(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) return Promise.resolve(child.pid)
  return new Promise((_, reject) => {
    child.once('error', (cause) => {
      reject(new PhylumError('ERR_SANDBOX_START', 'Cannot start the engine', { cause }))
    })
  })
}
