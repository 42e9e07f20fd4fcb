import type { Command } from '../command.ts'
import { printMembers } from '../members.ts'
import { organizationPath, requireOrganization } from '../organization.ts'
import { JSON_OPTION } from '../print_list.ts'

/** `phylum org member list` */
export const orgMemberList: Command = {
  name: 'org member list',
  summary: 'List the members of the organization',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [JSON_OPTION],
  examples: [['phylum org member list --org acme', 'those of "acme"']],
  async run(context, given) {
    const organization = await requireOrganization(context)
    const path = organizationPath(organization)
    await printMembers(context, given, { path, owner: { organization } })
    return 0
  },
}
