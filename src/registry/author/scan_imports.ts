import type { Token } from './tokenize.ts'

/** A module that another one asks for. */
export interface ModuleImport {
  /** As it is written; undefined for one that is only known when the program runs. */
  readonly specifier: string | undefined
  readonly at: number
  /** Names that are imported under others: `api as phylum`. */
  readonly renamed: ReadonlyMap<string, string>
}

/** Finds what a module imports and re-exports, and what it loads by `import()` and `require()`. */
export function scanImports(tokens: readonly Token[]): ModuleImport[] {
  const imports: ModuleImport[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' || isMember(tokens, index)) continue
    const next = tokens[index + 1]
    if ((token.text === 'import' || token.text === 'require') && isSign(next, '(')) {
      const given = tokens[index + 2]
      const isLiteral = given?.kind === 'string' &&
        (isSign(tokens[index + 3], ')') || isSign(tokens[index + 3], ','))
      // A function of that name that somebody declares loads nothing.
      if (!isLiteral && (token.text === 'require' || isDeclared(tokens, index))) continue
      const specifier = isLiteral ? given.text : undefined
      imports.push({ specifier, at: given?.at ?? token.at, renamed: new Map() })
    } else if (token.text === 'import' || token.text === 'export') {
      const found = readStatement(tokens, index, token.text === 'import')
      if (found !== undefined) imports.push(found)
    }
  }
  return imports
}

/** Reads `import … from "x"`, `import "x"` or `export … from "x"`. */
function readStatement(
  tokens: readonly Token[],
  start: number,
  isImport: boolean,
): ModuleImport | undefined {
  const first = tokens[start + 1]
  if (isImport && first?.kind === 'string') {
    return { specifier: first.text, at: first.at, renamed: new Map() }
  }
  const renamed = new Map<string, string>()
  for (let at = start + 1; at < tokens.length; at++) {
    const token = tokens[at]!
    if (token.text === 'from' && token.kind === 'word' && tokens[at + 1]?.kind === 'string') {
      return { specifier: tokens[at + 1]!.text, at: tokens[at + 1]!.at, renamed }
    }
    if (token.text === 'as' && token.kind === 'word') {
      renamed.set(tokens[at - 1]!.text, tokens[at + 1]?.text ?? '')
    }
    // Whatever else stands there, it is no list of names.
    if (token.kind !== 'word' && !(token.kind === 'sign' && '{},*'.includes(token.text))) return
    if (at > start + 1 && ['import', 'export', 'const', 'function', 'class'].includes(token.text)) {
      return
    }
  }
  return undefined
}

function isDeclared(tokens: readonly Token[], index: number): boolean {
  return tokens[index - 1]?.text === 'function'
}

/** Answers whether a name is that of a member: `x.import`. */
export function isMember(tokens: readonly Token[], index: number): boolean {
  return isSign(tokens[index - 1], '.') && !isSign(tokens[index - 2], '.')
}

/** Answers whether a token is this sign. */
export function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text
}
