import { display, PhylumError } from '#base'
import { updateSettings } from '#config'
import type { Command } from '../command.ts'
import type { Context } from '../compose.ts'
import { listOrganizations } from '../list_organizations.ts'
import { writableSettings } from '../writable_settings.ts'

/** `phylum org link` */
export const orgLink: Command = {
  name: 'org link',
  summary: 'Choose the organization for which commands act from now on',
  usage: '[ORG]',
  positionals: { min: 0, max: 1 },
  options: [],
  examples: [
    ['phylum org link acme', 'as if --org acme stood in each command'],
    ['phylum org link', 'the one that you belong to, if there is but one'],
  ],
  async run(context, { positionals: [name] }) {
    const file = writableSettings(context)
    const organization = await choose(context, name)
    await updateSettings(file, { organization })
    context.terminal.log.note(`Commands act for organization "${display(organization)}" now`)
    return 0
  },
}

/** Takes an organization that the user belongs to: with another one, each later command would fail. */
async function choose(context: Context, name: string | undefined): Promise<string> {
  const names = (await listOrganizations(context)).map((each) => each.name)
  if (name !== undefined && names.includes(name)) return name
  if (name === undefined && names.length === 1) return names[0]!
  if (name === undefined) {
    const state = names.length === 0 ? 'you belong to none' : `you belong to ${names.length}`
    throw new PhylumError('ERR_CLI_ORGANIZATION', `Cannot choose an organization: ${state}`, {
      hints: names.slice(0, 5).map((each) => `\`phylum org link ${display(each)}\``),
    })
  }
  throw new PhylumError(
    'ERR_API_NOT_FOUND',
    `Cannot choose organization "${
      display(name)
    }": it does not exist, or you are not a member of it`,
    { hints: ['`phylum org list` shows yours'] },
  )
}
