import { join } from 'node:path'
import { type Clock, display, isPhylumError, PhylumError, type Secret } from '#base'
import { readSettings, withExchangeLock, withLock } from '#config'
import {
  type Access,
  type AccessRequest,
  type AccessWorld,
  RefusedToken,
} from './access_request.ts'
import { bindingOf, type CachedAccess, prepareCache, readCache } from './access_cache.ts'
import { exchangeRefreshToken, type Tokens } from './exchange.ts'
import { holdKey } from './hold_key.ts'
import { keepTokens } from './keep_tokens.ts'
import { readStored, type ResolvedCredential } from './resolve.ts'

/** An access token is replaced this long before it ends, in milliseconds, so that it does not end on its way. */
const LEEWAY = 30_000

/** Longest wait for another process that exchanges the same refresh token, in milliseconds. */
export const LOCK_TIMEOUT = 45_000

/** Answers the access token that an earlier run has left for a refresh token, while it lasts. */
export async function findCached(
  request: AccessRequest,
  token: Secret,
  clock: Clock,
): Promise<Access | undefined> {
  if (request.directory === undefined) return undefined
  const cached = await readCache(request.directory, bindingOf(token, request.apiUri), clock)
  return cached === undefined ? undefined : useCached(request, token, cached, clock)
}

/**
 * Reads the credential again, and answers what of it can be used as it is: a key that was stored meanwhile, or another process's access
 * token.
 */
export async function peekAccess(
  request: AccessRequest,
  world: AccessWorld,
): Promise<Access | undefined> {
  const current = await readAgain(request, world)
  if (current.kind === 'api_key') return holdKey(current.secret)
  return await findCached(request, current.secret, world.clock)
}

/**
 * Gets an access token: another process's where there is one, else by an exchange. One process at a time does so, as a provider that sees
 * one refresh token twice takes it for stolen and ends the whole login.
 *
 * @throws RefusedToken, ERR_AUTH_EXCHANGE, ERR_AUTH_REQUIRED when the credential is gone, ERR_CONFIG_LOCKED
 */
export async function obtainAccess(request: AccessRequest, world: AccessWorld): Promise<Access> {
  const work = () => obtainAlone(request, world)
  const options = { timeout: LOCK_TIMEOUT }
  const { given, settingsFile, directory } = request
  try {
    if (given.storedFor !== undefined) return await withExchangeLock(settingsFile, work, options)
  } catch (error) {
    // The work itself never fails so: nothing can be written there, and the token is not spent yet. Its successor can live in the cache.
    if (!isPhylumError(error, 'ERR_CONFIG_WRITE')) throw error
    world.log.debug(error.message)
  }
  try {
    if (directory !== undefined && await prepareCache(directory)) {
      return await withLock(join(directory, 'exchange'), work, options)
    }
  } catch (error) {
    if (!isPhylumError(error, 'ERR_CONFIG_WRITE')) throw error
  }
  if (given.storedFor !== undefined || directory !== undefined) {
    world.log.warn(
      'A new refresh token cannot be stored here, should the login service send one: this run may be the last of the login',
    )
  }
  return await work()
}

async function obtainAlone(request: AccessRequest, world: AccessWorld): Promise<Access> {
  for (let isSecond = false;; isSecond = true) {
    const current = await readAgain(request, world)
    if (current.kind === 'api_key') return holdKey(current.secret)
    try {
      return await obtainFor(current, request, world)
    } catch (error) {
      // Another machine that shares the settings may have stored a newer token; a refusal of the old one is no news then.
      if (!(error instanceof RefusedToken) || isSecond || current.storedFor === undefined) {
        throw error
      }
      const { secret } = await readAgain(request, world)
      if (secret.equals(current.secret)) throw error
    }
  }
}

/** Reads a stored credential again: another process may have exchanged it, and the old one must not be shown twice. */
async function readAgain(request: AccessRequest, world: AccessWorld): Promise<ResolvedCredential> {
  const { given, settingsFile } = request
  if (given.storedFor === undefined) return given
  const settings = await readSettings(settingsFile, world)
  // The file may by now hold the token of another API's login, which is not for this API's login service to see.
  if (settings.apiUri.uri !== given.storedFor) {
    throw new PhylumError(
      'ERR_AUTH_REQUIRED',
      `Cannot use the credential from "${
        display(settingsFile)
      }": the settings now name another API`,
      { hints: ['run the command again'] },
    )
  }
  return await readStored({ settings, settingsFile, keyring: world.keyring })
}

async function obtainFor(
  current: ResolvedCredential,
  request: AccessRequest,
  world: AccessWorld,
): Promise<Access> {
  const { directory, apiUri, refused } = request
  const binding = bindingOf(current.secret, apiUri)
  const cached = directory === undefined
    ? undefined
    : await readCache(directory, binding, world.clock)
  const usable = cached && useCached(request, current.secret, cached, world.clock)
  if (usable !== undefined) return usable

  if (refused?.binding === binding) throw new RefusedToken(binding, refused.message)
  const inMemory = request.successor?.of === binding ? request.successor.token : undefined
  const token = inMemory ?? cached?.successor ?? current.secret
  const tokens = await exchange(token, binding, request, world)
  const { lifetime } = tokens
  const staleAt = lifetime === undefined
    ? undefined
    : world.clock.now() + lifetime - Math.min(LEEWAY, lifetime / 2)
  // Before the access token is used: from here on the old refresh token is worthless.
  const isKept = await keepTokens(
    { tokens, spent: token, current, hadSuccessor: cached?.successor !== undefined, staleAt },
    request,
    world,
  )
  const isReplaced = !tokens.refreshToken.equals(token)
  return {
    credential: {
      bearer: tokens.accessToken,
      secrets: [tokens.accessToken, token, ...(isReplaced ? [tokens.refreshToken] : [])],
    },
    isRenewable: true,
    staleAt,
    successor: isKept ? undefined : { of: binding, token: tokens.refreshToken },
  }
}

async function exchange(
  token: Secret,
  binding: string,
  { apiUri }: AccessRequest,
  { fetch, timeout }: AccessWorld,
): Promise<Tokens> {
  try {
    return await exchangeRefreshToken(token, { apiUri, fetch, timeout })
  } catch (error) {
    throw isPhylumError(error, 'ERR_AUTH_FAILED') ? new RefusedToken(binding, error.message) : error
  }
}

function useCached(
  request: AccessRequest,
  token: Secret,
  cached: CachedAccess,
  clock: Clock,
): Access | undefined {
  const { accessToken, staleAt, successor } = cached
  if (clock.now() >= staleAt || request.rejected?.equals(accessToken)) return undefined
  return {
    credential: {
      bearer: accessToken,
      secrets: [accessToken, token, ...(successor === undefined ? [] : [successor])],
    },
    isRenewable: true,
    staleAt,
    successor: undefined,
  }
}
