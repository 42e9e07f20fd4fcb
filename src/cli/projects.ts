import { display, PhylumError } from '#base'
import type { Context } from './compose.ts'
import { placeGroup } from './group_place.ts'
import type { GroupPlace } from './group_place.ts'
import { listAll } from './list_all.ts'
import { organizationOf, segment } from './organization.ts'

/** A project as the API lists it. */
export interface ProjectEntry {
  id: string
  name: string
  group_name: string | null
  organization_name: string | null
  ecosystems: readonly string[]
  created_at: string | null
  updated_at: string | null
}

/** A project as the API tells it by itself. */
export interface ProjectDetails {
  id: string
  name: string
  groupName: string | null
  organizationName: string | null
  registries: readonly string[]
  createdAt: string | null
  updatedAt: string | null
  latestJobId: string | null
  latestJobCreatedAt: string | null
  label: string | null
  defaultLabel: string | null
  repositoryUrl: string | null
}

/** Finds out which group `--group` means, if it was given. */
export async function groupOf(
  context: Context,
  text: string | undefined,
): Promise<GroupPlace | undefined> {
  return text === undefined ? undefined : await placeGroup(context, text)
}

/** Lists projects, in the order of their names: of a group, of the organization for which the command acts, or all. */
export async function listProjects(
  context: Context,
  filter: { group?: GroupPlace | undefined; name?: string },
): Promise<ProjectEntry[]> {
  const { group, name } = filter
  const organization = group === undefined ? await organizationOf(context) : undefined
  const entries = await listAll(context, {
    path: '/projects',
    query: {
      ...(group === undefined ? {} : { 'filter.group': group.wholeName }),
      ...(organization === undefined ? {} : { 'filter.organization': organization }),
      ...(name === undefined ? {} : { 'filter.name': name }),
    },
    key: 'values',
    what: 'projects',
    read: readEntry,
    cursorOf: ({ id }) => id,
  })
  const keyOf = ({ name, group_name }: ProjectEntry) => `${name}\0${group_name ?? ''}`
  return entries.sort((left, right) => keyOf(left) < keyOf(right) ? -1 : 1)
}

/**
 * Finds a project by its name: one of the group, or, without a group, one's own.
 *
 * @throws ERR_API_NOT_FOUND, with the groups that have one of this name
 */
export async function findProject(
  context: Context,
  name: string,
  group: GroupPlace | undefined,
): Promise<ProjectEntry> {
  const entries = (await listProjects(context, { name, group }))
    .filter((entry) => entry.name === name.normalize('NFC') || entry.name === name)
  const found = entries.find((entry) => isOf(entry, group))
  if (found !== undefined) return found
  const where = group === undefined ? '' : ` in group "${display(group.wholeName)}"`
  const hints = entries.flatMap(({ group_name }) =>
    group_name === null ? [] : [`group "${display(group_name)}" has one: --group`]
  )
  throw new PhylumError(
    'ERR_API_NOT_FOUND',
    `Cannot find project "${display(name)}"${where}: there is none that you may see`,
    { hints: [...hints, '`phylum project list` shows them all'] },
  )
}

function isOf({ group_name, organization_name }: ProjectEntry, group?: GroupPlace): boolean {
  if (group === undefined) return group_name === null
  const isWithin = organization_name === (group.organization ?? null) && group_name === group.name
  return group_name === group.wholeName || isWithin
}

/** Asks for a project by its id. @throws ERR_API_NOT_FOUND, ERR_API_RESPONSE and what `ApiClient.call` throws */
export async function readProject(context: Context, id: string): Promise<ProjectDetails> {
  const client = await context.apiClient()
  const answer = await client.call('GET', `/data/projects/${segment(id, 'project')}`)
  const fields = (answer ?? {}) as Readonly<Record<string, unknown>>
  const { name } = fields
  if (typeof fields['id'] !== 'string' || typeof name !== 'string') throw refuse()
  return {
    id: fields['id'],
    name,
    groupName: text(fields['groupName']),
    organizationName: text(fields['organizationName']),
    registries: texts(fields['registries']),
    createdAt: text(fields['createdAt']),
    updatedAt: text(fields['updatedAt']),
    latestJobId: text(fields['latestJobId']),
    latestJobCreatedAt: text(fields['latestJobCreatedAt']),
    label: text(fields['label']),
    defaultLabel: text(fields['defaultLabel']),
    repositoryUrl: text(fields['repositoryUrl']),
  }
}

/** What a new project is made from. */
export interface NewProject {
  name: string
  group: GroupPlace | undefined
  repositoryUrl: string | undefined
  defaultLabel?: string | undefined
}

/** Makes a project. @throws ERR_API_EXISTS and what `ApiClient.call` throws */
export async function createProject(
  context: Context,
  { name, group, repositoryUrl, defaultLabel }: NewProject,
): Promise<string> {
  const answer = await (await context.apiClient()).call('POST', '/data/projects', {
    name,
    ...(group === undefined ? {} : { group_name: group.name }),
    ...(group?.organization === undefined ? {} : { organization_name: group.organization }),
    ...(repositoryUrl === undefined ? {} : { repository_url: repositoryUrl }),
    ...(defaultLabel === undefined ? {} : { default_label: defaultLabel }),
  })
  const id = (answer as { id?: unknown } | null | undefined)?.id
  if (typeof id === 'string') return id
  throw refuse()
}

function readEntry(value: Readonly<Record<string, unknown>>): ProjectEntry | undefined {
  const { id, name } = value
  if (typeof id !== 'string' || typeof name !== 'string') return undefined
  return {
    id,
    name,
    group_name: text(value['group_name']),
    organization_name: text(value['organization_name']),
    ecosystems: texts(value['ecosystems']),
    created_at: text(value['created_at']),
    updated_at: text(value['updated_at']),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function refuse(): PhylumError {
  return new PhylumError(
    'ERR_API_RESPONSE',
    'Cannot read the answer of the API: it says nothing of a project',
  )
}
