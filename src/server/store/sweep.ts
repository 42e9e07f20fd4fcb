import { setImmediate } from 'node:timers/promises'
import type { Database } from './database.ts'
import { ANSWER_MILLISECONDS } from './answers.ts'

/** How many rows go at once: whoever else writes to a SQLite file waits for so many, and not for all. */
const BATCH = 500

/** How long what the OpenID provider has kept stays after its end, so that it can be called expired, in milliseconds. */
const OIDC_GRACE = 3_600_000

/** Tables of what ends by itself: the columns that name a row, the time after which it goes, and how long it stays. */
const TABLES = [
  { table: 'sessions', key: 'session_hash', end: 'expires_at', stays: 0 },
  { table: 'oidc_payloads', key: 'model, id_hash', end: 'expires_at', stays: OIDC_GRACE },
  { table: 'rate_limits', key: 'bucket', end: 'expires_at', stays: 0 },
  { table: 'idempotency', key: 'user_id, key_hash', end: 'created_at', stays: ANSWER_MILLISECONDS },
] as const

/**
 * Removes what has expired, a few rows at a time, each time in a transaction of its own. Several servers may do it at
 * once. Nothing depends on it but the size of the database: what has expired is not found either way.
 *
 * @returns number of rows removed
 */
export async function sweep(database: Database, now: number): Promise<number> {
  let total = 0
  for (const { table, key, end, stays } of TABLES) {
    let removed: number
    do {
      removed = await database.run(
        `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${end} <= ? ORDER BY ${end} LIMIT ?)`,
        ...[now - stays, BATCH],
      )
      total += removed
      // SQLite answers at once, so that without a pause no request would get a turn before the end.
      await setImmediate()
    } while (removed === BATCH)
  }
  return total
}
