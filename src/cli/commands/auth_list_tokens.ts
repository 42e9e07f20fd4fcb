import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { listKeys, nameOfOwnKey } from '../key_list.ts'

/** `phylum auth list-tokens` */
export const authListTokens: Command = {
  name: 'auth list-tokens',
  summary: 'List your API keys: their names, never the keys',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'json', summary: 'Print the list as JSON' }],
  examples: [
    ['phylum auth list-tokens', 'name, creation, last use and end of each key'],
    ['phylum auth list-tokens --json', 'the same for programs'],
  ],
  async run(context, given) {
    const { terminal } = context
    const keys = await listKeys(context)
    if (hasOption(given, 'json')) {
      terminal.print(JSON.stringify({ schema: 1, tokens: keys }))
      return 0
    }
    if (keys.length === 0) {
      terminal.log.note('You have no API key; make one: `phylum auth create-token NAME`')
      return 0
    }
    const { renderTable } = await import('../table.ts')
    const rows = keys.map((key) => [
      key.name,
      key.creation_time ?? '',
      key.access_time ?? 'never',
      key.expiry ?? 'never',
    ])
    terminal.print(renderTable(terminal, ['NAME', 'CREATED', 'LAST USED', 'EXPIRES'], rows))
    const own = await nameOfOwnKey(context)
    if (own !== undefined && terminal.isTable) terminal.log.note(`In use here: ${own}`)
    return 0
  },
}
