import { display, PhylumError } from '#base'
import { describeTransportError } from '#broker'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { USER_AGENT } from '../compose.ts'
import { loginTimeout } from '../global_options.ts'
import { JSON_OPTION, printJson } from '../print_list.ts'

/** `phylum ping` */
export const ping: Command = {
  name: 'ping',
  summary: 'Ask the API whether it is there; no credential is sent',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [JSON_OPTION],
  examples: [['phylum ping', 'exit code 0 when it answers, 30 or 31 when it cannot be reached']],
  async run(context, given) {
    const { uri } = await context.apiUri()
    const { fetch } = await context.platformFetch()
    const response = await fetch(new URL('/api/v0/health', uri), {
      headers: { accept: 'application/json', 'user-agent': USER_AGENT },
      redirect: 'manual',
      signal: AbortSignal.timeout(loginTimeout(context.options)),
    }).catch((error) => {
      throw describeTransportError(error, uri)
    })
    await response.body?.cancel()
    if (!response.ok) {
      throw new PhylumError(
        'ERR_API_STATUS',
        `Cannot reach the API: ${display(uri)} answered with status ${response.status}`,
        { hints: ['check the API URI: `phylum auth status` shows which one is in use'] },
      )
    }
    if (hasOption(given, 'json')) printJson(context, { api_uri: uri, is_alive: true })
    else context.terminal.print(`${uri} is alive`)
    return 0
  },
}
