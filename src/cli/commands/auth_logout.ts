import { openExchange, openLogin, readStored } from '#auth'
import type { ResolvedCredential } from '#auth'
import { display, isPhylumError, PhylumError } from '#base'
import type { Command } from '../command.ts'
import type { Context } from '../compose.ts'
import { loginTimeout } from '../global_options.ts'

/** `phylum auth logout` */
export const authLogout: Command = {
  name: 'auth logout',
  summary: 'Remove the stored credential, and revoke it where that can be done',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [],
  examples: [['phylum auth logout', 'nothing that is left on this machine opens the API any more']],
  async run(context) {
    const { terminal, paths, environment } = context
    const { removeCredential } = await openLogin()
    const store = context.credentialStore()
    const stored = await findStored(context)
    const revoke = stored === undefined ? undefined : await prepareRevocation(context, stored)
    // First, and whatever the server says: the user wants the credential gone from here.
    await removeCredential(store)
    terminal.log.note(
      stored === undefined
        ? 'There was no stored credential'
        : `Removed the credential from "${display(paths.settingsFile)}"${
          stored.keyring === undefined ? '' : ' and from the keyring'
        }`,
    )
    if (revoke !== undefined) await report(context, revoke)
    if (environment.PHYLUM_API_KEY) {
      terminal.log.warn('PHYLUM_API_KEY is set, and stays in force')
    }
    return 0
  },
}

/** Reads the stored credential, whatever the environment says; a broken one is removed all the same. */
async function findStored(context: Context): Promise<ResolvedCredential | undefined> {
  try {
    const { settingsFile, keyring } = context.credentialStore()
    return await readStored({ settings: await context.settings(), settingsFile, keyring })
  } catch (error) {
    if (!isPhylumError(error)) throw error
    if (error.code !== 'ERR_AUTH_REQUIRED') context.terminal.log.warn(error.message)
    return undefined
  }
}

type Revoke = () => Promise<string>

/** Makes the function that revokes the credential; what it needs is read before the credential is removed. */
async function prepareRevocation(context: Context, stored: ResolvedCredential): Promise<Revoke> {
  const { uri: apiUri } = (await context.settings()).apiUri
  const { credentialsDirectory } = context.paths
  if (stored.kind === 'refresh_token') {
    return async () => {
      const { revokeRefreshToken } = await openExchange()
      const timeout = loginTimeout(context.options)
      const { fetch } = await context.platformFetch()
      if (await revokeRefreshToken(stored.secret, { apiUri, fetch, timeout })) {
        return 'Ended the login'
      }
      throw new PhylumError('ERR_AUTH_EXCHANGE', 'the login service offers no way to end a login')
    }
  }
  const { readKeyName } = await openLogin()
  const name = await readKeyName(credentialsDirectory, stored.secret, apiUri)
  return async () => {
    if (name === undefined) {
      throw new PhylumError(
        'ERR_API_NOT_FOUND',
        'its name is not known here, and a key is revoked by its name',
      )
    }
    const bearer = { bearer: stored.secret, secrets: [stored.secret] }
    const client = await context.clientFor(apiUri, {
      get: () => Promise.resolve(bearer),
      renew: () => Promise.resolve(undefined),
    })
    await client.callAt('POST', '/locksmith/v1/revoke', { name })
    return `Revoked the key "${display(name)}"`
  }
}

async function report({ terminal }: Context, revoke: Revoke): Promise<void> {
  try {
    terminal.log.note(await revoke())
  } catch (error) {
    if (!isPhylumError(error)) throw error
    terminal.log.warn(
      `the credential could not be revoked at the server, where it stays valid: ${error.message}`,
    )
    terminal.log.note('Revoke it in the web UI, under "API Access Tokens"')
  }
}
