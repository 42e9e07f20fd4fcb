import type { Clock, Log } from '#base'
import type { IdentityService } from './identity/create_identity.ts'
import { hashKey, isKey } from './key.ts'
import { Refusal } from './refusal.ts'
import type { Caller } from './route.ts'
import type { ApiKey, Store } from './store.ts'

/** What is said of every text that is no credential, whatever it looks like. */
const NOT_VALID = 'the API key or access token is not valid'

/** How exact the last use of a key is, in milliseconds. */
const USE_RESOLUTION = 60_000

export interface AuthenticateOptions {
  store: Store
  clock: Clock
  log: Log
  /** Knows the access tokens of the OpenID provider; without one there are none. */
  identity?: Pick<IdentityService, 'findAccessToken'>
}

/**
 * Finds out who sends a request, by the API key or the access token in its `Authorization` header.
 *
 * @throws ERR_AUTH_FAILED with status 401 when there is none, or none that is valid
 */
export async function authenticate(
  request: Request,
  options: AuthenticateOptions,
): Promise<Caller> {
  const header = request.headers.get('authorization')
  // The name of the scheme may be written in either case (RFC 9110, section 11.1).
  const bearer = header === null ? undefined : /^bearer +(.+)$/i.exec(header)?.[1]
  if (bearer === undefined) throw refuse('it carries no API key', 'Bearer')
  return isKey(bearer)
    ? await authenticateByKey(bearer, options)
    : await authenticateByToken(bearer, options)
}

async function authenticateByKey(bearer: string, options: AuthenticateOptions): Promise<Caller> {
  const key = await options.store.findKey(hashKey(bearer))
  // Whether a key expired or was revoked is told to those alone who hold it: any other text is just not valid.
  if (key === undefined) throw reject(NOT_VALID)
  if (key.revokedAt !== null) throw reject('the API key is revoked')
  const now = options.clock.now()
  if (key.expiresAt !== null && key.expiresAt <= now) {
    throw reject(`the API key expired at ${new Date(key.expiresAt).toISOString()}`)
  }
  await recordUse(key, now, options)
  return { userId: key.userId, keyId: key.id }
}

async function authenticateByToken(
  bearer: string,
  { identity, clock }: AuthenticateOptions,
): Promise<Caller> {
  const token = await identity?.findAccessToken(bearer)
  if (token === undefined) throw reject(NOT_VALID)
  if (token.expiresAt <= clock.now()) {
    throw reject(`the access token expired at ${new Date(token.expiresAt).toISOString()}`)
  }
  return { userId: token.userId }
}

/** Notes the use of a key, at most once a minute: a request that only reads must not become a write each time. */
async function recordUse(
  key: ApiKey,
  now: number,
  { store, log }: AuthenticateOptions,
): Promise<void> {
  if (key.usedAt !== null && now - key.usedAt < USE_RESOLUTION) return
  try {
    await store.recordKeyUse(key.id)
  } catch (error) {
    // A disk that is full stops nobody from reading.
    log.debug(`The use of a key is not recorded: ${error instanceof Error ? error.message : ''}`)
  }
}

function reject(reason: string): Refusal {
  // RFC 6750, section 3.1: a credential that was sent and is not good.
  return refuse(reason, 'Bearer error="invalid_token"')
}

function refuse(reason: string, challenge: string): Refusal {
  return new Refusal(401, `Cannot authorize the request: ${reason}`, {
    'www-authenticate': challenge,
  })
}
