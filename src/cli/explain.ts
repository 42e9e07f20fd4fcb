import { classifyCredential, readStored } from '#auth'
import type { CredentialKind, ResolvedCredential } from '#auth'
import { display, isPhylumError, Secret } from '#base'
import type { Context } from './compose.ts'

/** A place where a credential was looked for. */
export interface TriedSource {
  /** "PHYLUM_API_KEY", the path of the settings, "login" */
  source: string
  state: 'used' | 'shadowed' | 'absent' | 'broken' | 'skipped'
  /** Why that is so, in words that follow a colon. */
  reason: string
  kind: CredentialKind | null
}

/** Finds out of each source of a credential, in their order, what came of it. */
export async function explainSources(context: Context): Promise<TriedSource[]> {
  const environment = explainEnvironment(context)
  const isDecided = environment.state !== 'absent'
  const settings = await explainSettings(context, isDecided)
  return [environment, settings, explainLogin(context, isDecided || settings.state !== 'absent')]
}

function explainEnvironment({ environment }: Context): TriedSource {
  const source = 'PHYLUM_API_KEY'
  const value = environment.PHYLUM_API_KEY
  if (value === undefined) return { source, state: 'absent', reason: 'not set', kind: null }
  if (value === '') return { source, state: 'absent', reason: 'empty, so ignored', kind: null }
  try {
    const kind = classifyCredential(Secret.parse(value, source), source)
    return { source, state: 'used', reason: `used: ${nameOf(kind)}`, kind }
  } catch (error) {
    return broken(source, error)
  }
}

async function explainSettings(context: Context, isDecided: boolean): Promise<TriedSource> {
  const source = context.paths.settingsFile
  if (!context.options.isConfigAllowed) {
    return { source, state: 'skipped', reason: 'not read, because of --no-config', kind: null }
  }
  let stored: ResolvedCredential
  try {
    const { keyring } = context.credentialStore()
    const settings = await context.settings()
    stored = await readStored({ settings, settingsFile: source, keyring })
  } catch (error) {
    if (!isPhylumError(error, 'ERR_AUTH_REQUIRED')) return broken(source, error)
    return { source, state: 'absent', reason: 'holds no credential', kind: null }
  }
  const what = `${nameOf(stored.kind)}${stored.keyring === undefined ? '' : ' in the keyring'}`
  return isDecided
    ? {
      source,
      state: 'shadowed',
      reason: `not used, PHYLUM_API_KEY comes first: ${what}`,
      kind: stored.kind,
    }
    : { source, state: 'used', reason: `used: ${what}`, kind: stored.kind }
}

function explainLogin({ terminal, options }: Context, isDecided: boolean): TriedSource {
  const tried = (state: TriedSource['state'], reason: string) => ({
    source: 'login',
    state,
    reason,
    kind: null,
  })
  if (isDecided) return tried('skipped', 'not needed')
  if (!options.isConfigAllowed) return tried('skipped', 'not offered, because of --no-config')
  return terminal.isInteractive
    ? tried('absent', 'offered by the first command that needs a credential')
    : tried('skipped', 'not offered, as there is no terminal to ask on; `phylum auth login` works')
}

function broken(source: string, error: unknown): TriedSource {
  if (!isPhylumError(error)) throw error
  return { source, state: 'broken', reason: display(error.message), kind: null }
}

function nameOf(kind: CredentialKind): string {
  return kind === 'api_key' ? 'API key ph0_****' : 'refresh token ****'
}
