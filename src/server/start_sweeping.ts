import type { Log } from '#base'
import type { Store } from './store.ts'

/** How often what has expired is removed, in milliseconds. */
const INTERVAL = 60_000

/**
 * Removes what has expired from a store, now and then.
 *
 * @returns stops it; resolves when nothing is under way any more
 */
export function startSweeping(
  store: Store,
  options: { log: Log; intervalMilliseconds?: number },
): () => Promise<void> {
  const { log, intervalMilliseconds = INTERVAL } = options
  let underWay: Promise<void> | undefined
  const timer = setInterval(() => {
    // One that takes longer than the interval is not joined by a second one.
    underWay ??= run(store, log).finally(() => underWay = undefined)
  }, intervalMilliseconds)
  // The server is what keeps the process alive, not its housekeeping.
  timer.unref()
  return async () => {
    clearInterval(timer)
    await underWay
  }
}

async function run(store: Store, log: Log): Promise<void> {
  try {
    const removed = await store.sweep()
    if (removed > 0) log.debug(`Removed what has expired: ${removed} rows`)
  } catch (error) {
    // The next one will do: what has expired is not found either way.
    log.debug(`Not removed what has expired: ${error instanceof Error ? error.message : ''}`)
  }
}
