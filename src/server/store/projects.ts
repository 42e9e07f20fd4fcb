import { randomUUID } from 'node:crypto'
import type { Clock } from '#base'
import type { Database, Value } from './database.ts'
import type { Role } from './members.ts'
import { WHOLE } from './page.ts'
import type { Page } from './page.ts'
import { isStorable } from './storable.ts'

/** To whom a project belongs: somebody, or a group. */
export type Owner = { userId: string } | { groupId: string }

/** What may be said about a project. */
export interface ProjectDetails {
  name: string
  repositoryUrl: string | null
  /** Label of a job whose sender gives none. */
  defaultLabel: string | null
}

/** A project as somebody sees it who may; times in milliseconds since the epoch. */
export interface Project extends ProjectDetails {
  id: string
  createdAt: number
  modifiedAt: number
  /** Name of the group to which it belongs, "ORGANIZATION/GROUP" for one of an organization; null where it is somebody's own. */
  groupName: string | null
  organizationName: string | null
  /** Role in the group of who looks; admin of one's own. */
  role: Role
  /** The last job, if there was one, and its ecosystems, joined with commas. */
  latestJobId: string | null
  latestJobAt: number | null
  latestLabel: string | null
  ecosystems: string | null
}

/** Which projects are wanted. */
export interface ProjectFilter {
  /** Name of the group, whole. */
  group?: string
  /** Name of the organization, whole. */
  organization?: string
  /** A part of the project's name. */
  name?: string
}

/** Keeps projects. */
export interface ProjectStore {
  /** Makes a project; answers `undefined` when its owner has one of this name. */
  createProject(owner: Owner, details: ProjectDetails): Promise<string | undefined>
  /** Finds a project among those that the user may see. */
  findProject(userId: string, id: string): Promise<Project | undefined>
  /** Lists the projects that a user may see, in the order of their ids. */
  listProjects(userId: string, filter?: ProjectFilter, page?: Page): Promise<Project[]>
  /** Changes a project; answers false when its owner has another one of this name. */
  updateProject(id: string, details: ProjectDetails): Promise<boolean>
  /** Deletes it with its jobs. */
  deleteProject(id: string): Promise<void>
}

/** A project as a user sees it, whose id is bound twice. */
const PROJECT = `SELECT p.project_id AS id, p.name, p.repository_url AS "repositoryUrl",
  p.default_label AS "defaultLabel", p.created_at AS "createdAt", p.modified_at AS "modifiedAt",
  g.name AS "groupName", o.name AS "organizationName",
  CASE WHEN p.group_id IS NULL OR m.role = 'admin' OR om.role = 'admin' THEN 'admin'
    ELSE 'member' END AS role,
  j.job_id AS "latestJobId", j.created_at AS "latestJobAt", j.label AS "latestLabel", j.ecosystems
  FROM projects p
  LEFT JOIN groups g ON g.group_id = p.group_id
  LEFT JOIN organizations o ON o.organization_id = g.organization_id
  LEFT JOIN members m ON m.group_id = p.group_id AND m.user_id = ?
  LEFT JOIN organization_members om ON om.organization_id = g.organization_id AND om.user_id = ?
  LEFT JOIN jobs j ON j.job_id = (SELECT l.job_id FROM jobs l WHERE l.project_id = p.project_id
    ORDER BY l.created_at DESC, l.job_id DESC LIMIT 1)`

/** The projects that a user may see, whose id is bound three times: their own, those of their groups, and of what they run. */
const VISIBLE = `SELECT project_id FROM projects WHERE user_id = ?
  UNION SELECT p.project_id FROM members m JOIN projects p ON p.group_id = m.group_id
    WHERE m.user_id = ?
  UNION SELECT p.project_id FROM organization_members om
    JOIN groups g ON g.organization_id = om.organization_id
    JOIN projects p ON p.group_id = g.group_id WHERE om.user_id = ? AND om.role = 'admin'`

export function createProjectStore(database: Database, clock: Clock): ProjectStore {
  return {
    async createProject(owner, { name, repositoryUrl, defaultLabel }) {
      const id = randomUUID()
      const now = clock.now()
      const [userId, groupId] = 'userId' in owner ? [owner.userId, null] : [null, owner.groupId]
      const made = await database.run(
        `INSERT INTO projects (project_id, user_id, group_id, name, repository_url, default_label,
        created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        ...[id, userId, groupId, name, repositoryUrl, defaultLabel, now, now],
      )
      return made > 0 ? id : undefined
    },

    async findProject(userId, id) {
      if (!isStorable(id)) return undefined
      return await database.get<Project>(
        `${PROJECT} WHERE p.project_id = ?
        AND (p.user_id = ? OR m.user_id IS NOT NULL OR om.role = 'admin')`,
        ...[userId, userId, id, userId],
      )
    },

    async listProjects(userId, filter = {}, { limit, after = '' } = WHOLE) {
      const { group, organization, name } = filter
      if (![group, organization, name].every((text) => isStorable(text ?? ''))) return []
      const conditions = [`p.project_id IN (${VISIBLE})`, 'p.project_id > ?']
      const values: Value[] = [userId, userId, userId, after]
      const where = (condition: string, value: string | undefined) => {
        if (value === undefined) return
        conditions.push(condition)
        values.push(value)
      }
      where('g.name = ?', group)
      where('o.name = ?', organization)
      // LIKE would take "%" and "_" for more than they are, and letters of either case for one in SQLite alone.
      const find = database.dialect === 'sqlite' ? 'instr' : 'strpos'
      where(`${find}(p.name, ?) > 0`, name)
      return await database.all<Project>(
        `${PROJECT} WHERE ${conditions.join(' AND ')} ORDER BY p.project_id LIMIT ?`,
        ...[userId, userId, ...values, limit],
      )
    },

    updateProject(id, { name, repositoryUrl, defaultLabel }) {
      return database.transaction(async (inside) => {
        const other = await inside.get(
          `SELECT 1 AS one FROM projects p JOIN projects q ON q.user_id = p.user_id AND q.name = ?
          WHERE p.project_id = ? AND q.project_id <> p.project_id
          UNION ALL
          SELECT 1 AS one FROM projects p JOIN projects q ON q.group_id = p.group_id AND q.name = ?
          WHERE p.project_id = ? AND q.project_id <> p.project_id`,
          ...[name, id, name, id],
        )
        if (other !== undefined) return false
        await inside.run(
          `UPDATE projects SET name = ?, repository_url = ?, default_label = ?, modified_at = ?
          WHERE project_id = ?`,
          ...[name, repositoryUrl, defaultLabel, clock.now(), id],
        )
        return true
      })
    },

    async deleteProject(id) {
      await database.run(`DELETE FROM projects WHERE project_id = ?`, id)
    },
  }
}
