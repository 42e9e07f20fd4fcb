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
  say(program, program.words(READY, 0))
}

/** Makes a report of a child's end; what wait4(2) tells goes into its second word. */
export function createEnd(program: Program): Memory {
  return program.words(ENDED, 0)
}

/** Says how the command has ended, and ends. */
export function sayEnd(program: Program, end: Memory): void {
  say(program, end)
  program.attempt('exit_group', 0)
}

/** Ends as that process has which says everything itself; it had no time for it where it was killed. */
export function endLike(program: Program, end: Memory): void {
  const killed: Label = {}
  program.expect({ layer: 'start', subject: '', otherwise: killed }, end.word(1), 0)
  program.attempt('exit_group', 0)
  program.mark(killed)
  sayEnd(program, end)
}

/** Says which step has failed, and ends. */
export function sayFailure(program: Program): void {
  say(program, program.failed)
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

/** In one call: who is killed between two would leave half a report before the next one's. */
function say(program: Program, report: Memory): void {
  program.attempt('write', HOST, report, REPORT_SIZE)
}
