import { randomUUID } from 'node:crypto'
import type { Database } from './database.ts'

/** How many requests of a key are remembered. */
export const MAX_ACTIVITY = 100

/** One request that was made with a key. */
export interface Activity {
  keyId: string
  /** When, in milliseconds since the epoch. */
  at: number
  method: string
  /** Without what follows a "?", which may hold anything. */
  path: string
  status: number
}

/** Remembers what was lately done with each key. */
export interface ActivityStore {
  /** Adds requests, many at once, since each transaction waits for the disk. Those of unknown keys are left out. */
  recordActivity(activities: readonly Activity[]): Promise<void>
  /** Lists the last requests of a key, the newest first. */
  listActivity(keyId: string, limit?: number): Promise<Activity[]>
}

export function createActivityStore(database: Database): ActivityStore {
  return {
    async recordActivity(activities) {
      // More of one key than are remembered need not be written first.
      const byKey = Map.groupBy(activities, ({ keyId }) => keyId)
      if (byKey.size === 0) return
      await database.transaction(async (inside) => {
        // In one order in every server, so that two of them do not wait for each other.
        for (const [keyId, all] of [...byKey].sort(([a], [b]) => a < b ? -1 : 1)) {
          for (const one of all.slice(-MAX_ACTIVITY)) await insert(inside, one)
          await trim(inside, keyId)
        }
      })
    },

    listActivity: (keyId, limit = MAX_ACTIVITY) =>
      database.all<Activity>(
        `SELECT key_id AS "keyId", at, method, path, status FROM key_activity WHERE key_id = ?
        ORDER BY at DESC, activity_id DESC LIMIT ?`,
        ...[keyId, limit],
      ),
  }
}

async function insert(inside: Database, { keyId, at, method, path, status }: Activity) {
  await inside.run(
    `INSERT INTO key_activity (activity_id, key_id, at, method, path, status)
    SELECT ?, key_id, CAST(? AS BIGINT), ?, ?, CAST(? AS BIGINT) FROM api_keys WHERE key_id = ?`,
    ...[randomUUID(), at, method, path, status, keyId],
  )
}

async function trim(inside: Database, keyId: string): Promise<void> {
  await inside.run(
    `DELETE FROM key_activity WHERE key_id = ? AND (at, activity_id) <= (
    SELECT at, activity_id FROM key_activity WHERE key_id = ?
    ORDER BY at DESC, activity_id DESC LIMIT 1 OFFSET ?)`,
    ...[keyId, keyId, MAX_ACTIVITY],
  )
}
