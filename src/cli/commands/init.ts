import { display, isPhylumError, PhylumError, UsageError } from '#base'
import { PROJECT_FILE } from '#config'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command, Given } from '../command.ts'
import { hasOption, textOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { linkDirectory } from '../link_directory.ts'
import { JSON_OPTION } from '../print_list.ts'
import { REPOSITORY_OPTION } from '../project_options.ts'
import { createProject, findProject, groupOf } from '../projects.ts'
import type { NewProject } from '../projects.ts'

/** `phylum init` */
export const init: Command = {
  name: 'init',
  summary: 'Tie this directory to a project, which is created where it is missing',
  usage: '[NAME]',
  positionals: { min: 0, max: 1 },
  options: [
    GROUP_OPTION,
    REPOSITORY_OPTION,
    { name: 'force', short: 'f', summary: 'Do not ask when the directory belongs to one already' },
    JSON_OPTION,
  ],
  examples: [
    ['phylum init', 'a project with the name of this directory'],
    ['phylum init web --group acme', 'the project "web" of a group'],
  ],
  async run(context, given) {
    const name = (given.positionals[0] ?? nameOfDirectory(context)).normalize('NFC')
    await confirmReplacement(context, given)
    const group = await groupOf(context, textOption(given, 'group'))
    const repositoryUrl = textOption(given, 'repository-url')
    await linkDirectory(context, given, await makeOrFind(context, { name, group, repositoryUrl }))
    return 0
  },
}

function nameOfDirectory({ workingDirectory }: Context): string {
  const name = basename(workingDirectory)
  if (name !== '') return name
  throw new UsageError('A name for the project is missing: this directory has none', {
    usage: 'phylum init NAME',
  })
}

/** Asks where the directory itself is tied to a project; one further up is not replaced. */
async function confirmReplacement(context: Context, given: Given): Promise<void> {
  const isLinked = existsSync(join(context.workingDirectory, PROJECT_FILE))
  if (!isLinked || hasOption(given, 'force')) return
  const question = 'This directory belongs to a project already. Tie it to another one?'
  const answer = await context.terminal.prompter.confirm(question)
  if (answer === true) return
  const message = answer === undefined
    ? 'Cannot tie the directory to another project unasked: there is no terminal'
    : 'Nothing was changed'
  throw new PhylumError('ERR_CLI_CONFIRMATION', message, {
    hints: answer === undefined ? ['say --force to do it without a question'] : [],
  })
}

async function makeOrFind(context: Context, wanted: NewProject) {
  const { name, group } = wanted
  try {
    const id = await createProject(context, wanted)
    context.terminal.log.note(`Created project "${display(name)}"`)
    const organizationName = group?.organization ?? null
    return { id, name, groupName: group?.wholeName ?? null, organizationName }
  } catch (error) {
    if (!isPhylumError(error, 'ERR_API_EXISTS')) throw error
    const { id, group_name, organization_name } = await findProject(context, name, group)
    return { id, name, groupName: group_name, organizationName: organization_name }
  }
}
