/**
 * Who the user is: which credential is in use, login, and the exchange of a refresh token for an access token.
 * It knows no extension, prints no credential, and sends one to nobody but the login service that the API itself names.
 * openid-client is imported when somebody logs in or a refresh token is exchanged, and not before.
 */
export { LOCK_TIMEOUT, obtainAccess, peekAccess, RefusedToken } from './access.ts'
export type { Access, AccessRequest, AccessWorld } from './access.ts'
export { bindingOf, clearCache, prepareCache, readCache } from './access_cache.ts'
export type { CachedAccess } from './access_cache.ts'
export { decodeJob, decodeOutcome, encodeJob, encodeOutcome } from './access_wire.ts'
export type { AccessJob, AccessOutcome } from './access_wire.ts'
export { classifyCredential } from './credential.ts'
export type { CredentialKind } from './credential.ts'
export { exchangeRefreshToken, revokeRefreshToken } from './exchange.ts'
export type { ExchangeOptions, Tokens } from './exchange.ts'
export { readKeyName, removeKeyRecord, writeKeyRecord } from './key_record.ts'
export { discoverKeyService } from './key_service.ts'
export type { KeyService, KeyServiceOptions, KeyWish } from './key_service.ts'
export { assertKeyring, KeyringUnavailable } from './keyring.ts'
export type { Keyring, KeyringPatience } from './keyring.ts'
export { LOGIN_LIMIT, loginByBrowser, loginByDevice } from './login.ts'
export type { BrowserLogin, DeviceCode, DeviceLogin } from './login.ts'
export { readStored, resolveCredential } from './resolve.ts'
export type { ResolvedCredential, ResolveOptions, StoredPlace } from './resolve.ts'
export { createCredentialSource } from './source.ts'
export type { CredentialSourceOptions } from './source.ts'
export { removeCredential, storeCredential } from './store_credential.ts'
export type { CredentialStore } from './store_credential.ts'
