import { display } from '#base'
import type { Command } from '../command.ts'
import { confirmDeletion, YES_OPTION } from '../confirm.ts'
import { organizationPath } from '../organization.ts'

/** `phylum org delete` */
export const orgDelete: Command = {
  name: 'org delete',
  summary: 'Delete an organization, its groups and their projects',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [YES_OPTION],
  examples: [['phylum org delete acme', 'after a question'], [
    'phylum org delete -y acme',
    'without',
  ]],
  async run(context, given) {
    const name = given.positionals[0]!
    const path = organizationPath(name)
    const what = `organization "${display(name)}", its groups and their projects`
    await confirmDeletion(context, given, what)
    await (await context.apiClient()).call('DELETE', path)
    context.terminal.log.note(`Deleted organization "${display(name)}"`)
    return 0
  },
}
