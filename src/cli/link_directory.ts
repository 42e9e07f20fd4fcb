import { display } from '#base'
import { writeCurrentProject } from '#config'
import { dirname } from 'node:path'
import type { Given } from './command.ts'
import { hasOption } from './command.ts'
import type { Context } from './compose.ts'
import { systemClock } from './platform.ts'
import { printJson } from './print_list.ts'

/** The project to which a directory is tied. */
export interface LinkedProject {
  id: string
  name: string
  groupName: string | null
  organizationName: string | null
}

/**
 * Ties the working directory to a project, and says so; to programs in the words of `phylum status`.
 *
 * @throws ERR_CONFIG_WRITE, ERR_CONFIG_SYNTAX
 */
export async function linkDirectory(
  context: Context,
  given: Given,
  project: LinkedProject,
): Promise<void> {
  const { id, name, groupName, organizationName } = project
  const createdAt = new Date(systemClock.now()).toISOString()
  const link = { id, name, createdAt, groupName, organizationName }
  const file = await writeCurrentProject(context.workingDirectory, link)
  context.terminal.log.note(
    `This directory belongs to project "${display(name)}" now: ${display(file)}`,
  )
  if (!hasOption(given, 'json')) return
  printJson(context, {
    project: {
      id,
      name,
      created_at: createdAt,
      group_name: groupName,
      organization_name: organizationName,
      root: dirname(file),
    },
  })
}
