import { randomUUID } from 'node:crypto'
import type { Clock } from '#base'
import type { Database } from './database.ts'
import { isStorable } from './storable.ts'

/** Somebody with an account. */
export interface User {
  id: string
  email: string
  name: string
}

/** An account to be kept. */
export interface NewUser {
  email: string
  name: string
  /** Without one, nobody signs in. */
  passwordHash?: string
}

/** Keeps accounts. */
export interface UserStore {
  /** Adds an account; answers `undefined` when the email has one. */
  createUser(user: NewUser): Promise<User | undefined>
  findUser(email: string): Promise<User | undefined>
  /** Finds an account with what is kept of its password: null where it has none, and nobody signs in. */
  findPassword(email: string): Promise<{ user: User; passwordHash: string | null } | undefined>
  findUserById(id: string): Promise<User | undefined>
}

export function createUserStore(database: Database, clock: Clock): UserStore {
  return {
    async createUser({ email, name, passwordHash }) {
      const id = randomUUID()
      const made = await database.run(
        `INSERT INTO users (user_id, email, name, password_hash, created_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING`,
        ...[id, email, name, passwordHash ?? null, clock.now()],
      )
      return made > 0 ? { id, email, name } : undefined
    },

    async findUser(email) {
      if (!isStorable(email)) return undefined
      return await database.get<User>(
        `SELECT user_id AS id, email, name FROM users WHERE email = ?`,
        email,
      )
    },

    async findPassword(email) {
      if (!isStorable(email)) return undefined
      const row = await database.get<User & { passwordHash: string | null }>(
        `SELECT user_id AS id, email, name, password_hash AS "passwordHash" FROM users WHERE email = ?`,
        email,
      )
      if (row === undefined) return undefined
      const { passwordHash, ...user } = row
      return { user, passwordHash }
    },

    findUserById: (id) =>
      database.get<User>(`SELECT user_id AS id, email, name FROM users WHERE user_id = ?`, id),
  }
}
