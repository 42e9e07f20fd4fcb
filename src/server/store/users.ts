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

/** Keeps accounts. */
export interface UserStore {
  /** Adds an account; answers `undefined` when the email has one. */
  createUser(user: { email: string; name: string }): Promise<User | undefined>
  findUser(email: string): Promise<User | undefined>
}

export function createUserStore(database: Database, clock: Clock): UserStore {
  return {
    async createUser({ email, name }) {
      const id = randomUUID()
      const made = await database.run(
        `INSERT INTO users (user_id, email, name, created_at) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING`,
        id,
        email,
        name,
        clock.now(),
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
  }
}
