import type { Command } from '../command.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { printMembers, requireGroup } from '../members.ts'
import { JSON_OPTION } from '../print_list.ts'

/** `phylum group member list` */
export const groupMemberList: Command = {
  name: 'group member list',
  summary: 'List the members of a group',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [GROUP_OPTION, JSON_OPTION],
  examples: [
    ['phylum group member list --group acme', 'as a table'],
    ['phylum group member list --group acme --json', 'as JSON, for programs'],
  ],
  async run(context, given) {
    const { path, wholeName } = await requireGroup(context, given)
    await printMembers(context, given, { path, owner: { group: wholeName } })
    return 0
  },
}
