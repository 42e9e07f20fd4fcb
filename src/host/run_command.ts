import { enclose, explainFailure, scopeOfCommand, startCommandWatchdog, startGuest } from '#sandbox'
import type { Ending, Stream, WalledLaunch } from '#sandbox'
import { collect } from './collect.ts'
import { exitCode } from './exit_code.ts'
import { cannotRun } from './plan_command.ts'
import type { CommandWall, PlannedCommand } from './plan_command.ts'
import { catchSignals } from './signals.ts'
import type { Signals } from './signals.ts'

/** Exit code of a command that could not be started; one that ends with it by itself is told apart by the next. */
const EXIT_NOT_STARTED = 117
const EXIT_TAKEN = 118

/** Most that is kept of what a command prints, in bytes, for each of its two streams. */
export const MAX_OUTPUT = 16 * 1024 ** 2

/** How a command is run. */
export interface Execution {
  streams: readonly [stdin: Stream, stdout: Stream, stderr: Stream]
  /** What it reads, where its input is a pipe. */
  input?: Uint8Array
  signals: Signals
  /** Ends it. */
  signal?: AbortSignal
  /** Called when the wall could not be put up. */
  forget: () => void
}

/** How a command has ended, and what it has printed where that was kept. */
export interface CommandEnd {
  /** Its exit code, 118 where that is 117; 128 and the number where a signal has ended it. */
  code: number
  stdout: Buffer
  stderr: Buffer
}

/**
 * Runs a command behind the wall from start to end; whatever it has started ends with it.
 *
 * @returns its exit code, 118 where that is 117, or 128 and the signal's number
 * @throws ERR_SANDBOX_START
 */
export async function runCommand(planned: PlannedCommand, wall: CommandWall): Promise<number> {
  const signals = catchSignals()
  try {
    const { code } = await execute(() => launchOf(planned, wall), {
      streams: ['inherit', 'inherit', 'inherit'],
      signals,
      forget: wall.forget,
    })
    return code
  } finally {
    signals.release()
  }
}

/** Writes down how a planned command is started behind the wall, as things are now. */
export function launchOf(planned: PlannedCommand, { layers }: CommandWall): WalledLaunch {
  return enclose(scopeOfCommand(planned.plan), planned, layers)
}

/**
 * Starts something behind a wall, and waits for its end.
 *
 * @param launch looks at the file system anew each time that it is called
 * @throws ERR_SANDBOX_START
 */
export async function execute(
  launch: () => WalledLaunch,
  execution: Execution,
): Promise<CommandEnd> {
  for (let isLast = false;; isLast = true) {
    const { ending, ...output } = await attempt(launch(), execution)
    if (ending.failure === undefined) {
      const code = exitCode(ending)
      return { code: code === EXIT_NOT_STARTED ? EXIT_TAKEN : code, ...output }
    }
    const { layer } = ending.failure
    // Something has gone while the root was put together; nothing has run, so it is looked at anew, once.
    if (!isLast && (layer === 'namespaces' || layer === 'files')) continue
    execution.forget()
    throw explainFailure(ending.failure)
  }
}

async function attempt(
  launch: WalledLaunch,
  { streams, input, signals, signal }: Execution,
): Promise<{ ending: Ending } & Omit<CommandEnd, 'code'>> {
  const guest = await startGuest(launch, streams)
  const end = () => guest.signal('SIGKILL')
  const watchdog = startCommandWatchdog(guest.pid)
  signals.follow(guest)
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  try {
    const { stdin, stdout, stderr } = guest.streams
    // What does not read all of it has its reasons.
    stdin?.on('error', () => {}).end(input)
    const [ending, ...output] = await Promise.all([
      guest.ended,
      collect(stdout, MAX_OUTPUT, end),
      collect(stderr, MAX_OUTPUT, end),
    ])
    if (output.some((each) => each.length > MAX_OUTPUT)) {
      throw cannotRun(launch.task.command, `it has printed more than ${MAX_OUTPUT} bytes`)
    }
    return { ending, stdout: output[0], stderr: output[1] }
  } finally {
    signal?.removeEventListener('abort', end)
    signals.leave(guest)
    end()
    await watchdog.dismiss()
  }
}
