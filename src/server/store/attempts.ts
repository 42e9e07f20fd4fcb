import { hash } from 'node:crypto'
import type { Clock } from '#base'
import type { Database } from './database.ts'

/** How many attempts of a kind there were within a time. */
export interface Attempts {
  count: number
  /** How long this count goes on, in milliseconds. */
  remaining: number
}

/** Counts attempts, for all servers of one database together. */
export interface AttemptStore {
  /**
   * Counts one more attempt, in a window of time that begins with the first.
   *
   * @param bucket what is counted: an email with an address, say; kept as its SHA-256, for people type passwords, too,
   * where an email belongs
   */
  countAttempt(bucket: string, windowMilliseconds: number): Promise<Attempts>
  /** Begins a count anew. */
  forgetAttempts(bucket: string): Promise<void>
}

export function createAttemptStore(database: Database, clock: Clock): AttemptStore {
  return {
    async countAttempt(bucket, windowMilliseconds) {
      const now = clock.now()
      // One statement: of attempts that come at once, each counts.
      const row = await database.get<{ count: number; endsAt: number }>(
        `INSERT INTO rate_limits (bucket, window_start, count, expires_at) VALUES (?, ?, 1, ?)
        ON CONFLICT (bucket) DO UPDATE SET
          count = CASE WHEN rate_limits.expires_at <= excluded.window_start THEN 1
            ELSE rate_limits.count + 1 END,
          window_start = CASE WHEN rate_limits.expires_at <= excluded.window_start
            THEN excluded.window_start ELSE rate_limits.window_start END,
          expires_at = CASE WHEN rate_limits.expires_at <= excluded.window_start
            THEN excluded.expires_at ELSE rate_limits.expires_at END
        RETURNING count, expires_at AS "endsAt"`,
        ...[keyOf(bucket), now, now + windowMilliseconds],
      )
      return { count: row!.count, remaining: row!.endsAt - now }
    },

    async forgetAttempts(bucket) {
      await database.run(`DELETE FROM rate_limits WHERE bucket = ?`, keyOf(bucket))
    },
  }
}

function keyOf(bucket: string): string {
  return hash('sha256', bucket, 'hex')
}
