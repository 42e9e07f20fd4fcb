import { display } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { JSON_OPTION, printFields, printJson } from '../print_list.ts'
import { chooseProject, PROJECT_OPTION } from '../project_choice.ts'
import { readProject } from '../projects.ts'

/** `phylum project status` */
export const projectStatus: Command = {
  name: 'project status',
  summary: 'Show what the API knows of a project: that of this directory, or another one',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    PROJECT_OPTION,
    GROUP_OPTION,
    JSON_OPTION,
  ],
  examples: [
    ['phylum project status', 'the project of this directory'],
    ['phylum project status --project web --group acme --json', 'another one, for programs'],
  ],
  async run(context, given) {
    const project = await readProject(context, await chooseProject(context, given))
    if (hasOption(given, 'json')) {
      printJson(context, { project })
      return 0
    }
    const shown = (text: string | null) => text === null ? null : display(text)
    printFields(context, [
      ['Project', display(project.name)],
      ['Id', display(project.id)],
      ['Group', shown(project.groupName)],
      ['Repository', shown(project.repositoryUrl)],
      ['Label', shown(project.defaultLabel)],
      ['Ecosystems', display(project.registries.join(' '))],
      ['Created', shown(project.createdAt)],
      ['Updated', shown(project.updatedAt)],
      ['Last job', shown(project.latestJobId)],
      ['Analyzed', shown(project.latestJobCreatedAt)],
    ])
    return 0
  },
}
