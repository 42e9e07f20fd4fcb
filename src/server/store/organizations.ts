import { randomUUID } from 'node:crypto'
import type { Clock } from '#base'
import type { Database } from './database.ts'
import type { Member, Removal, Role } from './members.ts'
import { WHOLE } from './page.ts'
import type { Page } from './page.ts'
import { isStorable } from './storable.ts'

/** An organization as one of its members sees it. */
export interface Organization {
  id: string
  name: string
  /** In milliseconds since the epoch. */
  createdAt: number
  /** Role of the member who looks. */
  role: Role
}

/** Keeps organizations, and who belongs to them. */
export interface OrganizationStore {
  /** Makes an organization with the user as its admin; answers `undefined` when the name is taken, by whomever. */
  createOrganization(userId: string, name: string): Promise<Organization | undefined>
  /** Finds an organization by name among those that the user is a member of. */
  findOrganization(userId: string, name: string): Promise<Organization | undefined>
  /** Lists the organizations of a user, in the order of their names. */
  listOrganizations(userId: string, page?: Page): Promise<Organization[]>
  /** Deletes it with its groups, and their projects. */
  deleteOrganization(organizationId: string): Promise<void>
  /** Lists the members of an organization, in the order of their emails. */
  listOrganizationMembers(organizationId: string, page?: Page): Promise<Member[]>
  findOrganizationMember(organizationId: string, email: string): Promise<Member | undefined>
  /** Adds a member; answers false when the user is one already. */
  addOrganizationMember(organizationId: string, userId: string, role: Role): Promise<boolean>
  /** Removes a member from the organization and from all its groups; the last admin stays. */
  removeOrganizationMember(organizationId: string, userId: string): Promise<Removal>
}

const ORGANIZATION = `SELECT o.organization_id AS id, o.name, o.created_at AS "createdAt", m.role
  FROM organization_members m JOIN organizations o USING (organization_id)`

const MEMBER = `SELECT m.user_id AS "userId", u.email, u.name, m.role
  FROM organization_members m JOIN users u USING (user_id)`

export function createOrganizationStore(database: Database, clock: Clock): OrganizationStore {
  return {
    createOrganization(userId, name) {
      const id = randomUUID()
      const createdAt = clock.now()
      return database.transaction(async (inside) => {
        const made = await inside.run(
          `INSERT INTO organizations (organization_id, name, created_at) VALUES (?, ?, ?)
          ON CONFLICT (name) DO NOTHING`,
          ...[id, name, createdAt],
        )
        if (made === 0) return undefined
        await inside.run(
          `INSERT INTO organization_members (organization_id, user_id, role) VALUES (?, ?, 'admin')`,
          ...[id, userId],
        )
        return { id, name, createdAt, role: 'admin' }
      })
    },

    async findOrganization(userId, name) {
      if (!isStorable(name)) return undefined
      return await database.get<Organization>(
        `${ORGANIZATION} WHERE o.name = ? AND m.user_id = ?`,
        ...[name, userId],
      )
    },

    listOrganizations: (userId, { limit, after = '' } = WHOLE) =>
      database.all<Organization>(
        `${ORGANIZATION} WHERE m.user_id = ? AND o.name > ? ORDER BY o.name LIMIT ?`,
        ...[userId, after, limit],
      ),

    async deleteOrganization(organizationId) {
      await database.run(`DELETE FROM organizations WHERE organization_id = ?`, organizationId)
    },

    listOrganizationMembers: (organizationId, { limit, after = '' } = WHOLE) =>
      database.all<Member>(
        `${MEMBER} WHERE m.organization_id = ? AND u.email > ? ORDER BY u.email LIMIT ?`,
        ...[organizationId, after, limit],
      ),

    async findOrganizationMember(organizationId, email) {
      if (!isStorable(email)) return undefined
      return await database.get<Member>(
        `${MEMBER} WHERE m.organization_id = ? AND u.email = ?`,
        ...[organizationId, email],
      )
    },

    async addOrganizationMember(organizationId, userId, role) {
      const added = await database.run(
        `INSERT INTO organization_members (organization_id, user_id, role) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING`,
        ...[organizationId, userId, role],
      )
      return added > 0
    },

    removeOrganizationMember(organizationId, userId) {
      return database.transaction(async (inside) => {
        // Asked and done in one transaction, as in `removeMember()`.
        const removed = await inside.run(
          `DELETE FROM organization_members AS m WHERE m.organization_id = ? AND m.user_id = ?
          AND (m.role <> 'admin' OR EXISTS (SELECT 1 FROM organization_members o
          WHERE o.organization_id = m.organization_id AND o.role = 'admin'
          AND o.user_id <> m.user_id))`,
          ...[organizationId, userId],
        )
        if (removed > 0) {
          // Who has left keeps no way to what belongs to it.
          await inside.run(
            `DELETE FROM members WHERE user_id = ? AND group_id IN
            (SELECT group_id FROM groups WHERE organization_id = ?)`,
            ...[userId, organizationId],
          )
          return 'removed'
        }
        const member = await inside.get(
          `SELECT role FROM organization_members WHERE organization_id = ? AND user_id = ?`,
          ...[organizationId, userId],
        )
        return member === undefined ? 'absent' : 'last_admin'
      })
    },
  }
}
