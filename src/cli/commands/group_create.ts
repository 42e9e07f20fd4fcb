import { display } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { placeGroup } from '../group_place.ts'
import { organizationPath } from '../organization.ts'
import { JSON_OPTION, printJson } from '../print_list.ts'

/** `phylum group create` */
export const groupCreate: Command = {
  name: 'group create',
  summary: 'Create a group, of your own or of an organization',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [JSON_OPTION],
  examples: [
    ['phylum group create acme', 'create the group "acme"; you become its admin'],
    ['phylum group create team --org acme', 'one of the organization "acme"'],
  ],
  async run(context, given) {
    const { name, wholeName, organization } = await placeGroup(context, given.positionals[0]!)
    const client = await context.apiClient()
    if (organization === undefined) await client.call('POST', '/groups', { group_name: name })
    else await client.call('POST', `${organizationPath(organization)}/groups`, { name })
    context.terminal.log.note(`Created group "${display(wholeName)}"`)
    if (hasOption(given, 'json')) printJson(context, { group: wholeName })
    return 0
  },
}
