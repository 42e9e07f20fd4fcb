/** Path of the issuer, below which the provider lies. */
export const MOUNT = '/oidc'

/** Where the key service gives a key for a code. */
export const KEY_TOKEN_PATH = '/locksmith/v1/token'

/** Where a program asks whose credential it holds. */
export const USERINFO_PATH = '/locksmith/v1/userinfo'
