import type { Fault } from '../names.ts'

/** Writes the state of an error as a sentence beside a field. */
export function explainFault(fault: Fault): string | undefined {
  return fault && `${fault[0]!.toUpperCase()}${fault.slice(1)}.`
}
