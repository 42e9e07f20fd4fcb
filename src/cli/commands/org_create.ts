import { display } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { JSON_OPTION, printJson } from '../print_list.ts'

/** `phylum org create` */
export const orgCreate: Command = {
  name: 'org create',
  summary: 'Create an organization',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [JSON_OPTION],
  examples: [['phylum org create acme', 'create the organization "acme"; you become its admin']],
  async run(context, given) {
    const [name] = given.positionals
    await (await context.apiClient()).call('POST', '/organizations', { name })
    context.terminal.log.note(`Created organization "${display(name!)}"`)
    if (hasOption(given, 'json')) printJson(context, { organization: name })
    return 0
  },
}
