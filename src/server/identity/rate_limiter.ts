import type { Clock } from '#base'
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

/** Makes a limiter that counts in the database, in one statement: two servers at once count to two. */
export function createRateLimiter(database: Database, clock: Clock): RateLimiter {
  return {
    async take(bucket, limit, windowMilliseconds) {
      const now = clock.now()
      const row = await database.get<{ count: number; endsAt: number }>(
        `INSERT INTO rate_limits (bucket, window_start, count, expires_at) VALUES (?, ?, 1, ?)
        ON CONFLICT (bucket) DO UPDATE SET
        count = CASE WHEN rate_limits.expires_at <= excluded.window_start THEN 1 ELSE rate_limits.count + 1 END,
        window_start = CASE WHEN rate_limits.expires_at <= excluded.window_start
          THEN excluded.window_start ELSE rate_limits.window_start END,
        expires_at = CASE WHEN rate_limits.expires_at <= excluded.window_start
          THEN excluded.expires_at ELSE rate_limits.expires_at END
        RETURNING count, expires_at AS "endsAt"`,
        ...[bucket, now, now + windowMilliseconds],
      )
      return row === undefined || row.count <= limit ? undefined : Math.max(row.endsAt - now, 1)
    },
  }
}
