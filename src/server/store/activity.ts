import type { Database } from './database.ts'

/** One use of a key. */
export interface Use {
  /** In milliseconds since the epoch. */
  at: number
  method: string
  path: string
  status: number
}

/** How many uses of a key are shown. */
const SHOWN = 50

/** Tells what was done with a key. */
export interface ActivityStore {
  /** Lists the last uses of a key, the newest first. */
  listActivity(keyId: string): Promise<Use[]>
}

export function createActivityStore(database: Database): ActivityStore {
  return {
    listActivity: (keyId) =>
      database.all<Use>(
        `SELECT at, method, path, status FROM key_activity WHERE key_id = ?
        ORDER BY at DESC, activity_id DESC LIMIT ${SHOWN}`,
        keyId,
      ),
  }
}
