/**
 * The embedded API: accounts, API keys, organizations, groups, projects and what is analyzed for them over HTTP, kept in a
 * SQLite file or on PostgreSQL, and the OpenID provider that gives keys and tokens to programs.
 * It keeps no key in clear, trusts no Host header, and knows neither extensions nor the user's own settings.
 * Only `server start` and `server exec` load this room, so it may import hono, typebox and node:sqlite at once; pg waits for a URL.
 */
export { createAccount, createGroup, createKey, ensureFirstAccount } from './account.ts'
export type { Account, CreatedKey } from './account.ts'
export type { Fault, FaultPlan } from './faults/fault_plan.ts'
export type { Policy } from './policy/policy.ts'
export { readPolicy } from './policy/read_policy.ts'
export { rotateKeys } from './rotate_keys.ts'
export { startServer } from './start_server.ts'
export type { RunningServer, ServerOptions } from './start_server.ts'
export { exportDatabase, importDatabase } from './transfer.ts'
export { isPostgresUrl, nameOfDatabase } from './store/open_database.ts'
export type { Store } from './store.ts'
export type { RequestRecord } from './telemetry/request_record.ts'
