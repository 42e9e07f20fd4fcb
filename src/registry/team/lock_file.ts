import { display, PhylumError } from '#base'
import { findFaults } from '#permissions'
import type { PermissionRequest } from '#permissions'
import { lstatSync } from 'node:fs'
import manifestSchema from '../../../schema/phylum-ext.schema.json' with { type: 'json' }
import { checkSchema } from '../check_schema.ts'
import { parseCheckedToml } from '../checked_toml.ts'
import type { Table } from '../checked_toml.ts'
import type { Fault, Schema } from '../check_schema.ts'
import { readSmallFile } from '../read_small_file.ts'
import type { Project } from './find_project.ts'
import { checkSchemaNumber, MAX_EXTENSIONS, TEAM_SCHEMA } from './read_team_file.ts'

const SUBJECT = 'lock file'

const HINTS = ['repair it, or remove it and let `phylum ext sync` write it anew']

/** Largest lock file, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024

/** What exactly a team uses under a name, and what it agreed to. */
export interface LockedExtension {
  readonly name: string
  /** As the manifest says; null where it says none. */
  readonly version: string | null
  /** As the file of the team says. */
  readonly source: string
  /** What exactly was fetched; a path in the project is relative to it. */
  readonly resolved: string
  /** Of its pack: "sha512-…". */
  readonly integrity: string
  /** What it imports from elsewhere, by the integrity of the engine's lock file; null where it imports nothing. */
  readonly modules: string | null
  /** What was agreed to, as `normalizeRequest()` writes it. */
  readonly request: PermissionRequest
}

const TEXT: Schema = { type: 'string', minLength: 1, maxLength: 4096 }

const INTEGRITY: Schema = {
  type: 'string',
  pattern: '^sha512-[A-Za-z0-9+/]{86}==$',
  errorMessage: 'must be "sha512-" and the base64 of a SHA-512',
}

const { permissions, api } = manifestSchema.definitions.Manifest.properties

const LOCK: Schema = {
  type: 'object',
  required: ['schema'],
  properties: {
    schema: { type: 'number' },
    extension: {
      type: 'array',
      maxItems: MAX_EXTENSIONS,
      items: {
        type: 'object',
        required: ['name', 'source', 'resolved', 'integrity'],
        properties: {
          name: manifestSchema.definitions.Manifest.properties.name,
          version: TEXT,
          source: TEXT,
          resolved: TEXT,
          integrity: INTEGRITY,
          modules: TEXT,
          permissions: permissions as Schema,
          api: api as Schema,
        },
      },
    },
  },
}

/**
 * Reads the lock file of a project, in the order of the names; nothing where there is none.
 *
 * @throws ERR_REGISTRY_LOCK with each fault and its place
 */
export async function readLockFile({ lockFile }: Project): Promise<LockedExtension[]> {
  if (lstatSync(lockFile, { throwIfNoEntry: false }) === undefined) return []
  const { bytes } = readSmallFile(
    lockFile,
    MAX_BYTES,
    (state) =>
      new PhylumError(
        'ERR_REGISTRY_LOCK',
        `Cannot use ${SUBJECT} "${display(lockFile)}": ${state}`,
      ),
  )
  return await parseLockFile(bytes, lockFile)
}

/**
 * Parses a lock file. What it does not know is a fault: it was written by another phylum, or by hand.
 *
 * @throws ERR_REGISTRY_LOCK
 */
export async function parseLockFile(bytes: Uint8Array, file: string): Promise<LockedExtension[]> {
  const { document } = await parseCheckedToml(bytes, file, {
    subject: SUBJECT,
    code: 'ERR_REGISTRY_LOCK',
    isClosed: true,
    hints: HINTS,
    check(document) {
      // Of a newer one, the number says more than all that is not known.
      const newer = checkSchemaNumber(document['schema'])
      if (newer.length > 0) return { faults: newer, unknown: [] }
      const report = checkSchema(LOCK, document)
      if (report.faults.length > 0) return report
      const tables = tablesOf(document)
      const faults = tables.flatMap((table, index) => checkTable(tables, table, index))
      return { faults, unknown: report.unknown }
    },
  })
  return tablesOf(document)
    .map(({ name, version, source, resolved, integrity, modules, ...request }) => ({
      name,
      version: version ?? null,
      source,
      resolved,
      integrity,
      modules: modules ?? null,
      request: normalizeRequest(request),
    })).sort(byName)
}

