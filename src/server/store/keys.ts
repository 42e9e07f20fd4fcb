import { randomUUID } from 'node:crypto'
import type { Clock } from '#base'
import type { Database } from './database.ts'
import { isStorable } from './storable.ts'

/** What is kept of an API key; times in milliseconds since the epoch. */
export interface ApiKey {
  id: string
  userId: string
  name: string
  createdAt: number
  usedAt: number | null
  expiresAt: number | null
  revokedAt: number | null
}

/** An API key to be kept. */
export interface NewApiKey {
  userId: string
  name: string
  /** SHA-256 of the key. */
  hash: Uint8Array
  expiresAt: number | null
}

/** Keeps API keys. */
export interface KeyStore {
  /** Keeps a key; answers `undefined` when the user has an unrevoked key of this name. */
  createKey(key: NewApiKey): Promise<ApiKey | undefined>
  /** Finds a key by its hash, expired and revoked ones included. */
  findKey(hash: Uint8Array): Promise<ApiKey | undefined>
  /** Answers whether any key was ever made. */
  hasKeys(): Promise<boolean>
  /** Lists the unrevoked keys of a user, the oldest first. */
  listKeys(userId: string): Promise<ApiKey[]>
  /** Counts the unrevoked keys of a user. */
  countKeys(userId: string): Promise<number>
  recordKeyUse(keyId: string): Promise<void>
  /** Revokes a key by name; answers whether there was one to revoke. */
  revokeKey(userId: string, name: string): Promise<boolean>
}

const KEY =
  `SELECT key_id AS id, user_id AS "userId", name, created_at AS "createdAt", used_at AS "usedAt",
  expires_at AS "expiresAt", revoked_at AS "revokedAt" FROM api_keys`

export function createKeyStore(database: Database, clock: Clock): KeyStore {
  return {
    async createKey({ userId, name, hash, expiresAt }) {
      const id = randomUUID()
      const createdAt = clock.now()
      const made = await database.run(
        `INSERT INTO api_keys (key_id, user_id, name, hash, created_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, name) WHERE revoked_at IS NULL DO NOTHING`,
        ...[id, userId, name, hash, createdAt, expiresAt],
      )
      if (made === 0) return undefined
      return { id, userId, name, createdAt, usedAt: null, expiresAt, revokedAt: null }
    },

    findKey: (hash) => database.get<ApiKey>(`${KEY} WHERE hash = ?`, hash),

    async hasKeys() {
      return await database.get(`SELECT 1 AS one FROM api_keys LIMIT 1`) !== undefined
    },

    listKeys: (userId) =>
      database.all<ApiKey>(
        `${KEY} WHERE user_id = ? AND revoked_at IS NULL ORDER BY created_at, name`,
        userId,
      ),

    async countKeys(userId) {
      const row = await database.get<{ count: number }>(
        `SELECT count(*) AS count FROM api_keys WHERE user_id = ? AND revoked_at IS NULL`,
        userId,
      )
      return row?.count ?? 0
    },

    async recordKeyUse(keyId) {
      await database.run(`UPDATE api_keys SET used_at = ? WHERE key_id = ?`, clock.now(), keyId)
    },

    async revokeKey(userId, name) {
      if (!isStorable(name)) return false
      const revoked = await database.run(
        `UPDATE api_keys SET revoked_at = ? WHERE user_id = ? AND name = ? AND revoked_at IS NULL`,
        ...[clock.now(), userId, name],
      )
      return revoked > 0
    },
  }
}
