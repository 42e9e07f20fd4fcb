import { display } from '#base'
import type { Command } from '../command.ts'
import { confirmDeletion, YES_OPTION } from '../confirm.ts'
import { placeGroup } from '../group_place.ts'

/** `phylum group delete` */
export const groupDelete: Command = {
  name: 'group delete',
  summary: 'Delete a group, with its projects',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [YES_OPTION],
  examples: [
    ['phylum group delete acme', 'delete the group "acme", after a question'],
    ['phylum group delete -y acme', 'without the question, in scripts'],
  ],
  async run(context, given) {
    const { path, wholeName } = await placeGroup(context, given.positionals[0]!)
    await confirmDeletion(context, given, `group "${display(wholeName)}"`)
    await (await context.apiClient()).call('DELETE', path)
    context.terminal.log.note(`Deleted group "${display(wholeName)}"`)
    return 0
  },
}
