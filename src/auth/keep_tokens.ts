import { isPhylumError, type Secret } from '#base'
import { readSettings, updateSettings } from '#config'
import type { AccessRequest, AccessWorld } from './access_request.ts'
import { bindingOf, removeCache, writeCache } from './access_cache.ts'
import type { Tokens } from './exchange.ts'
import { writeKeyring } from './keyring.ts'
import type { ResolvedCredential } from './resolve.ts'

/** What came of an exchange, and where it came from. */
interface Exchanged {
  tokens: Tokens
  /** The refresh token that was shown to the login service. */
  spent: Secret
  /** The credential as the user gave it; its secret is the spent token, or one that this is a successor of. */
  current: ResolvedCredential
  /** The user's token was spent before, and its successor lies in the cache. */
  hadSuccessor: boolean
  /** When the access token is to be replaced. */
  staleAt: number | undefined
}

/**
 * Keeps what came of an exchange: a new refresh token where the old one lies, or, for one from the environment, in the cache; then the
 * access token for later runs.
 *
 * @returns whether the refresh token to exchange next lies on the disk or in the keyring
 */
export async function keepTokens(
  exchanged: Exchanged,
  request: AccessRequest,
  world: AccessWorld,
): Promise<boolean> {
  const { tokens, current } = exchanged
  const { refreshToken } = tokens
  if (refreshToken.equals(current.secret)) {
    await cacheAccess(exchanged, current.secret, undefined, request, world)
    return true
  }
  if (current.storedFor === undefined) {
    return await keepInCache(exchanged, `in ${current.source}`, request, world)
  }
  try {
    await replaceStored(current, refreshToken, request, world)
  } catch (error) {
    if (!isPhylumError(error)) throw error
    return await keepInCache(exchanged, `and storing it failed: ${error.message}`, request, world)
  }
  await cacheAccess(exchanged, refreshToken, undefined, request, world)
  // The same token may stand in the environment of another run, which finds its successor here.
  if (exchanged.hadSuccessor) {
    await cacheAccess(exchanged, current.secret, refreshToken, request, world)
  } else if (request.directory !== undefined) {
    await removeCache(request.directory, bindingOf(current.secret, request.apiUri))
  }
  return true
}

/** Compared and set: a credential that the user stored meanwhile is not overwritten. */
async function replaceStored(
  current: ResolvedCredential,
  token: Secret,
  { settingsFile }: AccessRequest,
  world: AccessWorld,
): Promise<void> {
  if (current.keyring === undefined) {
    await updateSettings(
      settingsFile,
      (now) => now.credential?.equals(current.secret) ? { credential: token } : undefined,
    )
    return
  }
  const { keyring } = await readSettings(settingsFile, world)
  if (keyring === current.keyring) await writeKeyring(world.keyring, current.keyring, token)
}

/** Where the spent token lies, in the environment as a rule, nothing can be written: the cache says what took its place. */
async function keepInCache(
  exchanged: Exchanged,
  why: string,
  request: AccessRequest,
  world: AccessWorld,
): Promise<boolean> {
  const { tokens, current, spent, hadSuccessor } = exchanged
  const { refreshToken } = tokens
  const isKept = await cacheAccess(exchanged, current.secret, refreshToken, request, world)
  if (refreshToken.equals(spent) || (isKept && hadSuccessor)) return isKept
  const consequence = isKept
    ? 'the new one is kept for later runs on this machine, and the old one cannot be used elsewhere'
    : 'the old one cannot be used again'
  world.log.warn(
    `The login service replaced the refresh token ${why}; ${consequence}; an API key stays valid`,
  )
  return isKept
}

async function cacheAccess(
  { tokens, staleAt }: Exchanged,
  token: Secret,
  successor: Secret | undefined,
  { directory, apiUri }: AccessRequest,
  { clock }: AccessWorld,
): Promise<boolean> {
  // An access token of unknown life is for this run alone.
  if (directory === undefined || (staleAt === undefined && successor === undefined)) return false
  const access = { accessToken: tokens.accessToken, staleAt: staleAt ?? 0, successor }
  return await writeCache(directory, bindingOf(token, apiUri), access, clock)
}
