import type { Clock } from '#base'
import type { Database } from './database.ts'
import type { User } from './users.ts'

/** Somebody who is signed in, in one browser; times in milliseconds since the epoch. */
export interface Session {
  /** SHA-256 of what the browser holds. */
  hash: Uint8Array
  user: User
  createdAt: number
  usedAt: number
  expiresAt: number
}

/** Keeps who is signed in where. */
export interface SessionStore {
  createSession(session: { hash: Uint8Array; userId: string; expiresAt: number }): Promise<void>
  /** Finds a session that is not over. */
  findSession(hash: Uint8Array): Promise<Session | undefined>
  /** Lists the sessions of a user that are not over, the one that was used last first. */
  listSessions(userId: string): Promise<Session[]>
  /** Notes that a session is in use, which puts off its end. */
  prolongSession(hash: Uint8Array, expiresAt: number): Promise<void>
  endSession(hash: Uint8Array): Promise<void>
  /** Ends every session of a user. @returns how many there were */
  endSessions(userId: string): Promise<number>
}

interface Row {
  hash: Uint8Array
  userId: string
  email: string
  name: string
  createdAt: number
  usedAt: number
  expiresAt: number
}

const SESSION =
  `SELECT s.session_hash AS hash, u.user_id AS "userId", u.email, u.name, s.created_at AS "createdAt",
  s.used_at AS "usedAt", s.expires_at AS "expiresAt" FROM sessions s JOIN users u USING (user_id)`

export function createSessionStore(database: Database, clock: Clock): SessionStore {
  return {
    async createSession({ hash, userId, expiresAt }) {
      const now = clock.now()
      await database.run(
        `INSERT INTO sessions (session_hash, user_id, created_at, used_at, expires_at)
        VALUES (?, ?, ?, ?, ?)`,
        ...[hash, userId, now, now, expiresAt],
      )
    },

    async findSession(hash) {
      const row = await database.get<Row>(
        `${SESSION} WHERE s.session_hash = ? AND s.expires_at > ?`,
        ...[hash, clock.now()],
      )
      return row && readRow(row)
    },

    async listSessions(userId) {
      const rows = await database.all<Row>(
        `${SESSION} WHERE s.user_id = ? AND s.expires_at > ? ORDER BY s.used_at DESC, s.created_at DESC`,
        ...[userId, clock.now()],
      )
      return rows.map(readRow)
    },

    async prolongSession(hash, expiresAt) {
      await database.run(
        `UPDATE sessions SET used_at = ?, expires_at = ? WHERE session_hash = ?`,
        ...[clock.now(), expiresAt, hash],
      )
    },

    async endSession(hash) {
      await database.run(`DELETE FROM sessions WHERE session_hash = ?`, hash)
    },

    endSessions: (userId) => database.run(`DELETE FROM sessions WHERE user_id = ?`, userId),
  }
}

function readRow({ hash, userId, email, name, ...times }: Row): Session {
  return { hash, user: { id: userId, email, name }, ...times }
}
