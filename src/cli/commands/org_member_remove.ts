import type { Command } from '../command.ts'
import { forEachUser } from '../members.ts'
import { organizationPath, requireOrganization, segment } from '../organization.ts'

/** `phylum org member remove` */
export const orgMemberRemove: Command = {
  name: 'org member remove',
  summary: 'Remove members from the organization, and from all its groups',
  usage: 'EMAIL…',
  positionals: { min: 1, max: Infinity },
  options: [],
  examples: [['phylum org member remove --org acme bob@example.org', 'Bob, or yourself']],
  async run(context, given) {
    const organization = await requireOrganization(context)
    const path = organizationPath(organization)
    const client = await context.apiClient()
    await forEachUser(context, given, async (email) => {
      await client.call('DELETE', `${path}/members/${segment(email, 'user')}`)
      return `Removed "${email}" from organization "${organization}"`
    })
    return 0
  },
}
