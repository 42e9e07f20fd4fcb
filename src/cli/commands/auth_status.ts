import { displayJson, isPhylumError } from '#base'
import type { ResolvedCredential } from '#auth'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'

/** `phylum auth status` */
export const authStatus: Command = {
  name: 'auth status',
  summary: 'Show which credential is in use and where it comes from, never its value',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'json', summary: 'Print it as JSON' }],
  examples: [
    ['phylum auth status', 'kind and source of the credential, and the API it is for'],
    ['phylum auth status --json', 'the same for programs; exit code 10 when there is none'],
  ],
  async run(context, given) {
    const { terminal } = context
    const api = await context.apiUri()
    const credential = await findCredential(context)
    if (hasOption(given, 'json')) {
      terminal.print(displayJson(JSON.stringify({
        schema: 1,
        api_uri: api.uri,
        api_uri_source: api.source,
        credential: credential === undefined
          ? null
          : { kind: credential.kind, source: credential.source, prefix: credential.prefix },
      })))
    } else {
      const shown = credential === undefined
        ? 'none'
        : `${
          credential.kind === 'api_key' ? 'API key' : 'refresh token'
        } ${credential.prefix} from ${credential.source}`
      terminal.print(`API:         ${api.uri} (${api.source})`)
      terminal.print(`Credential:  ${shown}`)
      if (credential === undefined) {
        terminal.log.note('Set PHYLUM_API_KEY, or store a key: `phylum auth set-token`')
      }
    }
    return credential === undefined ? 10 : 0
  },
}

async function findCredential(context: Context): Promise<ResolvedCredential | undefined> {
  try {
    return await context.credential()
  } catch (error) {
    if (isPhylumError(error, 'ERR_AUTH_REQUIRED')) return undefined
    throw error
  }
}
