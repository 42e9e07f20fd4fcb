import { display } from '#base'
import type { Command } from '../command.ts'

/** `phylum org create` */
export const orgCreate: Command = {
  name: 'org create',
  summary: 'Create an organization',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [],
  examples: [['phylum org create acme', 'create the organization "acme"; you become its admin']],
  async run(context, { positionals: [name] }) {
    await (await context.apiClient()).call('POST', '/organizations', { name })
    context.terminal.log.note(`Created organization "${display(name!)}"`)
    return 0
  },
}
