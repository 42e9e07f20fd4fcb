import { type Aside, type Credential, type CredentialSource } from '#base'
import type { ApiUri } from '#config'
import type { Access, AccessRequest, AccessWorld, Successor } from './access_request.ts'
import { holdKey } from './hold_key.ts'
import type { ResolvedCredential } from './resolve.ts'

/** A renewed token that is rejected within this time, in milliseconds, would be rejected after another exchange as well. */
const RENEWAL_PAUSE = 5_000

/** What a credential source needs from the world. */
export interface CredentialSourceOptions extends AccessWorld {
  /** Finds the credential that the user gave; called on first use. */
  resolve(aside: Aside): ResolvedCredential | Promise<ResolvedCredential>
  /** The one API that the credential is for. */
  apiUri: ApiUri
  /** Where a stored refresh token is read again before an exchange, and its successor is stored. */
  settingsFile: string
  /** Where access tokens are kept for later runs; `undefined` when nothing may be written. */
  directory: string | undefined
  /** Gets an access token, in another process perhaps; `obtainAccess()` in this one unless told. */
  obtain?: ((request: AccessRequest) => Promise<Access>) | undefined
}

/**
 * Creates the source of the credential for one API, resolved on first use. Whatever the number of callers, there is one exchange at a
 * time in this process, and on this machine.
 */
export function createCredentialSource(options: CredentialSourceOptions): CredentialSource {
  return new Source(options)
}

/** A credential in use. */
interface Held extends Access {
  /** When it took the place of a rejected one, in milliseconds since the epoch. */
  readonly renewedAt: number | undefined
}

class Source implements CredentialSource {
  readonly #options: CredentialSourceOptions
  #held: Held | undefined
  #pending: Promise<Held> | undefined
  /** A refresh token whose successor lives in this process alone. */
  #successor: Successor | undefined
  /** A refresh token that the login service refused: it is not asked a second time. */
  #refused: { binding: string; message: string } | undefined

  constructor(options: CredentialSourceOptions) {
    this.#options = options
  }

  async get(aside: Aside = (talk) => talk()): Promise<Credential> {
    return (await this.#current(aside)).credential
  }

  async renew(rejected: Credential): Promise<Credential | undefined> {
    const held = await this.#current((talk) => talk())
    // Somebody else's 401 has led to a new token while this request was on its way.
    if (!held.credential.bearer.equals(rejected.bearer)) return held.credential
    if (!held.isRenewable) return undefined
    const now = this.#options.clock.now()
    if (held.renewedAt !== undefined && now - held.renewedAt < RENEWAL_PAUSE) return undefined
    return (await this.#acquire((talk) => talk(), rejected)).credential
  }

  async #current(aside: Aside): Promise<Held> {
    const held = this.#held
    if (this.#pending !== undefined) return await this.#pending
    const isFresh = held !== undefined &&
      (held.staleAt === undefined || this.#options.clock.now() < held.staleAt)
    return isFresh ? held : await this.#acquire(aside)
  }

  #acquire(aside: Aside, rejected?: Credential): Promise<Held> {
    this.#pending ??= this.#reach(aside, rejected).then((access) => {
      const renewedAt = rejected === undefined ? undefined : this.#options.clock.now()
      return this.#held = { ...access, renewedAt }
    }).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #reach(aside: Aside, rejected: Credential | undefined): Promise<Access> {
    const { apiUri, settingsFile, directory, clock } = this.#options
    const given = await this.#options.resolve(aside)
    if (given.kind === 'api_key') return holdKey(given.secret)
    const request: AccessRequest = {
      apiUri,
      given,
      settingsFile,
      directory,
      rejected: rejected?.bearer,
      successor: this.#successor,
      refused: this.#refused,
    }
    // Loaded for refresh tokens alone.
    const { findCached, obtainAccess } = await import('./access.ts')
    const { RefusedToken } = await import('./access_request.ts')
    const cached = await findCached(request, given.secret, clock)
    if (cached !== undefined) return cached
    const { obtain = (wanted) => obtainAccess(wanted, this.#options) } = this.#options
    try {
      const access = await obtain(request)
      this.#successor = access.successor
      return access
    } catch (error) {
      if (error instanceof RefusedToken) this.#refused = error
      throw error
    }
  }
}
