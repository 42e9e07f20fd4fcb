import { OPERATIONS } from '#protocol'
import { isMember, isSign } from './scan_imports.ts'
import type { ModuleImport } from './scan_imports.ts'
import { HOLE } from './tokenize.ts'
import type { Token } from './tokenize.ts'

/** A request to the API that stands in a module. */
export interface ApiCall {
  /** Undefined where it is not written there. */
  readonly method: string | undefined
  /** The path, as `api.fetch` takes it, a placeholder for whatever is put together. */
  readonly path: string
  /** The pattern for a manifest that is meant by it. */
  readonly pattern: string
  readonly at: number
}

/** Stands in a path for what is only known when the program runs. */
const PLACEHOLDER = 'x'

/** Finds the requests to the API whose path is written in a module, and tells whether there may be others. */
export function scanApiCalls(
  tokens: readonly Token[],
  imports: readonly ModuleImport[],
): { calls: ApiCall[]; isUnseen: boolean } {
  const names = new Set(['api'])
  let isUnseen = false
  for (const { specifier, renamed } of imports) {
    if (specifier !== 'phylum') continue
    for (const [name, local] of renamed) {
      if (name === 'api') names.add(local)
      // Everything at once, `import * as`.
      if (name === '*') isUnseen = true
    }
  }
  const calls: ApiCall[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word') continue
    if ((token.text === 'Phylum' || token.text === 'PhylumApi') && isSign(tokens[index + 1], '.')) {
      // The functions of the older API, of which each sends what it sends.
      isUnseen = true
    }
    if (!names.has(token.text)) continue
    const chain = readChain(tokens, index)
    if (chain === undefined) {
      if (isPassedOn(tokens, index)) isUnseen = true
      continue
    }
    const call = readCall(tokens, chain, token.at)
    if (call === undefined) isUnseen = true
    else calls.push(call)
  }
  return { calls, isUnseen }
}

/** What is called, and where its arguments begin. */
interface Chain {
  words: readonly string[]
  open: number
}

/** Reads `.groups.members.list(`. */
function readChain(tokens: readonly Token[], index: number): Chain | undefined {
  const words: string[] = []
  let at = index + 1
  while (isSign(tokens[at], '.') && tokens[at + 1]?.kind === 'word') {
    words.push(tokens[at + 1]!.text)
    at += 2
  }
  return words.length > 0 ? { words, open: at } : undefined
}

function readCall(
  tokens: readonly Token[],
  { words, open }: Chain,
  at: number,
): ApiCall | undefined {
  if (!isSign(tokens[open], '(')) return undefined
  if (words.join('.') !== 'fetch') {
    const operation = OPERATIONS.find((line) => line.startsWith(`${words.join('.')} `))
    const [, method, path] = operation?.split(' ') ?? []
    return path === undefined
      ? undefined
      : { method, path: path.replace(/:\w+/g, PLACEHOLDER), pattern: path, at }
  }
  const given = tokens[open + 1]
  if (given?.kind !== 'string' && given?.kind !== 'template') return undefined
  // What follows the template's own token is what is put into it.
  const end = given.kind === 'string' ? open + 2 : endOfTemplate(tokens, open + 1)
  const told = pathOf(given.text)
  if (told === undefined) return undefined
  const found = {
    path: told.replaceAll(HOLE, PLACEHOLDER),
    pattern: told.replace(/[:*?+(){}\\]/g, '\\$&').replaceAll(HOLE, ':value'),
    at,
  }
  if (isSign(tokens[end], ')')) return { method: 'GET', ...found }
  return isSign(tokens[end], ',') ? { method: readMethod(tokens, end + 1), ...found } : undefined
}

/** The path that `api.fetch` would ask for, without what follows "?"; undefined where it does not say which. */
function pathOf(text: string): string | undefined {
  const [path = ''] = text.split(/[?#]/)
  // A substitution that is not a whole segment may hold several.
  if (path.split('/').some((segment) => segment.includes(HOLE) && segment !== HOLE)) {
    return undefined
  }
  if (path.startsWith(HOLE) || /^[a-z][a-z0-9+.-]*:/i.test(path)) return undefined
  return path.startsWith('/') ? path : `/${path}`
}

/** Reads the method out of the object that stands there; GET where it names none, undefined where that cannot be told. */
function readMethod(tokens: readonly Token[], open: number): string | undefined {
  if (!isSign(tokens[open], '{')) return undefined
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at]!
    if (token.kind === 'sign' && '({['.includes(token.text)) depth++
    if (token.kind === 'sign' && ')}]'.includes(token.text) && --depth === 0) return 'GET'
    // `...init` may bring one along, and so may `method` alone.
    if (depth === 1 && isSign(token, '.') && isSign(tokens[at + 1], '.')) return undefined
    if (depth === 1 && token.text === 'method' && token.kind === 'word') {
      const value = isSign(tokens[at + 1], ':') ? tokens[at + 2] : undefined
      return value?.kind === 'string' && /^[,}]$/.test(tokens[at + 3]?.text ?? '')
        ? value.text.toUpperCase()
        : undefined
    }
  }
  return undefined
}

/** Where what follows a template's tokens begins. */
function endOfTemplate(tokens: readonly Token[], index: number): number {
  let depth = 0
  for (let at = index + 1; at < tokens.length; at++) {
    const token = tokens[at]!
    if (token.kind !== 'sign') continue
    if (depth === 0 && (token.text === ',' || token.text === ')')) return at
    if ('({['.includes(token.text)) depth++
    if (')}]'.includes(token.text)) depth--
  }
  return tokens.length
}

/** Answers whether the API is handed to something else here, and is not merely named: in an import, a parameter, a type. */
function isPassedOn(tokens: readonly Token[], index: number): boolean {
  if (isMember(tokens, index)) return true
  const next = tokens[index + 1]
  if (isSign(next, ':')) return false
  // `{ api, args }`: taken apart from something, unless something is made of it.
  const open = openBrace(tokens, index)
  if (open === undefined) return true
  const before = tokens[open - 1]
  if (
    before !== undefined &&
    ['import', 'type', 'const', 'let', 'var', 'export'].includes(before.text)
  ) {
    return false
  }
  const close = closeBrace(tokens, open)
  const after = tokens[close + 1]
  const isParameter = isSign(before, '(') || isSign(before, ',')
  return !(isParameter && (isSign(after, ':') || isArrow(tokens, close + 1)))
}

/** `) =>`, `) {` and `): Promise<void> =>` follow a parameter. */
function isArrow(tokens: readonly Token[], index: number): boolean {
  if (!isSign(tokens[index], ')')) return false
  const next = tokens[index + 1]
  return isSign(next, '{') || isSign(next, ':') ||
    (isSign(next, '=') && isSign(tokens[index + 2], '>'))
}

/** Where the brace stands in which a token is one of several names. */
function openBrace(tokens: readonly Token[], index: number): number | undefined {
  for (let at = index - 1; at >= 0; at--) {
    const token = tokens[at]!
    if (isSign(token, '{')) return at
    if (token.kind === 'sign' && token.text !== ',') return undefined
  }
  return undefined
}

function closeBrace(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    if (isSign(tokens[at], '{')) depth++
    if (isSign(tokens[at], '}') && --depth === 0) return at
  }
  return tokens.length
}
