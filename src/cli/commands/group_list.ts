import { displayJson } from '#base'
import type { Command, Given } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { listAll } from '../list_all.ts'
import { organizationOf, organizationPath } from '../organization.ts'
import { JSON_OPTION, printList } from '../print_list.ts'

/** A group as the API tells it. */
interface Group {
  group_name: string
  role: string
  created_at: string
}

/** `phylum group list` */
export const groupList: Command = {
  name: 'group list',
  summary: 'List the groups that you belong to, or those of the organization',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ ...JSON_OPTION, summary: 'Print the answer of the API as JSON' }],
  examples: [
    ['phylum group list', 'as a table'],
    ['phylum group list --json', 'as JSON, for programs'],
    ['phylum group list --org acme', 'those of an organization'],
  ],
  async run(context, given) {
    const organization = await organizationOf(context)
    if (organization === undefined) await printOwn(context, given)
    else await printThose(context, given, organization)
    return 0
  },
}

async function printOwn(context: Context, given: Given): Promise<void> {
  const groups = await listAll<Group>(context, {
    path: '/groups',
    key: 'groups',
    what: 'groups',
    read: (value) =>
      typeof value['group_name'] === 'string'
        ? {
          ...value,
          group_name: value['group_name'],
          role: String(value['role'] ?? ''),
          created_at: String(value['created_at'] ?? ''),
        }
        : undefined,
    cursorOf: ({ group_name }) => group_name,
  })
  if (hasOption(given, 'json')) {
    // As the API answers it, without the number of a form of our own.
    return context.terminal.print(displayJson(JSON.stringify({ groups })))
  }
  await printList(context, given, {
    key: 'groups',
    entries: groups,
    headings: ['NAME', 'ROLE', 'CREATED'],
    rows: groups.map((group) => [group.group_name, group.role, group.created_at]),
    empty: 'You belong to no group; make one: `phylum group create NAME`',
  })
}

async function printThose(context: Context, given: Given, organization: string): Promise<void> {
  const groups = await listAll(context, {
    path: `${organizationPath(organization)}/groups`,
    key: 'groups',
    what: 'groups',
    read: ({ name }) => typeof name === 'string' ? { name } : undefined,
    cursorOf: ({ name }) => name,
  })
  await printList(context, given, {
    key: 'groups',
    entries: groups,
    headings: ['NAME'],
    rows: groups.map(({ name }) => [name]),
    empty: 'It has no group that you may see; make one: `phylum group create NAME`',
    context: { organization },
  })
}
