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
  /** Role of the member who looks; admins of an organization are admins of all its groups. */
  role: Role
  /** The organization to which it belongs, if it does; its name is then "ORGANIZATION/GROUP". */
  organizationId: string | null
}

/** Keeps groups. */
export interface GroupStore {
  /** Makes a group with the user as its admin; answers `undefined` when the name is taken, by whomever. */
  createGroup(userId: string, name: string, organizationId?: string): Promise<Group | undefined>
  /** Finds a group by name among those that the user is a member of, or an admin of the organization of. */
  findGroup(userId: string, name: string): Promise<Group | undefined>
  /** Lists the groups of an organization that the user may see: the user's own, or all for an admin of it. */
  listOrganizationGroups(userId: string, organizationId: string, page?: Page): Promise<Group[]>
  /** Lists the groups of a user, in the order of their names. */
  listGroups(userId: string, page?: Page): Promise<Group[]>
  deleteGroup(groupId: string): Promise<void>
}

const COLUMNS =
  `g.group_id AS id, g.name, g.created_at AS "createdAt", g.modified_at AS "modifiedAt",
  g.organization_id AS "organizationId"`

const GROUP = `SELECT ${COLUMNS}, m.role FROM members m JOIN groups g USING (group_id)`

/** A group as the user sees it, whose id is bound twice. */
const SEEN = `SELECT ${COLUMNS}, CASE WHEN o.role = 'admin' THEN o.role ELSE m.role END AS role
  FROM groups g
  LEFT JOIN members m ON m.group_id = g.group_id AND m.user_id = ?
  LEFT JOIN organization_members o ON o.organization_id = g.organization_id AND o.user_id = ?
  WHERE (m.user_id IS NOT NULL OR o.role = 'admin')`

export function createGroupStore(database: Database, clock: Clock): GroupStore {
  return {
    createGroup(userId, name, organizationId) {
      const id = randomUUID()
      const now = clock.now()
      return database.transaction(async (inside) => {
        const made = await inside.run(
          `INSERT INTO groups (group_id, name, created_at, modified_at, organization_id)
          VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`,
          ...[id, name, now, now, organizationId ?? null],
        )
        if (made === 0) return undefined
        await inside.run(
          `INSERT INTO members (group_id, user_id, role) VALUES (?, ?, 'admin')`,
          id,
          userId,
        )
        const group = { id, name, createdAt: now, modifiedAt: now, role: 'admin' } as const
        return { ...group, organizationId: organizationId ?? null }
      })
    },

    async findGroup(userId, name) {
      if (!isStorable(name)) return undefined
      return await database.get<Group>(`${SEEN} AND g.name = ?`, userId, userId, name)
    },

    listOrganizationGroups: (userId, organizationId, { limit, after = '' } = WHOLE) =>
      database.all<Group>(
        `${SEEN} AND g.organization_id = ? AND g.name > ? ORDER BY g.name LIMIT ?`,
        ...[userId, userId, organizationId, after, limit],
      ),

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
