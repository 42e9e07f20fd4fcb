import type { Database } from '../store/database.ts'
import { TOKEN_CLIENT_ID } from './clients.ts'
import { hashId } from './payload.ts'

/** What the API needs to know of an access token. */
export interface AccessToken {
  userId: string
  /** In milliseconds since the epoch. */
  expiresAt: number
}

/**
 * Finds an access token that the API takes, also one that has expired. It asks the database alone, because it stands
 * before every request: the provider itself need not be there.
 *
 * The grant must still be there, too. A token that was being made at the moment when its login was ended is the last
 * thing that would be left of it.
 */
export async function findAccessToken(
  database: Database,
  token: string,
): Promise<AccessToken | undefined> {
  const row = await database.get<{ payload: string; expiresAt: number }>(
    `SELECT t.payload, t.expires_at AS "expiresAt" FROM oidc_payloads t
    WHERE t.model = 'AccessToken' AND t.id_hash = ? AND EXISTS (
      SELECT 1 FROM oidc_payloads g WHERE g.model = 'Grant' AND g.id_hash = t.grant_hash)`,
    hashId(token),
  )
  if (row === undefined) return undefined
  const { accountId, clientId, scope } = JSON.parse(row.payload) as {
    accountId?: string
    clientId?: string
    scope?: string
  }
  // What the key service turns into a key is for nothing else.
  const isForApi = clientId === TOKEN_CLIENT_ID && scope?.split(' ').includes('openid') === true
  return isForApi && accountId !== undefined
    ? { userId: accountId, expiresAt: row.expiresAt }
    : undefined
}
