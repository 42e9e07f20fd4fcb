import type { Clock } from '#base'
import type { Database } from '../store/database.ts'
import { hashId, readPayload, writePayload } from './payload.ts'
import type { Payload } from './payload.ts'

/** What the provider keeps, by kind; `Key` is ours, and says from which grant an API key was made. */
export type Model =
  | 'AccessToken'
  | 'AuthorizationCode'
  | 'DeviceCode'
  | 'Grant'
  | 'Interaction'
  | 'Key'
  | 'RefreshToken'

/**
 * What the provider keeps, in the database alone: any of several servers goes on where another one stopped. Everything
 * is found by the hash of its id.
 */
export class Records {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Keeps a payload, in place of what is kept under the id. */
  async keep(model: Model, id: string, payload: Payload): Promise<void> {
    const { grantId, userCode, exp } = payload
    await this.#database.run(
      `INSERT INTO oidc_payloads (model, id_hash, payload, grant_hash, user_code_hash, expires_at)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (model, id_hash) DO UPDATE
      SET payload = excluded.payload, grant_hash = excluded.grant_hash, expires_at = excluded.expires_at`,
      ...[
        model,
        hashId(id),
        writePayload(id, payload),
        typeof grantId === 'string' ? hashId(grantId) : null,
        typeof userCode === 'string' ? hashId(userCode) : null,
        typeof exp === 'number' ? exp * 1000 : null,
      ],
    )
  }

  async find(model: Model, id: string): Promise<Payload | undefined> {
    const row = await this.#database.get<{ payload: string; consumedAt: number | null }>(
      `SELECT payload, consumed_at AS "consumedAt" FROM oidc_payloads WHERE model = ? AND id_hash = ?`,
      ...[model, hashId(id)],
    )
    return row && readPayload(id, row.payload, row.consumedAt)
  }

  /**
   * Marks something as used. Of two who use it at the same time one is told so by the provider, which has read it
   * before; the other is told here, by the one statement that can succeed only once.
   *
   * @returns false when it was used before; then its whole grant has been revoked
   */
  async consume(model: Model, id: string): Promise<boolean> {
    const used = await this.#database.run(
      `UPDATE oidc_payloads SET consumed_at = ? WHERE model = ? AND id_hash = ? AND consumed_at IS NULL`,
      ...[this.#clock.now(), model, hashId(id)],
    )
    if (used > 0) return true
    const payload = await this.find(model, id)
    const grantId = payload?.['grantId']
    if (typeof grantId === 'string') await this.revokeGrant(grantId)
    return false
  }

  /** @returns whether it was there */
  async remove(model: Model, id: string): Promise<boolean> {
    const removed = await this.#database.run(
      `DELETE FROM oidc_payloads WHERE model = ? AND id_hash = ?`,
      ...[model, hashId(id)],
    )
    return removed > 0
  }

  /** Removes what came of a grant, of one kind. */
  async removeOfGrant(model: Model, grantId: string): Promise<void> {
    await this.#database.run(
      `DELETE FROM oidc_payloads WHERE model = ? AND grant_hash = ?`,
      ...[model, hashId(grantId)],
    )
  }

  /** Ends a grant with all that came of it, API keys included. */
  async revokeGrant(grantId: string): Promise<void> {
    const grant = hashId(grantId)
    await this.#database.transaction(async (database) => {
      // The grant first: whoever is making something of it at this moment finds it gone.
      await database.run(`DELETE FROM oidc_payloads WHERE model = 'Grant' AND id_hash = ?`, grant)
      const keys = await database.all<{ payload: string }>(
        `SELECT payload FROM oidc_payloads WHERE model = 'Key' AND grant_hash = ?`,
        grant,
      )
      for (const { payload } of keys) {
        const { keyId } = JSON.parse(payload) as { keyId: string }
        await database.run(
          `UPDATE api_keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL`,
          ...[this.#clock.now(), keyId],
        )
      }
      await database.run(`DELETE FROM oidc_payloads WHERE grant_hash = ?`, grant)
    })
  }
}
