import { type Clock, type Credential, type Fetch, type Log, PhylumError, type Secret } from '#base'
import type { ApiUri } from '#config'
import type { Keyring, KeyringPatience } from './keyring.ts'
import type { ResolvedCredential } from './resolve.ts'

/** What an access token is wanted for. */
export interface AccessRequest {
  /** The one API that the credential is for. */
  readonly apiUri: ApiUri
  /** The refresh token, as it was found when the run began. */
  readonly given: ResolvedCredential
  /** Where a stored refresh token is read again before an exchange, and its successor is stored. */
  readonly settingsFile: string
  /** Where access tokens are kept for later runs; `undefined` when nothing may be written. */
  readonly directory: string | undefined
  /** An access token that the API has refused. */
  readonly rejected: Secret | undefined
  /** A successor that lives in this process alone, as keeping it failed. */
  readonly successor: Successor | undefined
  /** A refresh token that was refused already, by its binding: it is not shown a second time. */
  readonly refused: { readonly binding: string; readonly message: string } | undefined
}

/** A refresh token that took the place of another. */
export interface Successor {
  /** Binding of the one that the user gave. */
  readonly of: string
  readonly token: Secret
}

/** A credential with what is known about its life. */
export interface Access {
  readonly credential: Credential
  readonly isRenewable: boolean
  /** When to replace it, in milliseconds since the epoch; `undefined` when nobody knows. */
  readonly staleAt: number | undefined
  readonly successor: Successor | undefined
}

/** What getting an access token needs from the world. */
export interface AccessWorld {
  fetch: Fetch
  clock: Clock
  log: Log
  keyring: Keyring & KeyringPatience
  /** Longest time for each request of an exchange, in milliseconds. */
  timeout?: number | undefined
}

/** The login service has refused a refresh token. */
export class RefusedToken extends PhylumError {
  /** Names the token without telling it. */
  readonly binding: string

  constructor(binding: string, message: string) {
    super('ERR_AUTH_FAILED', message, { hints: ['log in again: `phylum auth login`'] })
    this.binding = binding
  }
}
