/** What exchanges refresh tokens: an inner door of this room, opened by `openExchange()`. */
export { LOCK_TIMEOUT, obtainAccess, peekAccess } from './access.ts'
export { RefusedToken } from './access_request.ts'
export { bindingOf, clearCache, prepareCache, readCache, writeCache } from './access_cache.ts'
export { decodeJob, decodeOutcome, encodeJob, encodeOutcome } from './access_wire.ts'
export { exchangeRefreshToken, revokeRefreshToken } from './exchange.ts'
