import { randomUUID } from 'node:crypto'
import type { Clock } from '#base'
import type { Database } from './database.ts'
import { isStorable } from './storable.ts'

/** Most jobs of a project that are kept; the oldest make room for new ones. */
export const MAX_JOBS = 100

/** What was sent to be analyzed. */
export interface NewJob {
  projectId: string
  /** Who sent it. */
  userId: string
  label: string
  /** The packages, as JSON. */
  packages: string
  /** The ecosystems of the packages, joined with commas. */
  ecosystems: string
}

/** A job without what was sent. */
export interface JobEntry {
  id: string
  label: string
  /** In milliseconds since the epoch. */
  createdAt: number
}

/** A job as it is kept. */
export interface Job extends JobEntry {
  projectId: string
  packages: string
}

/** Keeps what was sent to be analyzed. */
export interface JobStore {
  /** Adds a job, and removes those of its project that are too many. */
  createJob(job: NewJob): Promise<string>
  /** Finds a job, whosever it is: who may see its project may see it. */
  findJob(id: string): Promise<Job | undefined>
  /** Lists the jobs of a project, the newest first. */
  listJobs(projectId: string): Promise<JobEntry[]>
}

export function createJobStore(database: Database, clock: Clock): JobStore {
  return {
    createJob({ projectId, userId, label, packages, ecosystems }) {
      const id = randomUUID()
      return database.transaction(async (inside) => {
        await inside.run(
          `INSERT INTO jobs (job_id, project_id, user_id, label, packages, ecosystems, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)`,
          ...[id, projectId, userId, label, packages, ecosystems, clock.now()],
        )
        await inside.run(
          `DELETE FROM jobs WHERE project_id = ? AND job_id <> ? AND (created_at, job_id) <= (
          SELECT created_at, job_id FROM jobs WHERE project_id = ?
          ORDER BY created_at DESC, job_id DESC LIMIT 1 OFFSET ?)`,
          ...[projectId, id, projectId, MAX_JOBS],
        )
        return id
      })
    },

    async findJob(id) {
      if (!isStorable(id)) return undefined
      return await database.get<Job>(
        `SELECT job_id AS id, project_id AS "projectId", label, packages, created_at AS "createdAt"
        FROM jobs WHERE job_id = ?`,
        id,
      )
    },

    listJobs: (projectId) =>
      database.all<JobEntry>(
        `SELECT job_id AS id, label, created_at AS "createdAt" FROM jobs WHERE project_id = ?
        ORDER BY created_at DESC, job_id DESC`,
        projectId,
      ),
  }
}
