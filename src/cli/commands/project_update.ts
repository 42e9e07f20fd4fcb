import { display, UsageError } from '#base'
import { readCurrentProject, writeCurrentProject } from '#config'
import type { Command, Given } from '../command.ts'
import { hasOption, textOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { segment } from '../organization.ts'
import { DEFAULT_LABEL_OPTION, REPOSITORY_OPTION } from '../project_options.ts'
import { JSON_OPTION, printJson } from '../print_list.ts'
import { ownProject } from '../project_choice.ts'
import { readProject } from '../projects.ts'

/** `phylum project update` */
export const projectUpdate: Command = {
  name: 'project update',
  summary: 'Change a project: that of this directory, or another one',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    { name: 'project-id', short: 'i', value: 'ID', summary: 'The project, if not that of here' },
    { name: 'name', short: 'n', value: 'NAME', summary: 'Its new name' },
    REPOSITORY_OPTION,
    DEFAULT_LABEL_OPTION,
    JSON_OPTION,
  ],
  examples: [
    ['phylum project update --name website', 'rename the project of this directory'],
    ["phylum project update --repository-url ''", 'take a value away'],
  ],
  async run(context, given) {
    const change = readChange(given)
    const id = textOption(given, 'project-id') ?? await ownProject(context, '--project-id ID')
    const project = await readProject(context, id)
    const name = change.name ?? project.name
    await (await context.apiClient()).call('PUT', `/data/projects/${segment(id, 'project')}`, {
      name,
      group_name: project.groupName,
      repository_url: (change.repositoryUrl ?? project.repositoryUrl) || null,
      default_label: (change.defaultLabel ?? project.defaultLabel) || null,
    })
    context.terminal.log.note(`Changed project "${display(name)}"`)
    await renameHere(context, id, name)
    if (hasOption(given, 'json')) printJson(context, { project: await readProject(context, id) })
    return 0
  },
}

function readChange(given: Given) {
  const change = {
    name: textOption(given, 'name'),
    repositoryUrl: textOption(given, 'repository-url'),
    defaultLabel: textOption(given, 'default-label'),
  }
  if (Object.values(change).some((value) => value !== undefined)) return change
  throw new UsageError('Nothing is to be changed: name, URL and label are all missing', {
    usage: 'phylum project update [--name NAME] [--repository-url URL] [--default-label LABEL]',
  })
}

/** Writes the new name into the file of this directory, where that is about the same project. */
async function renameHere({ workingDirectory }: Context, id: string, name: string): Promise<void> {
  const project = await readCurrentProject(workingDirectory)
  if (project?.id !== id.toLowerCase() || project.name === name) return
  await writeCurrentProject(project.root, { ...project, name })
}
