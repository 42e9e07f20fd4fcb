/**
 * Who the user is: which credential is in use, and the exchange of a refresh token for an access token.
 * It knows no extension, prints no credential, and sends one to nobody but the login service that the API itself names.
 * openid-client is imported when a refresh token is exchanged, and not before.
 */
export { classifyCredential } from './credential.ts'
export type { CredentialKind } from './credential.ts'
export { exchangeRefreshToken } from './exchange.ts'
export type { ExchangeOptions, Tokens } from './exchange.ts'
export { resolveCredential } from './resolve.ts'
export type { ResolvedCredential, ResolveOptions } from './resolve.ts'
export { createCredentialSource } from './source.ts'
export type { CredentialSourceOptions } from './source.ts'
