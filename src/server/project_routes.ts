import type { Static } from '@sinclair/typebox'
import { display } from '#base'
import { findGroup } from './group_routes.ts'
import { parseProjectName } from './names.ts'
import { findOrganization } from './organization_routes.ts'
import { listPage } from './page.ts'
import type { Ecosystem } from './policy/package_name.ts'
import { Refusal } from './refusal.ts'
import { defineRoute } from './route.ts'
import type { Call, Route } from './route.ts'
import { NewProject, Project, ProjectHistory, ProjectId, ProjectPage } from './schemas.ts'
import type { Project as KeptProject } from './store.ts'

const PATH = '/api/v0/data/projects'

/** The operations on projects: one's own, and those of the groups that one belongs to. */
export const projectRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v0/projects',
    operation: 'listProjects',
    summary: 'List the projects that the caller may see, in the order of their ids',
    status: 200,
    isPaged: true,
    filters: {
      'filter.group': 'Only those of a group, "GROUP" or "ORGANIZATION/GROUP"',
      'filter.organization': 'Only those of the groups of an organization',
      'filter.name': 'Only those whose name holds this text',
    },
    reply: ProjectPage,
    refusals: [404],
    async answer({ store, caller, query }) {
      const filter = readFilter(query)
      // A name that is misspelled is no group, and no organization, without projects.
      if (filter.group !== undefined) await findGroup(store, caller.userId, filter.group)
      if (filter.organization !== undefined) {
        await findOrganization(store, caller.userId, filter.organization)
      }
      const { entries, more } = await listPage(
        query,
        'projects',
        (page) => store.listProjects(caller.userId, filter, page),
      )
      return { values: entries.map(renderEntry), has_more: more.has_more ?? false }
    },
  }),
  defineRoute({
    method: 'POST',
    path: PATH,
    operation: 'createProject',
    summary: 'Create a project of the caller’s own, or of a group',
    isRepeatable: true,
    body: NewProject,
    status: 201,
    reply: ProjectId,
    refusals: [404, 409],
    async answer({ store, caller: { userId }, body }) {
      const details = readDetails(body)
      const groupName = wholeGroupName(body)
      const group = groupName === undefined ? undefined : await findGroup(store, userId, groupName)
      const owner = group === undefined ? { userId } : { groupId: group.id }
      const id = await store.createProject(owner, details)
      if (id !== undefined) return { id }
      throw refuseTaken('create project', details.name, group?.name)
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${PATH}/:project`,
    operation: 'readProject',
    summary: 'Tell about a project',
    status: 200,
    reply: Project,
    refusals: [404],
    answer: async (call) => render(await requireProject(call)),
  }),
  defineRoute({
    method: 'PUT',
    path: `${PATH}/:project`,
    operation: 'updateProject',
    summary: 'Change a project; what is left out is emptied, and its owner stays',
    body: NewProject,
    status: 200,
    reply: ProjectId,
    refusals: [404, 409],
    async answer(call) {
      const project = await requireProject(call)
      const { store, body } = call
      const details = readDetails(body)
      const group = wholeGroupName(body)?.normalize('NFC')
      if (group !== undefined && group !== project.groupName) {
        const owner = project.groupName === null ? 'you' : `group "${project.groupName}"`
        throw new Refusal(
          400,
          `Cannot give project "${display(project.name)}" to group "${
            display(group)
          }": it belongs to ${owner} for good`,
        )
      }
      if (await store.updateProject(project.id, details)) return { id: project.id }
      throw refuseTaken('rename a project to', details.name, project.groupName)
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: `${PATH}/:project`,
    operation: 'deleteProject',
    summary: 'Delete a project with its jobs; those of a group for admins of it',
    // Clients read a body here.
    status: 200,
    reply: ProjectId,
    refusals: [403, 404],
    async answer(call) {
      const { id, name, groupName, role } = await requireProject(call)
      if (role !== 'admin') {
        throw new Refusal(
          403,
          `Cannot delete project "${display(name)}": only an admin of group "${groupName}" may`,
        )
      }
      await call.store.deleteProject(id)
      return { id }
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${PATH}/:project/history`,
    operation: 'listJobs',
    summary: 'List the last hundred jobs of a project, the newest first',
    status: 200,
    reply: ProjectHistory,
    refusals: [404],
    async answer(call) {
      const { id } = await requireProject(call)
      const jobs = await call.store.listJobs(id)
      return jobs.map(({ id, label, createdAt }) => ({
        id,
        created: new Date(createdAt).toISOString(),
        label,
      }))
    },
  }),
]

async function requireProject({ store, caller, params }: Call): Promise<KeptProject> {
  return await findProject(store, caller.userId, params['project'] ?? '')
}

/**
 * Finds a project by its id, for somebody who may see it. As of groups, a project of other people and none at all give
 * the same answer.
 *
 * @throws ERR_API_NOT_FOUND otherwise
 */
export async function findProject(
  store: Call['store'],
  userId: string,
  id: string,
): Promise<KeptProject> {
  const project = await store.findProject(userId, id.toLowerCase())
  if (project !== undefined) return project
  throw new Refusal(
    404,
    `Cannot find project "${display(id, 60)}": it does not exist, or you may not see it`,
  )
}

/** What a request says about whose a project is. */
interface Ownership {
  group_name?: string | null
  organization_name?: string | null
}

/**
 * Tells the whole name of the group that a request names; `undefined` where it names none. A sender writes "ORG/GROUP", or both
 * apart. An organization by itself owns nothing.
 *
 * @throws ERR_SERVER_REQUEST when there is an organization without a group, or another one
 */
export function wholeGroupName({ group_name, organization_name }: Ownership): string | undefined {
  const group = group_name ?? undefined
  const organization = organization_name ?? undefined
  if (organization === undefined) return group
  if (group === undefined) {
    const shown = display(organization)
    throw new Refusal(400, `Cannot use organization "${shown}": say which of its groups is meant`)
  }
  if (!group.includes('/')) return `${organization}/${group}`
  if (group.startsWith(`${organization}/`)) return group
  const shown = display(group)
  throw new Refusal(400, `Cannot use group "${shown}": it is none of "${display(organization)}"`)
}

function readFilter(query: URLSearchParams) {
  const read = (name: string) => query.get(`filter.${name}`)?.normalize('NFC') || undefined
  const [group, organization, name] = [read('group'), read('organization'), read('name')]
  return {
    ...(group === undefined ? {} : { group }),
    ...(organization === undefined ? {} : { organization }),
    ...(name === undefined ? {} : { name }),
  }
}

function readDetails(body: Static<typeof NewProject>) {
  return {
    name: parseProjectName(body.name),
    repositoryUrl: body.repository_url ?? null,
    defaultLabel: body.default_label ?? null,
  }
}

function refuseTaken(act: string, name: string, group: string | null | undefined): Refusal {
  const where = group == null ? '' : ` in group "${group}"`
  return new Refusal(409, `Cannot ${act} "${name}"${where}: it exists already`)
}

function ecosystemsOf({ ecosystems }: KeptProject): Ecosystem[] {
  return (ecosystems ?? '').split(',').filter((one) => one !== '') as Ecosystem[]
}

function renderEntry(project: KeptProject) {
  return {
    id: project.id,
    created_at: renderTime(project.createdAt),
    updated_at: renderTime(project.modifiedAt),
    name: project.name,
    ecosystems: ecosystemsOf(project),
    group_name: project.groupName,
    organization_name: project.organizationName,
  }
}

function render(project: KeptProject) {
  return {
    id: project.id,
    name: project.name,
    registries: ecosystemsOf(project),
    createdAt: renderTime(project.createdAt),
    updatedAt: renderTime(project.modifiedAt),
    latestJobCreatedAt: project.latestJobAt === null ? null : renderTime(project.latestJobAt),
    latestJobId: project.latestJobId,
    label: project.latestLabel,
    defaultLabel: project.defaultLabel,
    repositoryUrl: project.repositoryUrl,
    groupName: project.groupName,
    organizationName: project.organizationName,
  }
}

function renderTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
