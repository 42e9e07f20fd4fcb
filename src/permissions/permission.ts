import { display, isPhylumError } from '#base'
import { isPath, isRelative, parseCommand } from './command.ts'
import { parseEndpoint } from './endpoint.ts'
import type { ApiGrant } from './endpoint.ts'
import { parseNetHost } from './net.ts'
import { ANY_DIRECTORY, isWithin, resolvePath } from './path.ts'
import type { PathContext } from './path.ts'
import { refusal } from './refusal.ts'
import { checkVariable } from './variable.ts'

/** The `[permissions]` table of a manifest: `true` asks for everything; `false`, an empty list or nothing for nothing. */
export interface Permissions {
  readonly read?: boolean | readonly string[]
  readonly write?: boolean | readonly string[]
  readonly env?: boolean | readonly string[]
  readonly run?: boolean | readonly string[]
  readonly unsandboxed_run?: boolean | readonly string[]
  readonly net?: boolean | readonly string[]
}

/** What a manifest asks for. Without an `[api]` table the user is asked when the API is first called. */
export interface PermissionRequest {
  readonly permissions?: Permissions
  readonly api?: { readonly allow: true | readonly string[] }
}

/** Everything of a kind, or what is listed. */
export type Grant = true | readonly string[]

/**
 * What is granted: each value checked, canonical and, if it is a path, absolute. A command in `run` is a program's name or an absolute
 * path, a host in `net` is "host", "host:port", or either below "*.".
 */
export interface GrantedPermissions {
  readonly read: Grant
  readonly write: Grant
  readonly env: Grant
  readonly run: Grant
  readonly unsandboxedRun: Grant
  readonly net: Grant
  readonly api: ApiGrant | 'ask'
}

/** What the values of a manifest mean depends on. */
export interface ResolveContext extends PathContext {
  /** Answers whether something exists at a path. Given, it makes a missing path an error; `splitMissing()` is kinder to manifests. */
  isPresent?: (path: string) => boolean
  /**
   * Tells where a path leads once links are followed. Given, it keeps paths that are relative to the working directory in it: whoever
   * fills that directory could otherwise make "./data" a link to the user's keys.
   */
  realPath?: (path: string) => string
}

/** A value of a manifest that nothing can be granted for. */
export interface PermissionFault {
  /** Keys and indices that lead to it: `['permissions', 'read', 0]`. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

type ListKind = Exclude<keyof GrantedPermissions, 'api'>
type Parse = (kind: string, value: string, context: ResolveContext) => string

/** Each key of the `[permissions]` table, with the grant that it becomes and the grammar of its values. */
const KINDS: readonly (readonly [keyof Permissions, ListKind, Parse])[] = [
  ['read', 'read', parsePath],
  ['write', 'write', parsePath],
  ['env', 'env', parseVariable],
  ['run', 'run', parseProgram],
  ['unsandboxed_run', 'unsandboxedRun', parseProgram],
  ['net', 'net', (_kind, value) => parseNetHost(value)],
]

/** Stands for directories that are not known while a manifest is checked. */
const NOWHERE: ResolveContext = { home: ANY_DIRECTORY, workingDirectory: ANY_DIRECTORY }

/**
 * Turns what a manifest asks for into what would be granted here and now.
 *
 * @throws ERR_PERMISSIONS_VALUE at the first value that cannot be granted
 */
export function resolvePermissions(
  request: PermissionRequest,
  context: ResolveContext,
): GrantedPermissions {
  const lists = {} as Record<ListKind, Grant>
  for (const [key, kind, parse] of KINDS) {
    const asked = request.permissions?.[key] ?? false
    lists[kind] = typeof asked === 'boolean'
      ? asked || []
      : unique(asked.map((value) => parse(key, value, context)))
  }
  const allow = request.api?.allow
  return {
    ...lists,
    api: allow === undefined ? 'ask' : allow === true || allow.map(parseEndpoint),
  }
}

/** Finds every value of a request that nothing can be granted for. */
export function findFaults(request: PermissionRequest): PermissionFault[] {
  const faults: PermissionFault[] = []
  for (const [key, , parse] of KINDS) {
    collect(['permissions', key], request.permissions?.[key], (each) => parse(key, each, NOWHERE))
  }
  collect(['api', 'allow'], request.api?.allow, parseEndpoint)
  return faults

  function collect(path: readonly string[], asked: unknown, parse: (value: string) => unknown) {
    if (!Array.isArray(asked)) return
    for (const [index, value] of asked.entries()) {
      // What is not a string is for the manifest's schema to refuse.
      if (typeof value !== 'string') continue
      try {
        parse(value)
      } catch (error) {
        if (!isPhylumError(error, 'ERR_PERMISSIONS_VALUE')) throw error
        faults.push({ path: [...path, index], message: error.message })
      }
    }
  }
}

function parsePath(kind: string, value: string, context: ResolveContext): string {
  return assertHere(kind, value, resolvePath(kind, value, context), context)
}

function parseProgram(kind: string, value: string, context: ResolveContext): string {
  const mayBeRelative = kind !== 'unsandboxed_run'
  const program = parseCommand(kind, value, { ...context, mayBeRelative })
  return isPath(value) ? assertHere(kind, value, program, context) : program
}

/** Refuses a path that is missing, where that is a fault, and a relative one that a link leads out of the working directory. */
function assertHere(kind: string, value: string, path: string, context: ResolveContext): string {
  if (!(context.isPresent?.(path) ?? true)) {
    throw refusal(kind, value, `"${display(path)}" does not exist`)
  }
  if (isRelative(value) && isWithin(path, context.workingDirectory)) {
    const real = context.realPath?.(path) ?? path
    if (!isWithin(real, context.workingDirectory)) {
      throw refusal(kind, value, `it leads to "${display(real)}", out of the working directory`)
    }
  }
  return path
}

function parseVariable(kind: string, value: string): string {
  checkVariable(kind, value)
  return value
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}
