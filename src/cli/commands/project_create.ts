import { display } from '#base'
import type { Command } from '../command.ts'
import { textOption } from '../command.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { linkDirectory } from '../link_directory.ts'
import { JSON_OPTION } from '../print_list.ts'
import { DEFAULT_LABEL_OPTION, REPOSITORY_OPTION } from '../project_options.ts'
import { createProject, groupOf } from '../projects.ts'

/** `phylum project create` */
export const projectCreate: Command = {
  name: 'project create',
  summary: 'Create a project, and tie this directory to it',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [GROUP_OPTION, REPOSITORY_OPTION, DEFAULT_LABEL_OPTION, JSON_OPTION],
  examples: [
    ['phylum project create web', 'your own'],
    ['phylum project create web --group acme', 'one of a group'],
  ],
  async run(context, given) {
    const name = given.positionals[0]!.normalize('NFC')
    const group = await groupOf(context, textOption(given, 'group'))
    const repositoryUrl = textOption(given, 'repository-url')
    const defaultLabel = textOption(given, 'default-label')
    const id = await createProject(context, { name, group, repositoryUrl, defaultLabel })
    context.terminal.log.note(`Created project "${display(name)}"`)
    await linkDirectory(context, given, {
      id,
      name,
      groupName: group?.wholeName ?? null,
      organizationName: group?.organization ?? null,
    })
    return 0
  },
}
