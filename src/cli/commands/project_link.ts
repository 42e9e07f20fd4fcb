import type { Command } from '../command.ts'
import { textOption } from '../command.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { linkDirectory } from '../link_directory.ts'
import { JSON_OPTION } from '../print_list.ts'
import { findProject, groupOf } from '../projects.ts'

/** `phylum project link` */
export const projectLink: Command = {
  name: 'project link',
  summary: 'Tie this directory to a project that exists',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [GROUP_OPTION, JSON_OPTION],
  examples: [
    ['phylum project link web', 'writes .phylum_project, which is meant to be committed'],
    ['phylum project link web --group acme', 'to one of a group'],
  ],
  async run(context, given) {
    const group = await groupOf(context, textOption(given, 'group'))
    const project = await findProject(context, given.positionals[0]!, group)
    await linkDirectory(context, given, {
      id: project.id,
      name: project.name,
      groupName: project.group_name,
      organizationName: project.organization_name,
    })
    return 0
  },
}
