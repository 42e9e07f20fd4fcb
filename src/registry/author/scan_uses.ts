import { BUN, DENO, KINDS, MODULES } from './capabilities.ts'
import type { Kind } from './capabilities.ts'
import { scanApiCalls } from './scan_api_calls.ts'
import type { ApiCall } from './scan_api_calls.ts'
import { isMember, isSign } from './scan_imports.ts'
import type { ModuleImport } from './scan_imports.ts'
import { HOLE } from './tokenize.ts'
import type { Token } from './tokenize.ts'

/** A place in a module that uses something of what a manifest grants. */
export interface Use {
  readonly kind: Exclude<Kind, 'api'>
  /** What of it, where that is written there: a variable, a program, the origin of a URL; undefined where it is not. */
  readonly value: string | undefined
  readonly at: number
}

/** What a module uses, as far as can be seen. */
export interface Uses {
  readonly uses: readonly Use[]
  readonly calls: readonly ApiCall[]
  /** Kinds of which something is used that cannot be seen. */
  readonly unseen: ReadonlySet<Kind>
}

/** Finds what a module uses of the machine, the network and the API. */
export function scanUses(tokens: readonly Token[], imports: readonly ModuleImport[]): Uses {
  const uses: Use[] = []
  const unseen = new Set<Kind>()
  const add = (kind: Kind, at: number, value?: string) => {
    if (kind !== 'api') uses.push({ kind, value, at })
    if (kind === 'api' || (value === undefined && kind !== 'read' && kind !== 'write')) {
      unseen.add(kind)
    }
  }
  for (const { specifier, at } of imports) {
    for (const kind of kindsOf(specifier)) add(kind, at)
  }
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word') continue
    // `globalThis.Deno` is Deno.
    if (
      isMember(tokens, index) && token.text !== 'runSandboxed' &&
      !GLOBALS.has(tokens[index - 2]?.text ?? '')
    ) continue
    if (token.text === 'Deno' || token.text === 'Bun') scanEngine(tokens, index, add)
    else if (token.text === 'process') scanProcess(tokens, index, add)
    else if (token.text === 'runSandboxed') { for (const kind of PROGRAM) add(kind, token.at) }
    else if (token.text === 'import' && follows(tokens, index, ['.', 'meta', '.', 'env'])) {
      scanVariable(tokens, index + 4, add)
    } else if (token.text === 'fetch') {
      add('net', token.at, isSign(tokens[index + 1], '(') ? originOf(tokens[index + 2]) : undefined)
    } else if (SOCKETS.has(token.text) && tokens[index - 1]?.text === 'new') {
      add('net', token.at, originOf(tokens[index + 2]))
    } else if (token.text === 'eval' || token.text === 'Function') {
      // What a text does is seen when it runs.
      if (isSign(tokens[index + 1], '(')) { for (const kind of KINDS) add(kind, token.at) }
    }
  }
  const { calls, isUnseen } = scanApiCalls(tokens, imports)
  if (isUnseen) unseen.add('api')
  return { uses, calls, unseen }
}

type Add = (kind: Kind, at: number, value?: string) => void

/** What a program that is started by the host may ask for. */
const PROGRAM = ['run', 'read', 'write', 'env', 'net'] as const

const GLOBALS = new Set(['globalThis', 'window', 'self'])

const SOCKETS = new Set(['WebSocket', 'EventSource', 'WebSocketStream'])

function kindsOf(specifier: string | undefined): readonly Kind[] {
  if (specifier === undefined) return KINDS
  const name = specifier.replace(/^node:/, '')
  return Object.hasOwn(MODULES, name) ? MODULES[name]! : []
}

/** `Deno.readTextFile(…)`, `Bun.file(…)`. */
function scanEngine(tokens: readonly Token[], index: number, add: Add): void {
  const { text, at } = tokens[index]!
  const member = memberOf(tokens, index)
  if (member === undefined) {
    // `"Deno" in globalThis` and `typeof Deno` look, and take nothing; whoever takes it whole may use all of it.
    if (tokens[index - 1]?.text !== 'typeof') {
      for (const kind of KINDS) if (kind !== 'api') add(kind, at)
    }
    return
  }
  const name = tokens[member]!.text.replace(/Sync$/, '')
  const table = text === 'Deno' ? DENO : BUN
  const kinds = Object.hasOwn(table, name)
    ? table[name]!
    : Object.hasOwn(table, `${name}Sync`)
    ? table[`${name}Sync`]!
    : []
  for (const kind of kinds) {
    if (kind === 'env') scanVariable(tokens, member, add)
    else add(kind, at, kind === 'run' ? programOf(tokens, member) : undefined)
  }
}

function scanProcess(tokens: readonly Token[], index: number, add: Add): void {
  const member = memberOf(tokens, index)
  if (member === undefined) add('env', tokens[index]!.at)
  else if (tokens[member]!.text === 'env') scanVariable(tokens, member, add)
}

/** What follows `env`: `.HOME`, `["HOME"]`, `.get("HOME")`. */
function scanVariable(tokens: readonly Token[], env: number, add: Add): void {
  const { at } = tokens[env]!
  const member = memberOf(tokens, env)
  if (member !== undefined) {
    const { text } = tokens[member]!
    if (!isSign(tokens[member + 1], '(')) return add('env', at, text)
    const given = tokens[member + 2]
    const isNamed = (text === 'get' || text === 'has') && given?.kind === 'string'
    return add('env', at, isNamed ? given.text : undefined)
  }
  const key = isSign(tokens[env + 1], '[') ? tokens[env + 2] : undefined
  add('env', at, key?.kind === 'string' ? key.text : undefined)
}

/** The program of `new Deno.Command("git"…)` or `Bun.spawn(["git"…])`. */
function programOf(tokens: readonly Token[], member: number): string | undefined {
  if (!isSign(tokens[member + 1], '(')) return undefined
  const given = isSign(tokens[member + 2], '[') ? tokens[member + 3] : tokens[member + 2]
  return given?.kind === 'string' ? given.text : undefined
}

/** The origin of a URL that stands there, also where only its path is put together. */
function originOf(token: Token | undefined): string | undefined {
  if (token?.kind !== 'string' && token?.kind !== 'template') return undefined
  const [, origin] = /^(https?:\/\/[^/?#]+)(?=[/?#]|$)/.exec(token.text) ?? []
  return origin === undefined || origin.includes(HOLE) ? undefined : origin
}

/** Where the name of a member stands: `x.name`, `x?.name`. */
function memberOf(tokens: readonly Token[], index: number): number | undefined {
  const dot = isSign(tokens[index + 1], '?') ? index + 2 : index + 1
  return isSign(tokens[dot], '.') && tokens[dot + 1]?.kind === 'word' ? dot + 1 : undefined
}

function follows(tokens: readonly Token[], index: number, texts: readonly string[]): boolean {
  return texts.every((text, offset) => tokens[index + 1 + offset]?.text === text)
}
