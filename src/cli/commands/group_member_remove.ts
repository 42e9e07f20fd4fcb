import type { Command } from '../command.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { forEachUser, requireGroup } from '../members.ts'
import { segment } from '../organization.ts'

/** `phylum group member remove` */
export const groupMemberRemove: Command = {
  name: 'group member remove',
  summary: 'Remove members from a group',
  usage: 'EMAIL…',
  positionals: { min: 1, max: Infinity },
  options: [GROUP_OPTION],
  examples: [['phylum group member remove --group acme bob@example.org', 'Bob, or yourself']],
  async run(context, given) {
    const { path, wholeName } = await requireGroup(context, given)
    const client = await context.apiClient()
    await forEachUser(context, given, async (email) => {
      await client.call('DELETE', `${path}/members/${segment(email, 'user')}`)
      return `Removed "${email}" from group "${wholeName}"`
    })
    return 0
  },
}
