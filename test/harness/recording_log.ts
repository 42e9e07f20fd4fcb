import type { Log } from '#base'

/** A log that keeps what is written to it. */
export interface RecordingLog extends Log {
  readonly warnings: string[]
  readonly notes: string[]
  readonly details: string[]
}

/** Creates a log for a test to look into. */
export function createRecordingLog(): RecordingLog {
  const log: RecordingLog = {
    warnings: [],
    notes: [],
    details: [],
    warn: (message) => void log.warnings.push(message),
    note: (message) => void log.notes.push(message),
    debug: (message) => void log.details.push(message),
  }
  return log
}
