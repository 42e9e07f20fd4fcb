import { displayJson, PhylumError } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'

/** A group as the API tells it. */
interface Group {
  group_name: string
  role: string
  created_at: string
}

/** `phylum group list` */
export const groupList: Command = {
  name: 'group list',
  summary: 'List the groups that you belong to',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'json', summary: 'Print the answer of the API as JSON' }],
  examples: [
    ['phylum group list', 'as a table'],
    ['phylum group list --json', 'as JSON, for programs'],
  ],
  async run(context, given) {
    const { groups } = readGroups(await (await context.apiClient()).call('GET', '/groups'))
    if (hasOption(given, 'json')) {
      context.terminal.print(displayJson(JSON.stringify({ groups })))
      return 0
    }
    if (groups.length === 0) {
      context.terminal.log.note('You belong to no group; make one: `phylum group create NAME`')
      return 0
    }
    const { renderTable } = await import('../table.ts')
    const rows = groups.map((group) => [group.group_name, group.role, group.created_at])
    context.terminal.print(renderTable(context.terminal, ['NAME', 'ROLE', 'CREATED'], rows))
    return 0
  },
}

/** Reads what the API answered, and refuses what is not a list of groups. */
function readGroups(answer: unknown): { groups: Group[] } {
  const groups = (answer as { groups?: unknown } | null | undefined)?.groups
  const isGroup = (each: unknown) =>
    typeof each === 'object' && each !== null && typeof (each as Group).group_name === 'string'
  if (Array.isArray(groups) && groups.every(isGroup)) {
    return {
      groups: groups.map((each) => ({
        ...each,
        role: String(each.role ?? ''),
        created_at: String(each.created_at ?? ''),
      })),
    }
  }
  throw new PhylumError(
    'ERR_API_RESPONSE',
    'Cannot read the answer of the API: it holds no list of groups',
  )
}
