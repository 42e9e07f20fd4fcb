import { openExchange } from '#auth'
import type { ResolvedCredential } from '#auth'
import { display, displayJson, isPhylumError } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { askOwner, nameOwner } from '../owner.ts'
import { systemClock } from '../platform.ts'

/** `phylum auth status` */
export const authStatus: Command = {
  name: 'auth status',
  summary: 'Show which credential is in use and where it comes from, never its value',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    { name: 'check', summary: 'Ask the API whose credential it is' },
    { name: 'json', summary: 'Print it as JSON' },
  ],
  examples: [
    ['phylum auth status', 'kind and source of the credential, and the API it is for'],
    ['phylum auth status --check', 'and your name, which shows that the API takes it'],
    ['phylum auth status --json', 'the same for programs; exit code 10 when there is none'],
  ],
  async run(context, given) {
    const { terminal } = context
    const api = await context.apiUri()
    const credential = await findCredential(context)
    const access = credential && await findAccess(context, credential)
    const owner = credential !== undefined && hasOption(given, 'check')
      ? await askOwner(context)
      : undefined
    if (hasOption(given, 'json')) {
      terminal.print(displayJson(JSON.stringify({
        schema: 1,
        api_uri: api.uri,
        api_uri_source: api.source,
        credential: credential === undefined ? null : {
          kind: credential.kind,
          source: credential.source,
          prefix: credential.prefix,
          keyring: credential.keyring !== undefined,
          ...(access === undefined ? {} : { access_token: access }),
        },
        ...(owner === undefined ? {} : { owner }),
      })))
    } else {
      terminal.print(`API:          ${api.uri} (${api.source})`)
      terminal.print(`Credential:   ${credential === undefined ? 'none' : describe(credential)}`)
      if (access !== undefined) {
        const shown = access === null ? 'none kept' : `kept, used until ${access.usable_until}`
        terminal.print(`Access token: ${shown}`)
      }
      if (owner !== undefined) terminal.print(`Logged in as: ${display(nameOwner(owner))}`)
      if (credential === undefined) {
        terminal.log.note('Log in: `phylum auth login`, or set PHYLUM_API_KEY')
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

function describe({ kind, prefix, source, keyring }: ResolvedCredential): string {
  const what = kind === 'api_key' ? 'API key' : 'refresh token'
  return `${what} ${prefix} from ${source}${keyring === undefined ? '' : ' (in the keyring)'}`
}

/** What a refresh token was exchanged for, as far as a later run would use it; `undefined` for a key, which is used as it is. */
async function findAccess(
  context: Context,
  { kind, secret }: ResolvedCredential,
): Promise<{ usable_until: string } | null | undefined> {
  if (kind !== 'refresh_token') return undefined
  const { uri } = await context.apiUri()
  const { credentialsDirectory } = context.paths
  const { bindingOf, readCache } = await openExchange()
  const cached = await readCache(credentialsDirectory, bindingOf(secret, uri), systemClock)
  const isUsable = cached !== undefined && systemClock.now() < cached.staleAt
  return isUsable ? { usable_until: new Date(cached.staleAt).toISOString() } : null
}
