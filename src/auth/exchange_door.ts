/** What exchanges refresh tokens: an inner door of this room, opened by `openExchange()`. */
export { LOCK_TIMEOUT, obtainAccess, peekAccess, RefusedToken } from './access.ts'
export { bindingOf, clearCache, prepareCache, readCache, writeCache } from './access_cache.ts'
export { decodeJob, decodeOutcome, encodeJob, encodeOutcome } from './access_wire.ts'
export { exchangeRefreshToken, revokeRefreshToken } from './exchange.ts'
