import { display, PhylumError } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { listKeys, nameOfOwnKey } from '../key_list.ts'

/** `phylum auth revoke-token` */
export const authRevokeToken: Command = {
  name: 'auth revoke-token',
  summary: 'Revoke API keys, for good',
  usage: '[NAME]…',
  positionals: { min: 0, max: Infinity },
  options: [{ name: 'yes', short: 'y', summary: 'Do not ask' }],
  examples: [
    ['phylum auth revoke-token', 'choose from a list'],
    ['phylum auth revoke-token old-laptop ci', 'these two'],
  ],
  async run(context, given) {
    const { terminal } = context
    const isChosen = given.positionals.length > 0
    const own = await nameOfOwnKey(context)
    const names = isChosen ? [...new Set(given.positionals)] : await choose(context, own)
    if (names.length === 0) {
      terminal.log.note('Nothing was revoked')
      return 0
    }
    if (!hasOption(given, 'yes')) await confirm(context, names, own)
    const client = await context.apiClient()
    // The key in use last: with it gone, the others could not be revoked any more.
    for (
      const name of names.toSorted((left, right) => Number(left === own) - Number(right === own))
    ) {
      await client.callAt('POST', '/locksmith/v1/revoke', { name })
      terminal.log.note(`Revoked "${display(name)}"`)
    }
    if (own !== undefined && names.includes(own)) {
      terminal.log.warn('the key that phylum used here is gone; log in again: `phylum auth login`')
    }
    return 0
  },
}

async function choose(context: Context, own: string | undefined): Promise<readonly string[]> {
  if (!context.terminal.isInteractive) {
    throw new PhylumError(
      'ERR_CLI_CONFIRMATION',
      'Cannot choose the keys to revoke: there is no terminal to ask on',
      { hints: ['say their names: `phylum auth revoke-token NAME…`'] },
    )
  }
  const keys = await listKeys(context)
  if (keys.length === 0) return []
  const chosen = await context.terminal.prompter.choose(
    'Which keys shall be revoked?',
    keys.map(({ name, access_time, creation_time }) => ({
      value: name,
      label: name === own ? `${display(name)} (in use here)` : display(name),
      hint: access_time === null
        ? `made ${display(creation_time ?? 'at an unknown time')}, never used`
        : `last used ${display(access_time)}`,
    })),
  )
  return chosen ?? []
}

/** On a terminal only: names that a script says are said on purpose. */
async function confirm(
  context: Context,
  names: readonly string[],
  own: string | undefined,
): Promise<void> {
  const shown = names.map((name) => `"${display(name)}"`).join(', ')
  const warning = own !== undefined && names.includes(own) ? ' One of them is in use here.' : ''
  const answer = await context.terminal.prompter.confirm(
    `Revoke ${shown}?${warning} Whoever uses ${names.length === 1 ? 'it' : 'them'} is locked out.`,
  )
  if (answer === false) throw new PhylumError('ERR_CLI_CONFIRMATION', 'Nothing was revoked')
}
