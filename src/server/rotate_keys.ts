import type { Clock } from '#base'
import { rotateServerKeys } from './identity/server_keys.ts'
import { openDatabase } from './store/open_database.ts'

/**
 * Makes new keys for the servers on a database to sign with; those that run take them up at once, and nobody is logged
 * out.
 *
 * @param options.database as for `startServer()`
 * @throws ERR_SERVER_DATABASE
 */
export async function rotateKeys(options: { database: string; clock: Clock }): Promise<void> {
  const database = await openDatabase(options.database)
  try {
    await rotateServerKeys(database, options.clock)
  } finally {
    await database.close()
  }
}
