import { PhylumError } from '#base'
import { readCurrentProject } from '#config'
import type { Given } from './command.ts'
import { textOption } from './command.ts'
import type { Context } from './compose.ts'
import type { OptionSpec } from './option.ts'
import { findProject, groupOf } from './projects.ts'

/** Names a project that is not that of the directory. */
export const PROJECT_OPTION: OptionSpec = {
  name: 'project',
  short: 'p',
  value: 'NAME',
  summary: 'The project, if not that of here',
}

/** Finds out which project is meant by `--project` or the directory, and gives its id. @throws ERR_API_NOT_FOUND */
export async function chooseProject(context: Context, given: Given): Promise<string> {
  const name = textOption(given, 'project')
  if (name !== undefined) {
    const group = await groupOf(context, textOption(given, 'group'))
    return (await findProject(context, name, group)).id
  }
  return await ownProject(context, '--project NAME')
}

/**
 * Gives the id of the project of the working directory.
 *
 * @param option what names another one
 * @throws ERR_API_NOT_FOUND
 */
export async function ownProject({ workingDirectory }: Context, option: string): Promise<string> {
  const project = await readCurrentProject(workingDirectory)
  if (project !== null) return project.id
  throw new PhylumError(
    'ERR_API_NOT_FOUND',
    'Cannot tell which project is meant: this directory belongs to none',
    {
      hints: [
        `name one with ${option}`,
        'tie this directory to one: `phylum project link NAME`',
      ],
    },
  )
}
