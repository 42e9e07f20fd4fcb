import { display } from '#base'
import type { Command } from '../command.ts'

/** `phylum group create` */
export const groupCreate: Command = {
  name: 'group create',
  summary: 'Create a group',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [],
  examples: [['phylum group create acme', 'create the group "acme"; you become its admin']],
  async run(context, { positionals: [name] }) {
    await (await context.apiClient()).call('POST', '/groups', { group_name: name })
    context.terminal.log.note(`Created group "${display(name!)}"`)
    return 0
  },
}
