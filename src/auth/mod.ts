/**
 * Who the user is: which credential is in use, login, and the exchange of a refresh token for an access token.
 * It knows no extension, prints no credential, and sends one to nobody but the login service that the API itself names.
 * A run with an API key needs little of it: what logs in and what exchanges is behind inner doors, and openid-client behind those.
 */
export type { Access, AccessRequest, AccessWorld } from './access_request.ts'
export type { CachedAccess } from './access_cache.ts'
export type { AccessJob, AccessOutcome } from './access_wire.ts'
export { classifyCredential } from './credential.ts'
export type { CredentialKind } from './credential.ts'
export type { ExchangeOptions, Tokens } from './exchange.ts'
export type { KeyService, KeyServiceOptions, KeyWish } from './locksmith.ts'
export { KeyringUnavailable } from './keyring.ts'
export type { Keyring, KeyringPatience } from './keyring.ts'
export type { BrowserLogin, DeviceCode, DeviceLogin } from './login.ts'
export { readStored, resolveCredential } from './resolve.ts'
export type { ResolvedCredential, ResolveOptions, StoredPlace } from './resolve.ts'
export { createCredentialSource } from './source.ts'
export type { CredentialSourceOptions } from './source.ts'
export type { CredentialStore } from './store_credential.ts'

/** Opens what exchanges refresh tokens, and keeps what came of it. */
export const openExchange = () => import('./exchange_door.ts')

/** Opens what logs people in, and stores credentials. */
export const openLogin = () => import('./login_door.ts')
