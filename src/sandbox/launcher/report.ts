import type { Label, Memory, Program } from './program.ts'
import type { Failure } from './task.ts'

/** Descriptor of the pipe to the host. */
export const HOST = 3

/** What a launcher tells: that all of it is in place and the command comes next; how the command has ended; or what could not be done. */
export type Report =
  | { isReady: true }
  | { code: number; signal: number }
  | { failure: Failure }

/** Bytes of a report: two words. */
export const REPORT_SIZE = 16

/** First words of reports that are no failure: no step has such an address. */
const READY = 1n
const ENDED = 2n

/** What the host takes for "it was not started". */
const EXIT_NOT_STARTED = 117

/** Says that the command comes next. */
export function sayReady(program: Program): void {
  say(program, program.words(READY, 0), REPORT_SIZE)
}

/**
 * Says how the command has ended, and ends.
 *
 * @param status what wait4(2) has told
 */
export function sayEnd(program: Program, status: Memory): void {
  say(program, program.words(ENDED), REPORT_SIZE / 2)
  say(program, status, REPORT_SIZE / 2)
  program.attempt('exit_group', 0)
}

/** Ends as that process has which says everything itself; it had no time for it where it was killed. */
export function endLike(program: Program, status: Memory): void {
  const killed: Label = {}
  program.expect({ layer: 'start', subject: '', otherwise: killed }, status.word(0), 0)
  program.attempt('exit_group', 0)
  program.mark(killed)
  sayEnd(program, status)
}

/** Says which step has failed, and ends. */
export function sayFailure(program: Program): void {
  say(program, program.failed, REPORT_SIZE)
  program.attempt('exit_group', EXIT_NOT_STARTED)
}

/** Reads what a launcher of this program has told. */
export function readReport(program: Program, report: Buffer): Report {
  const kind = report.readBigInt64LE(0)
  if (kind === READY) return { isReady: true }
  const status = Number(report.readBigInt64LE(8))
  // Of the number that wait4(2) leaves: the exit code in the second byte, the signal in the lower bits of the first.
  if (kind === ENDED) return { code: status >> 8 & 0xff, signal: status & 0x7f }
  const { layer, act } = program.describe(Number(kind)) ?? { layer: 'start', act: 'the launcher' }
  return { failure: { layer, act, errno: Math.abs(status) } }
}

function say(program: Program, report: Memory, length: number): void {
  program.attempt('write', HOST, report, length)
}
