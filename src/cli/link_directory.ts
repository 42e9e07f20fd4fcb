import { display } from '#base'
import { writeCurrentProject } from '#config'
import type { Context } from './compose.ts'
import { systemClock } from './platform.ts'

/** The project to which a directory is tied. */
export interface LinkedProject {
  id: string
  name: string
  groupName: string | null
  organizationName: string | null
}

/** Ties the working directory to a project, and says so. @throws ERR_CONFIG_WRITE, ERR_CONFIG_SYNTAX */
export async function linkDirectory(context: Context, project: LinkedProject): Promise<void> {
  const { id, name, groupName, organizationName } = project
  const createdAt = new Date(systemClock.now()).toISOString()
  const link = { id, name, createdAt, groupName, organizationName }
  const file = await writeCurrentProject(context.workingDirectory, link)
  context.terminal.log.note(
    `This directory belongs to project "${display(name)}" now: ${display(file)}`,
  )
}
