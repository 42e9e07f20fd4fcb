import type { Clock } from '#base'
import type { Database } from './database.ts'

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
  listMembers(groupId: string): Promise<Member[]>
  /** Adds a member; answers false when the user is one already. */
  addMember(groupId: string, userId: string, role: Role): Promise<boolean>
  removeMember(groupId: string, userId: string): Promise<Removal>
}

export function createMemberStore(database: Database, clock: Clock): MemberStore {
  function touchGroup(inside: Database, groupId: string): Promise<number> {
    return inside.run(`UPDATE groups SET modified_at = ? WHERE group_id = ?`, clock.now(), groupId)
  }

  return {
    listMembers: (groupId) =>
      database.all<Member>(
        `SELECT m.user_id AS "userId", u.email, u.name, m.role
        FROM members m JOIN users u USING (user_id) WHERE m.group_id = ? ORDER BY u.email`,
        groupId,
      ),

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
