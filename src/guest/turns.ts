/** Does work when its turn has come. */
export type TakeTurn = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/**
 * Lets so much work be under way at once, and the rest wait in order. Without it, ten thousand requests would open as many sockets,
 * and the engine ends where the system has no more of them.
 */
export function createTurns(limit: number): TakeTurn {
  let running = 0
  const waiting = new Set<() => void>()

  async function wait(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    let leave = () => {}
    try {
      await new Promise<void>((resolve, reject) => {
        const abort = () => reject(signal?.reason)
        waiting.add(resolve)
        signal?.addEventListener('abort', abort)
        leave = () => {
          waiting.delete(resolve)
          signal?.removeEventListener('abort', abort)
        }
      })
    } finally {
      leave()
    }
  }

  return async (work, signal) => {
    // Whoever is let in takes the place of the one that has ended, so nobody can come between.
    if (running < limit) running += 1
    else await wait(signal)
    try {
      return await work()
    } finally {
      const [next] = waiting
      if (next === undefined) running -= 1
      else {
        waiting.delete(next)
        next()
      }
    }
  }
}
