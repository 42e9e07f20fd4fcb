import type { Command } from '../command.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { forEachUser, requireGroup } from '../members.ts'
import { segment } from '../organization.ts'

/** `phylum group member add` */
export const groupMemberAdd: Command = {
  name: 'group member add',
  summary: 'Add members to a group',
  usage: 'EMAIL…',
  positionals: { min: 1, max: Infinity },
  options: [GROUP_OPTION],
  examples: [[
    'phylum group member add --group acme bob@example.org',
    'Bob sees its projects then',
  ]],
  async run(context, given) {
    const { path, wholeName } = await requireGroup(context, given)
    const client = await context.apiClient()
    await forEachUser(context, given, async (email) => {
      await client.call('POST', `${path}/members/${segment(email, 'user')}`)
      return `Added "${email}" to group "${wholeName}"`
    })
    return 0
  },
}
