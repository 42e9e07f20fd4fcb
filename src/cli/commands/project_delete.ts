import { display } from '#base'
import type { Command } from '../command.ts'
import { textOption } from '../command.ts'
import { confirmDeletion, YES_OPTION } from '../confirm.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { segment } from '../organization.ts'
import { findProject, groupOf } from '../projects.ts'

/** `phylum project delete` */
export const projectDelete: Command = {
  name: 'project delete',
  summary: 'Delete a project, with what was analyzed for it',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [GROUP_OPTION, YES_OPTION],
  examples: [
    ['phylum project delete web', 'your own, after a question'],
    ['phylum project delete web --group acme -y', 'one of a group, without a question'],
  ],
  async run(context, given) {
    const name = given.positionals[0]!
    const group = await groupOf(context, textOption(given, 'group'))
    const { id } = await findProject(context, name, group)
    await confirmDeletion(context, given, `project "${display(name)}"`)
    await (await context.apiClient()).call('DELETE', `/data/projects/${segment(id, 'project')}`)
    context.terminal.log.note(`Deleted project "${display(name)}"`)
    return 0
  },
}
