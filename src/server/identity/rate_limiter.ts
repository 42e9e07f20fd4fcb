import type { Clock } from '#base'
import { createAttemptStore } from '../store/attempts.ts'
import type { Database } from '../store/database.ts'

/** Counts what may happen only so often, over all servers on one database. */
export interface RateLimiter {
  /**
   * Counts one more in a bucket.
   *
   * @param bucket what is counted, and for whom: "token 127.0.0.1"
   * @param limit how often within a window
   * @param windowMilliseconds length of a window, which begins with the first that is counted in it
   * @returns how long to wait, in milliseconds, where this was too often; otherwise `undefined`
   */
  take(bucket: string, limit: number, windowMilliseconds: number): Promise<number | undefined>
}

/** Makes a limiter that counts in the database: two servers at once count to two. */
export function createRateLimiter(database: Database, clock: Clock): RateLimiter {
  const attempts = createAttemptStore(database, clock)
  return {
    async take(bucket, limit, windowMilliseconds) {
      const { count, remaining } = await attempts.countAttempt(bucket, windowMilliseconds)
      return count <= limit ? undefined : Math.max(remaining, 1)
    },
  }
}
