import type { Command } from '../command.ts'
import { forEachUser } from '../members.ts'
import { organizationPath, requireOrganization } from '../organization.ts'

/** `phylum org member add` */
export const orgMemberAdd: Command = {
  name: 'org member add',
  summary: 'Add members to the organization',
  usage: 'EMAIL…',
  positionals: { min: 1, max: Infinity },
  options: [],
  examples: [['phylum org member add --org acme bob@example.org', 'Bob may join its groups then']],
  async run(context, given) {
    const organization = await requireOrganization(context)
    const path = organizationPath(organization)
    const client = await context.apiClient()
    await forEachUser(context, given, async (email) => {
      await client.call('POST', `${path}/members`, { email })
      return `Added "${email}" to organization "${organization}"`
    })
    return 0
  },
}
