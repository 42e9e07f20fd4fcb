import { PhylumError } from '#base'
import { explainFailure, putUp, startGuest } from '#sandbox'
import type { Ending, Launch, Layers, Plan, RunWatchdog } from '#sandbox'
import { collect } from './collect.ts'
import type { Signals } from './signals.ts'

/** What an engine is started with whose words are for the host. */
export interface HearingOptions {
  plan: Plan
  launch: Launch
  /** Null where the user wants no wall. */
  wall: { layers: Layers; forget: () => void } | null
  /** Most memory, in MiB. */
  memory: number
  /** Longest time, in milliseconds. */
  limit: number
  signals: Signals
  watchdog: RunWatchdog
}

/** Most that is kept of what it prints, in bytes, for each of its two streams. */
const MAX_PRINTED = 64 * 1024 ** 2

/** What came of it. */
export interface Heard {
  ending: Ending
  /** What it has printed. */
  stdout: string
  stderr: string
  /** It took too long, and was ended. */
  isLate: boolean
}

/**
 * Runs an engine that runs nothing of an extension's, behind the same wall, and takes what it prints. Where the root could not be put
 * together, something has changed meanwhile; it is looked at anew, once.
 *
 * @throws ERR_SANDBOX_START, and ERR_CLI_CANCELLED when it was stopped by a signal
 */
export async function hearEngine(options: HearingOptions): Promise<Heard> {
  const { wall } = options
  for (let isLast = false;; isLast = true) {
    const heard = await hearOnce(options)
    const { failure } = heard.ending
    if (options.signals.asked !== undefined) {
      throw new PhylumError('ERR_CLI_CANCELLED', 'Cannot look at the extension: it was stopped')
    }
    if (failure === undefined) return heard
    if (!isLast && (failure.layer === 'namespaces' || failure.layer === 'files')) continue
    wall?.forget()
    throw explainFailure(failure)
  }
}

async function hearOnce(
  { plan, launch, wall, memory, limit, signals, watchdog }: HearingOptions,
): Promise<Heard> {
  const guest = await startGuest(
    wall === null ? launch : putUp(plan, launch, { ...wall.layers, memory }),
    ['ignore', 'pipe', 'pipe'],
  )
  watchdog.guard(guest.pid)
  signals.follow(guest)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    guest.signal('SIGKILL')
  }, limit)
  const [ending, stdout, stderr] = await Promise.all([
    guest.ended,
    collect(guest.streams.stdout, MAX_PRINTED),
    collect(guest.streams.stderr, MAX_PRINTED),
  ])
  clearTimeout(timer)
  signals.leave(guest)
  guest.signal('SIGKILL')
  return { ending, isLate, stdout: stdout.toString(), stderr: stderr.toString() }
}
