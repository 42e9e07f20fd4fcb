import { display, PhylumError } from '#base'
import { readCurrentProject } from '#config'
import type { Command, Given } from '../command.ts'
import { hasOption, textOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { JSON_OPTION, printFields, printJson } from '../print_list.ts'
import { findProject, groupOf, readProject } from '../projects.ts'

/** `phylum project status` */
export const projectStatus: Command = {
  name: 'project status',
  summary: 'Show what the API knows of a project: that of this directory, or another one',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    { name: 'project', short: 'p', value: 'NAME', summary: 'The project, if not that of here' },
    GROUP_OPTION,
    JSON_OPTION,
  ],
  examples: [
    ['phylum project status', 'the project of this directory'],
    ['phylum project status --project web --group acme --json', 'another one, for programs'],
  ],
  async run(context, given) {
    const project = await readProject(context, await findId(context, given))
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

async function findId(context: Context, given: Given): Promise<string> {
  const name = textOption(given, 'project')
  if (name !== undefined) {
    const group = await groupOf(context, textOption(given, 'group'))
    return (await findProject(context, name, group)).id
  }
  const project = await readCurrentProject(context.workingDirectory)
  if (project !== null) return project.id
  throw new PhylumError(
    'ERR_API_NOT_FOUND',
    'Cannot tell which project is meant: this directory belongs to none',
    { hints: ['name one with --project NAME', 'tie this directory to one: `phylum project link`'] },
  )
}
