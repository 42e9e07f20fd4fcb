import { randomUUID } from 'node:crypto'
import type { Clock } from '#base'
import type { Database } from './database.ts'
import type { Role } from './members.ts'
import { WHOLE } from './page.ts'
import type { Page } from './page.ts'
import { isStorable } from './storable.ts'

/** A group as one of its members sees it; times in milliseconds since the epoch. */
export interface Group {
  id: string
  name: string
  createdAt: number
  modifiedAt: number
  /** Role of the member who looks. */
  role: Role
}

/** Keeps groups. */
export interface GroupStore {
  /** Makes a group with the user as its admin; answers `undefined` when the name is taken, by whomever. */
  createGroup(userId: string, name: string): Promise<Group | undefined>
  /** Finds a group by name among those that the user is a member of. */
  findGroup(userId: string, name: string): Promise<Group | undefined>
  /** Lists the groups of a user, in the order of their names. */
  listGroups(userId: string, page?: Page): Promise<Group[]>
  deleteGroup(groupId: string): Promise<void>
}

const GROUP =
  `SELECT g.group_id AS id, g.name, g.created_at AS "createdAt", g.modified_at AS "modifiedAt", m.role
  FROM members m JOIN groups g USING (group_id)`

export function createGroupStore(database: Database, clock: Clock): GroupStore {
  return {
    createGroup(userId, name) {
      const id = randomUUID()
      const now = clock.now()
      return database.transaction(async (inside) => {
        const made = await inside.run(
          `INSERT INTO groups (group_id, name, created_at, modified_at) VALUES (?, ?, ?, ?)
          ON CONFLICT (name) DO NOTHING`,
          ...[id, name, now, now],
        )
        if (made === 0) return undefined
        await inside.run(
          `INSERT INTO members (group_id, user_id, role) VALUES (?, ?, 'admin')`,
          id,
          userId,
        )
        return { id, name, createdAt: now, modifiedAt: now, role: 'admin' }
      })
    },

    async findGroup(userId, name) {
      if (!isStorable(name)) return undefined
      return await database.get<Group>(`${GROUP} WHERE g.name = ? AND m.user_id = ?`, name, userId)
    },

    listGroups: (userId, { limit, after = '' } = WHOLE) =>
      database.all<Group>(
        `${GROUP} WHERE m.user_id = ? AND g.name > ? ORDER BY g.name LIMIT ?`,
        ...[userId, after, limit],
      ),

    async deleteGroup(groupId) {
      await database.run(`DELETE FROM groups WHERE group_id = ?`, groupId)
    },
  }
}
