import type { Clock } from '#base'
import type { Database } from './database.ts'
import { WHOLE } from './page.ts'
import type { Page } from './page.ts'
import { isStorable } from './storable.ts'

/** What a member of a group may do: an admin manages it, a member sees it. */
export type Role = 'admin' | 'member'

/** One member of a group. */
export interface Member {
  userId: string
  email: string
  name: string
  role: Role
}

/** What became of the wish to remove a member; a group never loses its last admin. */
export type Removal = 'removed' | 'absent' | 'last_admin'

/** Keeps who belongs to which group. */
export interface MemberStore {
  /** Lists the members of a group, in the order of their emails. */
  listMembers(groupId: string, page?: Page): Promise<Member[]>
  findMember(groupId: string, email: string): Promise<Member | undefined>
  /** Adds a member; answers false when the user is one already. */
  addMember(groupId: string, userId: string, role: Role): Promise<boolean>
  removeMember(groupId: string, userId: string): Promise<Removal>
}

const MEMBER = `SELECT m.user_id AS "userId", u.email, u.name, m.role
  FROM members m JOIN users u USING (user_id)`

export function createMemberStore(database: Database, clock: Clock): MemberStore {
  function touchGroup(inside: Database, groupId: string): Promise<number> {
    return inside.run(`UPDATE groups SET modified_at = ? WHERE group_id = ?`, clock.now(), groupId)
  }

  return {
    listMembers: (groupId, { limit, after = '' } = WHOLE) =>
      database.all<Member>(
        `${MEMBER} WHERE m.group_id = ? AND u.email > ? ORDER BY u.email LIMIT ?`,
        ...[groupId, after, limit],
      ),

    async findMember(groupId, email) {
      if (!isStorable(email)) return undefined
      return await database.get<Member>(
        `${MEMBER} WHERE m.group_id = ? AND u.email = ?`,
        ...[groupId, email],
      )
    },

    addMember(groupId, userId, role) {
      return database.transaction(async (inside) => {
        const added = await inside.run(
          `INSERT INTO members (group_id, user_id, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
          ...[groupId, userId, role],
        )
        if (added > 0) await touchGroup(inside, groupId)
        return added > 0
      })
    },

    removeMember(groupId, userId) {
      return database.transaction(async (inside) => {
        // Asked and done in one transaction: two admins who remove each other at once cannot both find that another
        // one is left.
        const removed = await inside.run(
          `DELETE FROM members AS m WHERE m.group_id = ? AND m.user_id = ? AND (m.role <> 'admin'
          OR EXISTS (SELECT 1 FROM members o WHERE o.group_id = m.group_id AND o.role = 'admin'
          AND o.user_id <> m.user_id))`,
          ...[groupId, userId],
        )
        if (removed > 0) {
          await touchGroup(inside, groupId)
          return 'removed'
        }
        const member = await inside.get(
          `SELECT role FROM members WHERE group_id = ? AND user_id = ?`,
          ...[groupId, userId],
        )
        return member === undefined ? 'absent' : 'last_admin'
      })
    },
  }
}
