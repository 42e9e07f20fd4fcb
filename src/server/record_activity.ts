import type { Log } from '#base'
import { hideKeys } from './key.ts'
import type { Activity, Store } from './store.ts'

/** How long what was done with a key waits to be written, in milliseconds. */
const INTERVAL = 1000

/** Uses that wait at most; while the database does not answer, the oldest are let go. */
const MAX_WAITING = 1000

/** Longest path that is kept, in characters. */
const MAX_PATH = 300

/** Notes what is done with keys, so that their owner sees it. */
export interface ActivityRecorder {
  /** Notes one use; costs the request nothing. */
  note(activity: Activity): void
  /** Writes what has been noted. */
  flush(): Promise<void>
  /** Writes the rest, and ends. */
  stop(): Promise<void>
}

/**
 * Records what is done with keys: many uses at once and a moment later, for each transaction waits for the disk. What a
 * server had not written when it was killed is lost; nothing else depends on it.
 */
export function startRecordingActivity(
  store: Store,
  options: { log: Log; intervalMilliseconds?: number },
): ActivityRecorder {
  const { log, intervalMilliseconds = INTERVAL } = options
  let waiting: Activity[] = []
  let underWay = Promise.resolve()

  async function write(): Promise<void> {
    if (waiting.length === 0) return
    const written = waiting
    waiting = []
    try {
      await store.recordActivity(written)
    } catch (error) {
      // A disk that is full stops nobody from reading.
      log.debug(`Uses of keys are not recorded: ${error instanceof Error ? error.message : ''}`)
      waiting = [...written, ...waiting].slice(-MAX_WAITING)
    }
  }
  // One after the other: of two at once, the later could be written first.
  const flush = () => underWay = underWay.then(write)

  const timer = setInterval(flush, intervalMilliseconds)
  timer.unref()
  return {
    note(activity) {
      if (waiting.length >= MAX_WAITING) waiting.shift()
      waiting.push({ ...activity, path: hideKeys(activity.path).slice(0, MAX_PATH) })
    },
    flush,
    async stop() {
      clearInterval(timer)
      await flush()
    },
  }
}
