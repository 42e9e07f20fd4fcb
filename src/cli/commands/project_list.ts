import type { Command } from '../command.ts'
import { textOption } from '../command.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { JSON_OPTION, printList } from '../print_list.ts'
import { groupOf, listProjects } from '../projects.ts'

/** From how many columns on a terminal has room for ids. */
const WIDE = 120

/** `phylum project list` */
export const projectList: Command = {
  name: 'project list',
  summary: 'List your projects, and those of your groups',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [GROUP_OPTION, JSON_OPTION],
  examples: [
    ['phylum project list', 'all of them, as a table'],
    ['phylum project list --group acme', 'those of a group'],
    ['phylum project list --json', 'as JSON, for programs'],
  ],
  async run(context, given) {
    const group = await groupOf(context, textOption(given, 'group'))
    const projects = await listProjects(context, { group })
    const { isTable, width } = context.terminal
    // An id that is cut to fit is of no use.
    const hasIds = !isTable || width >= WIDE
    await printList(context, given, {
      key: 'projects',
      entries: projects,
      headings: ['NAME', 'GROUP', 'ECOSYSTEMS', 'UPDATED', ...(hasIds ? ['ID'] : [])],
      rows: projects.map(({ name, group_name, ecosystems, updated_at, id }) => [
        name,
        group_name ?? '',
        ecosystems.join(' '),
        updated_at ?? '',
        ...(hasIds ? [id] : []),
      ]),
      empty: 'There is no project; make one: `phylum project create NAME`',
    })
    return 0
  },
}
