import type { Clock } from '#base'
import { createActivityStore } from './store/activity.ts'
import type { ActivityStore } from './store/activity.ts'
import { createAnswerStore } from './store/answers.ts'
import type { AnswerStore } from './store/answers.ts'
import { createAttemptStore } from './store/attempts.ts'
import type { AttemptStore } from './store/attempts.ts'
import type { Database, DatabaseOptions } from './store/database.ts'
import { createGroupStore } from './store/groups.ts'
import type { GroupStore } from './store/groups.ts'
import { createJobStore } from './store/jobs.ts'
import type { JobStore } from './store/jobs.ts'
import { createKeyStore } from './store/keys.ts'
import type { KeyStore } from './store/keys.ts'
import { createMemberStore } from './store/members.ts'
import type { MemberStore } from './store/members.ts'
import { openDatabase } from './store/open_database.ts'
import { createOrganizationStore } from './store/organizations.ts'
import type { OrganizationStore } from './store/organizations.ts'
import { createProjectStore } from './store/projects.ts'
import type { ProjectStore } from './store/projects.ts'
import { createSessionStore } from './store/sessions.ts'
import type { SessionStore } from './store/sessions.ts'
import { sweep } from './store/sweep.ts'
import { createUserStore } from './store/users.ts'
import type { UserStore } from './store/users.ts'

export type { Activity } from './store/activity.ts'
export type { Answer, RepeatableRequest } from './store/answers.ts'
export type { Group } from './store/groups.ts'
export type { Job, JobEntry } from './store/jobs.ts'
export type { ApiKey, NewApiKey } from './store/keys.ts'
export type { Member, Removal, Role } from './store/members.ts'
export type { Organization } from './store/organizations.ts'
export type { Owner, Project, ProjectFilter } from './store/projects.ts'
export type { Session } from './store/sessions.ts'
export type { User } from './store/users.ts'

/**
 * Keeps accounts, keys, groups, organizations, and projects with what was analyzed for them. Each call is one transaction: what it answered for is on disk, whole.
 * Who may do what is decided before the call; what must always be true is held here.
 *
 * Every method throws ERR_SERVER_DATABASE when the database is locked, full, damaged or gone.
 */
export interface Store
  extends
    UserStore,
    KeyStore,
    GroupStore,
    MemberStore,
    OrganizationStore,
    ProjectStore,
    JobStore,
    SessionStore,
    AnswerStore,
    ActivityStore,
    AttemptStore {
  /** Runs several calls as one transaction; `work` uses the store that it is given, see `Database.transaction()`. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>
  /** Asks the database for an answer, of whatever kind. */
  ping(): Promise<void>
  /** Removes what has expired. @returns number of rows removed */
  sweep(): Promise<number>
  /** Flushes and closes; the store cannot be used afterwards. */
  close(): Promise<void>
}

export interface StoreOptions {
  clock: Clock
}

/** Makes the store over a database. */
export function createStore(database: Database, options: StoreOptions): Store {
  const { clock } = options
  return {
    ...createUserStore(database, clock),
    ...createKeyStore(database, clock),
    ...createGroupStore(database, clock),
    ...createMemberStore(database, clock),
    ...createOrganizationStore(database, clock),
    ...createProjectStore(database, clock),
    ...createJobStore(database, clock),
    ...createSessionStore(database, clock),
    ...createAttemptStore(database, clock),
    ...createAnswerStore(database, clock),
    ...createActivityStore(database),
    async ping() {
      await database.get('SELECT 1 AS one')
    },
    sweep: () => sweep(database, clock.now()),
    transaction: (work) => database.transaction((inside) => work(createStore(inside, options))),
    close: () => database.close(),
  }
}

/**
 * Opens the store that keeps everything in one database; see `openDatabase()` for where that may be.
 *
 * @throws ERR_SERVER_DATABASE when it cannot be a database of this phylum, with the reason
 */
export async function openStore(
  where: string,
  options: StoreOptions & DatabaseOptions,
): Promise<Store> {
  return createStore(await openDatabase(where, options), options)
}
