import type { Ending } from '#sandbox'
import { constants } from 'node:os'

/** Tells how a run ended, as shells do: a signal is 128 and its number. */
export function exitCode(ending: Ending): number {
  if (ending.code !== null) return ending.code
  return 128 + (ending.signal === null ? 0 : constants.signals[ending.signal])
}
