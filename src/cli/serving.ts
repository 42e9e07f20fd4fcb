import { display, UsageError } from '#base'
import type { FaultPlan, RequestRecord, ServerOptions } from '#server'
import type { Given } from './command.ts'
import { hasOption, textOption, textOptions } from './command.ts'
import { systemClock } from './platform.ts'
import { readFaults } from './read_faults.ts'
import { createServerLog } from './server_log.ts'
import type { LogFormat, ServerLog } from './server_log.ts'
import type { Terminal } from './terminal.ts'

/** Requests that nobody looks for in a log: something asks every few seconds. */
const PROBES = new Set(['/healthz', '/readyz', '/metrics'])

/** One more than the largest seed. */
const SEEDS = 2 ** 32

/** What serving the API needs of the command line. */
export interface Serving {
  log: ServerLog
  /** For `startServer()`. */
  options: Pick<ServerOptions, 'clock' | 'log' | 'onRequest' | 'faults'>
  /** Says what goes wrong on purpose, so that nobody looks for the reason elsewhere. */
  warn(): void
}

/**
 * Reads the options of a command that serves the API.
 *
 * @param isShown which requests have a line in the log, besides those that met a fault
 * @throws ERR_CLI_USAGE
 */
export function readServing(
  given: Given,
  terminal: Terminal,
  isShown: 'all' | 'none',
): Serving {
  const { verbosity } = terminal
  const faults = readFaultOptions(given)
  const log = createServerLog(terminal, {
    format: readFormat(given),
    clock: systemClock,
    isShown({ route, fault }: RequestRecord) {
      if (verbosity < 0) return false
      if (verbosity > 0 || fault !== undefined) return true
      return isShown === 'all' && !PROBES.has(route)
    },
  })
  return {
    log,
    options: {
      clock: systemClock,
      log,
      onRequest: log.record,
      ...(faults === undefined ? {} : { faults }),
    },
    warn() {
      if (faults === undefined) return
      const what = textOptions(given, 'fault').join(',')
      log.warn(`The API answers some requests wrongly, because of --fault ${display(what)}`)
      log.note(`The same faults happen again with --fault-seed ${faults.seed}`)
    },
  }
}

function readFormat(given: Given): LogFormat {
  const text = textOption(given, 'log-format') ?? 'text'
  if (text === 'text' || text === 'json') return text
  throw new UsageError(`Option --log-format is "${display(text)}", not text or json`)
}

function readFaultOptions(given: Given): FaultPlan | undefined {
  const texts = textOptions(given, 'fault')
  const seed = textOption(given, 'fault-seed')
  if (texts.length === 0) {
    if (hasOption(given, 'fault-seed')) {
      throw new UsageError('Option --fault-seed needs --fault, which says what goes wrong')
    }
    return undefined
  }
  return readFaults(texts.join(','), seed === undefined ? drawSeed() : readSeed(seed))
}

function readSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  if (seed < SEEDS) return seed
  throw new UsageError(
    `Option --fault-seed is "${display(text)}", not a number from 0 to ${SEEDS - 1}`,
  )
}

function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!
}
