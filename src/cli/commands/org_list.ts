import type { Command } from '../command.ts'
import { listOrganizations } from '../list_organizations.ts'
import { JSON_OPTION, printList } from '../print_list.ts'

/** `phylum org list` */
export const orgList: Command = {
  name: 'org list',
  summary: 'List the organizations that you belong to',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [JSON_OPTION],
  examples: [['phylum org list', 'as a table'], ['phylum org list --json', 'as JSON']],
  async run(context, given) {
    const organizations = await listOrganizations(context)
    await printList(context, given, {
      key: 'organizations',
      entries: organizations,
      headings: ['NAME', 'ROLE', 'CREATED'],
      rows: organizations.map(({ name, role, created_at }) => [name, role ?? '', created_at ?? '']),
      empty: 'You belong to no organization; make one: `phylum org create NAME`',
    })
    return 0
  },
}
