import {
  type Clock,
  type Credential,
  type CredentialSource,
  display,
  type Fetch,
  isPhylumError,
  type Log,
  PhylumError,
  type Secret,
} from '#base'
import { type ApiUri, readSettings, updateSettings, withExchangeLock } from '#config'
import { exchangeRefreshToken } from './exchange.ts'
import { readStored, type ResolvedCredential } from './resolve.ts'

/** An access token is replaced this long before it ends, in milliseconds, so that it does not end on its way. */
const LEEWAY = 30_000

/** A renewed token that is rejected within this time, in milliseconds, would be rejected after another exchange as well. */
const RENEWAL_PAUSE = 5_000

/** Longest wait for another process that exchanges the same refresh token, in milliseconds. */
const LOCK_TIMEOUT = 45_000

/** What a credential source needs from the world. */
export interface CredentialSourceOptions {
  /** Finds the credential that the user gave; called on first use. */
  resolve(): ResolvedCredential | Promise<ResolvedCredential>
  /** The one API that the credential is for. */
  apiUri: ApiUri
  /** Where a stored refresh token is read again before an exchange, and its successor is stored. */
  settingsFile: string
  fetch: Fetch
  clock: Clock
  log: Log
  /** Longest time for each request of an exchange, in milliseconds. */
  timeout?: number
}

/**
 * Creates the source of the credential for one API, resolved on first use. Whatever the number of callers, there is one exchange at a
 * time in this process, and for a stored refresh token one on this machine.
 */
export function createCredentialSource(options: CredentialSourceOptions): CredentialSource {
  return new Source(options)
}

/** A credential with what is known about its life. */
interface Held {
  readonly credential: Credential
  readonly isRenewable: boolean
  /** When to replace it, in milliseconds since the epoch; `undefined` when nobody knows. */
  readonly staleAt: number | undefined
  /** When it took the place of a rejected one, in milliseconds since the epoch. */
  readonly renewedAt: number | undefined
}

class Source implements CredentialSource {
  readonly #options: CredentialSourceOptions
  #held: Held | undefined
  #pending: Promise<Held> | undefined
  /** A refresh token whose successor lives in this process alone. */
  #successor: { of: Secret; token: Secret } | undefined
  /** A refresh token that the login service refused: it is not asked a second time. */
  #refused: { token: Secret; error: PhylumError } | undefined

  constructor(options: CredentialSourceOptions) {
    this.#options = options
  }

  async get(): Promise<Credential> {
    return (await this.#current()).credential
  }

  async renew(rejected: Credential): Promise<Credential | undefined> {
    const held = await this.#current()
    // Somebody else's 401 has led to a new token while this request was on its way.
    if (!held.credential.bearer.equals(rejected.bearer)) return held.credential
    if (!held.isRenewable) return undefined
    const now = this.#options.clock.now()
    if (held.renewedAt !== undefined && now - held.renewedAt < RENEWAL_PAUSE) return undefined
    return (await this.#acquire({ isRenewal: true })).credential
  }

  async #current(): Promise<Held> {
    const held = this.#held
    if (this.#pending !== undefined) return await this.#pending
    const isFresh = held !== undefined &&
      (held.staleAt === undefined || this.#options.clock.now() < held.staleAt)
    return isFresh ? held : await this.#acquire({ isRenewal: false })
  }

  #acquire(options: { isRenewal: boolean }): Promise<Held> {
    this.#pending ??= this.#resolve(options).then((held) => this.#held = held).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #resolve(options: { isRenewal: boolean }): Promise<Held> {
    const resolved = await this.#options.resolve()
    if (resolved.kind === 'api_key') return holdKey(resolved.secret)
    if (resolved.storedFor === undefined) return await this.#exchange(resolved, options)
    const work = () => this.#exchangeStored(resolved, options)
    try {
      return await withExchangeLock(this.#options.settingsFile, work, { timeout: LOCK_TIMEOUT })
    } catch (error) {
      // The work itself never fails so: nothing can be written there, and the token is not spent yet.
      if (!isPhylumError(error, 'ERR_CONFIG_WRITE')) throw error
      this.#options.log.warn(
        `A new refresh token could not be stored, should the login service send one: ${error.message}`,
      )
      return await this.#exchangeStored(resolved, options)
    }
  }

  async #exchangeStored(first: ResolvedCredential, options: { isRenewal: boolean }): Promise<Held> {
    const { settingsFile, log } = this.#options
    // Read again under the lock: another process may have exchanged the token, and the old one must not be shown twice.
    const settings = await readSettings(settingsFile, { log })
    // The file may by now hold the token of another API's login, which is not for this API's login service to see.
    if (settings.apiUri.uri !== first.storedFor) {
      throw new PhylumError(
        'ERR_AUTH_REQUIRED',
        `Cannot use the credential from "${
          display(settingsFile)
        }": the settings now name another API`,
        { hints: ['run the command again'] },
      )
    }
    const stored = readStored(settings, settingsFile)
    return stored.kind === 'api_key'
      ? holdKey(stored.secret)
      : await this.#exchange(stored, options)
  }

  async #exchange(from: ResolvedCredential, options: { isRenewal: boolean }): Promise<Held> {
    const successor = this.#successor?.of.equals(from.secret) ? this.#successor.token : undefined
    const token = successor ?? from.secret
    const tokens = await this.#exchangeOnce(token)
    const isReplaced = !tokens.refreshToken.equals(token)
    // Before the access token is used: from here on the old refresh token is worthless.
    if (isReplaced) await this.#keep(from, tokens.refreshToken)

    const now = this.#options.clock.now()
    const { lifetime } = tokens
    return {
      credential: {
        bearer: tokens.accessToken,
        secrets: [tokens.accessToken, token, ...(isReplaced ? [tokens.refreshToken] : [])],
      },
      isRenewable: true,
      staleAt: lifetime === undefined ? undefined : now + lifetime - Math.min(LEEWAY, lifetime / 2),
      renewedAt: options.isRenewal ? now : undefined,
    }
  }

  async #exchangeOnce(token: Secret) {
    if (this.#refused?.token.equals(token)) throw this.#refused.error
    try {
      return await exchangeRefreshToken(token, this.#options)
    } catch (error) {
      if (isPhylumError(error, 'ERR_AUTH_FAILED')) this.#refused = { token, error }
      throw error
    }
  }

  async #keep(from: ResolvedCredential, token: Secret): Promise<void> {
    const { settingsFile, log } = this.#options
    if (from.storedFor === undefined) {
      this.#successor = { of: from.secret, token }
      log.warn(
        `The login service replaced the refresh token in ${from.source}, which cannot be used again; ` +
          'an API key stays valid',
      )
      return
    }
    try {
      // Compared and set: a credential that the user stored meanwhile is not overwritten.
      await updateSettings(
        settingsFile,
        (now) => now.credential?.equals(from.secret) ? { credential: token } : undefined,
      )
      this.#successor = undefined
    } catch (error) {
      if (!isPhylumError(error)) throw error
      this.#successor = { of: from.secret, token }
      log.warn(
        `The login service replaced the refresh token, and storing it failed: ${error.message}`,
      )
    }
  }
}

function holdKey(key: Secret): Held {
  return {
    credential: { bearer: key, secrets: [key] },
    isRenewable: false,
    staleAt: undefined,
    renewedAt: undefined,
  }
}
