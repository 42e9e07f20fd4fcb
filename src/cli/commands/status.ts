import { display, isPhylumError } from '#base'
import { readCurrentProject } from '#config'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { organizationOf } from '../organization.ts'
import { askOwner, nameOwner } from '../owner.ts'
import type { CredentialOwner } from '../owner.ts'
import { JSON_OPTION, printFields, printJson } from '../print_list.ts'

/** `phylum status` */
export const status: Command = {
  name: 'status',
  summary: 'Show the project of this directory, the API in use, and who you are to it',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [JSON_OPTION],
  examples: [
    ['phylum status', 'works without a network, too: what cannot be asked is left out'],
    ['phylum status --json', 'for programs'],
  ],
  async run(context, given) {
    const api = await context.apiUri()
    const organization = await organizationOf(context)
    const project = await readCurrentProject(context.workingDirectory)
    const user = await findUser(context)
    if (hasOption(given, 'json')) {
      printJson(context, {
        api_uri: api.uri,
        api_uri_source: api.source,
        user,
        organization: organization ?? null,
        project: project && {
          id: project.id,
          name: project.name,
          created_at: project.createdAt,
          group_name: project.groupName,
          organization_name: project.organizationName,
          root: project.root,
        },
      })
      return 0
    }
    printFields(context, [
      ['API', `${api.uri} (${api.source})`],
      ['User', user === null ? 'unknown' : display(nameOwner(user))],
      ['Organization', organization === undefined ? null : display(organization)],
      ['Project', project === null ? 'none' : display(project.name)],
      ['Id', project?.id],
      ['Group', project === null || project.groupName === null ? null : display(project.groupName)],
      ['Root', project === null ? null : display(project.root)],
    ])
    return 0
  },
}

/** Asks who the user is; without a credential or an API that takes it, nobody knows, and the rest is still worth showing. */
async function findUser(context: Context): Promise<CredentialOwner | null> {
  try {
    await context.credential()
    return await askOwner(context)
  } catch (error) {
    if (!isPhylumError(error)) throw error
    const { log } = context.terminal
    if (error.code !== 'ERR_AUTH_REQUIRED') log.warn(error.message)
    else log.note('Log in: `phylum auth login`, or set PHYLUM_API_KEY')
    return null
  }
}
