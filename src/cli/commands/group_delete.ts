import { display, PhylumError } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'

/** `phylum group delete` */
export const groupDelete: Command = {
  name: 'group delete',
  summary: 'Delete a group',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [{ name: 'yes', short: 'y', summary: 'Do not ask' }],
  examples: [
    ['phylum group delete acme', 'delete the group "acme", after a question'],
    ['phylum group delete -y acme', 'without the question, in scripts'],
  ],
  async run(context, given) {
    const name = given.positionals[0]!
    if (!hasOption(given, 'yes')) {
      const answer = await context.terminal.prompter.confirm(`Delete group "${display(name)}"?`)
      if (answer === undefined) {
        throw new PhylumError(
          'ERR_CLI_CONFIRMATION',
          `Cannot delete group "${display(name)}" unasked: there is no terminal`,
          {
            hints: ['say -y to delete it without a question'],
          },
        )
      }
      if (!answer) throw new PhylumError('ERR_CLI_CONFIRMATION', 'Nothing was deleted')
    }
    await (await context.apiClient()).call('DELETE', `/groups/${encodeURIComponent(name)}`)
    context.terminal.log.note(`Deleted group "${display(name)}"`)
    return 0
  },
}
