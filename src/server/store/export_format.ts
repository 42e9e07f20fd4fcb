import type { Value } from './database.ts'

/** Version of the format. A reader of one version refuses every other. */
export const FORMAT = 1

/**
 * Oldest schema whose exports are taken: what came after it are tables, and columns that may be null. A step that changes
 * what older rows hold must raise this, or teach `importData()` to do the same to them.
 */
export const OLDEST_SCHEMA = 4

/** Tables that an export holds, each after those that it refers to, and the columns by which their rows are in order. */
export const EXPORTED: readonly { table: string; key: readonly string[] }[] = [
  { table: 'users', key: ['user_id'] },
  { table: 'api_keys', key: ['key_id'] },
  { table: 'organizations', key: ['organization_id'] },
  { table: 'organization_members', key: ['organization_id', 'user_id'] },
  { table: 'groups', key: ['group_id'] },
  { table: 'members', key: ['group_id', 'user_id'] },
  { table: 'projects', key: ['project_id'] },
  { table: 'jobs', key: ['job_id'] },
  { table: 'sessions', key: ['session_hash'] },
  { table: 'oidc_payloads', key: ['model', 'id_hash'] },
  { table: 'idempotency', key: ['user_id', 'key_hash'] },
  { table: 'key_activity', key: ['activity_id'] },
]

/** Tables that an export leaves out, each with the reason. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  server_secrets:
    'what the servers sign with is in clear; a server makes it anew where it is missing',
  rate_limits: 'counts what happened within the last minutes',
}

/** A row as the database gives it. */
export type Row = { [column: string]: Value }

/** First line of an export. */
export interface Head {
  phylum: 'export'
  format: number
  /** Version of the schema that the rows are of. */
  schema: number
  /** When it was made, in milliseconds since the epoch. */
  at: number
}

/** Writes a row, bytes in base64. */
export function writeRow(table: string, row: Row): string {
  const plain = Object.entries(row).map(([column, value]) => [
    column,
    value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
  ])
  return JSON.stringify({ table, row: Object.fromEntries(plain) })
}

/** Reads a row; `undefined` where it is none. */
export function readRow(row: unknown): Row | undefined {
  if (!isObject(row)) return undefined
  const read: Row = {}
  for (const [column, value] of Object.entries(row)) {
    // Names of columns go into the text of a statement: that is what stops SQL in them.
    if (!/^[a-z_]{1,63}$/.test(column)) return undefined
    const bytes = isObject(value) ? value['base64'] : undefined
    if (typeof bytes === 'string') read[column] = new Uint8Array(Buffer.from(bytes, 'base64'))
    else if (typeof value === 'string' || value === null || Number.isSafeInteger(value)) {
      read[column] = value as Value
    } else return undefined
  }
  return Object.keys(read).length > 0 ? read : undefined
}

/** Answers whether a value is an object, and not an array or null. */
export function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
