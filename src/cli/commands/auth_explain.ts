import { isPhylumError } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { explainSources } from '../explain.ts'
import type { TriedSource } from '../explain.ts'
import type { Terminal } from '../terminal.ts'

/** `phylum auth explain` */
export const authExplain: Command = {
  name: 'auth explain',
  summary: 'Tell where a credential was looked for, which one is used, and why',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'json', summary: 'Print it as JSON' }],
  examples: [
    ['phylum auth explain', 'each source in the order in which it is tried'],
    ['phylum auth explain --json', 'the same for programs; exit code 10 when none has one'],
  ],
  async run(context, given) {
    const { terminal } = context
    const sources = await explainSources(context)
    const used = sources.find((each) => each.state === 'used')
    const api = await context.apiUri().catch((error) => {
      // A fault in the settings is told beside their name below.
      if (isPhylumError(error)) return undefined
      throw error
    })
    if (hasOption(given, 'json')) {
      terminal.print(JSON.stringify({
        schema: 1,
        api_uri: api?.uri ?? null,
        api_uri_source: api?.source ?? null,
        used: used?.source ?? null,
        sources,
      }))
    } else {
      if (api !== undefined) terminal.print(`API: ${api.uri} (${api.source})`)
      sources.forEach((each, index) => terminal.print(`${index + 1}. ${render(terminal, each)}`))
    }
    return used === undefined ? 10 : 0
  },
}

function render(terminal: Terminal, { source, state, reason }: TriedSource): string {
  const line = `${source}: ${reason}`
  return state === 'used' ? terminal.paint('bold', line) : line
}
