import type { ProjectEntry } from '#protocol'
import type { PhylumApi } from './phylum_api.ts'
import { StatusError } from './status_error.ts'

/** Sends a request and gives the parsed answer. */
type Get = <T>(act: string, method: string, path: string, body?: unknown) => Promise<T>

/** The part of the API that deals in projects. */
export interface Projects
  extends Pick<PhylumApi, 'getProjects' | 'createProject' | 'deleteProject'> {
  /** Finds the id of a project by its whole name. */
  findProject(name: string, group?: string, organization?: string): Promise<string>
}

/** Largest page that the API gives. */
const PAGE = '100'

/** Makes it. */
export function createProjects(get: Get): Projects {
  async function list(name?: string, group?: string, organization?: string) {
    const query = new URLSearchParams()
    const joined = joinGroup(group, organization)
    if (joined !== undefined) query.set('filter.group', joined)
    else if (organization) query.set('filter.organization', organization)
    if (name !== undefined) query.set('filter.name', name)
    query.set('paginate.limit', PAGE)
    const projects: ProjectEntry[] = []
    for (;;) {
      const page = await get<{ values: ProjectEntry[]; has_more: boolean }>(
        'list projects',
        'GET',
        `/projects?${query}`,
      )
      projects.push(...page.values)
      const last = page.values.at(-1)
      // An API that promises more and gives nothing would be asked for ever.
      if (!page.has_more || last === undefined || last.id === query.get('paginate.cursor')) {
        return projects
      }
      query.set('paginate.cursor', last.id)
    }
  }

  async function findProject(name: string, group?: string, organization?: string) {
    const joined = joinGroup(group, organization) ?? null
    // The filter finds names that hold this one, too.
    const found = (await list(name, group, organization)).find((each) =>
      each.name === name && joined === joinGroupOf(each)
    )
    if (found !== undefined) return found.id
    throw new Error(
      `Cannot find project "${name}": there is none ${
        joined === null ? 'with that name' : `in group "${joined}"`
      }`,
    )
  }

  return {
    findProject,
    getProjects: (group, organization) => list(undefined, group, organization),
    async createProject(name, group, repositoryUrl, organization) {
      try {
        const { id } = await get<{ id: string }>(
          `create project "${name}"`,
          'POST',
          '/data/projects',
          {
            name,
            group_name: joinGroup(group, organization),
            repository_url: repositoryUrl ?? undefined,
          },
        )
        return { id, status: 'Created' }
      } catch (error) {
        if (!(error instanceof StatusError) || error.status !== 409) throw error
        return { id: await findProject(name, group, organization), status: 'Exists' }
      }
    },
    async deleteProject(name, group, organization) {
      const id = await findProject(name, group, organization)
      await get(
        `delete project "${name}"`,
        'DELETE',
        `/data/projects/${encodeURIComponent(id)}`,
      )
    },
  }
}

/** Writes a group as the API names it: one of an organization is "organization/group". */
export function joinGroup(group?: string | null, organization?: string | null): string | undefined {
  if (!group) return undefined
  return organization ? `${organization}/${group}` : group
}

function joinGroupOf({ group_name, organization_name }: ProjectEntry): string | null {
  const isJoined = organization_name && group_name?.startsWith(`${organization_name}/`)
  return (isJoined ? group_name : joinGroup(group_name, organization_name)) ?? null
}