type LockTable = LockedExtension & PermissionRequest

function tablesOf(document: Table): readonly LockTable[] {
  return (document['extension'] ?? []) as readonly LockTable[]
}

function checkTable(
  tables: readonly LockTable[],
  table: LockTable,
  index: number,
): Fault[] {
  const path = ['extension', index]
  // Two sides of a merge that both added it.
  const isSecond = tables.findIndex(({ name }) => name === table.name) !== index
  return [
    ...isSecond ? [{ path, message: `"${table.name}" is there a second time` }] : [],
    ...findFaults(table).map((fault) => ({ ...fault, path: [...path, ...fault.path] })),
  ]
}

/**
 * Writes a lock file: the same content is the same text, sorted, one key on a line and one value on a line in longer lists, so that git
 * can merge what two branches added. It holds no moment and nothing of this machine.
 */
export function renderLockFile(extensions: readonly LockedExtension[]): string {
  const tables = extensions.toSorted(byName).map((each) =>
    [
      '[[extension]]',
      `name = ${quote(each.name)}`,
      ...(each.version === null ? [] : [`version = ${quote(each.version)}`]),
      `source = ${quote(each.source)}`,
      `resolved = ${quote(each.resolved)}`,
      `integrity = ${quote(each.integrity)}`,
      ...(each.modules === null ? [] : [`modules = ${quote(each.modules)}`]),
      ...renderRequest(each.request),
    ].join('\n')
  )
  return [
    '# Written by `phylum ext sync` from phylum-extensions.toml. Commit both, and change the other one.',
    `schema = ${TEAM_SCHEMA}`,
    ...tables.map((table) => `\n${table}`),
    '',
  ].join('\n')
}

/** Writes what is asked for, as it stands in a lock file: the same permissions are the same lines. */
export function renderRequest(request: PermissionRequest): string[] {
  const { permissions = {}, api } = normalizeRequest(request)
  return [
    ...Object.entries(permissions).map(([kind, value]) =>
      `permissions.${kind} = ${renderValue(value)}`
    ),
    ...(api === undefined ? [] : [`api.allow = ${renderValue(api.allow)}`]),
  ]
}

const KINDS = ['read', 'write', 'env', 'run', 'unsandboxed_run', 'net'] as const

/** Writes a request in its one form: what grants nothing is left out, and lists are sorted. */
export function normalizeRequest({ permissions = {}, api }: PermissionRequest): PermissionRequest {
  const entries = KINDS.map((kind): [string, boolean | string[]] => {
    const value = permissions[kind] ?? false
    return [kind, typeof value === 'boolean' ? value : sortUnique(value)]
  }).filter(([, value]) => value === true || (Array.isArray(value) && value.length > 0))
  return {
    ...(entries.length === 0 ? {} : { permissions: Object.fromEntries(entries) }),
    ...(api === undefined
      ? {}
      : { api: { allow: api.allow === true ? true : sortUnique(api.allow) } }),
  }
}

function sortUnique(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}

function renderValue(value: boolean | readonly string[]): string {
  if (typeof value === 'boolean') return String(value)
  if (value.length < 2) return `[${value.map(quote).join()}]`
  return `[\n${value.map((each) => `  ${quote(each)},\n`).join('')}]`
}

/** Writes a basic string of TOML; JSON escapes all that must be, but for what TOML calls control characters as well. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffd]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function byName(left: { name: string }, right: { name: string }): number {
  return left.name < right.name ? -1 : 1
}
