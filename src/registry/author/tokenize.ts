/** A piece of a module's text. Comments, white space and regular expressions are none. */
export interface Token {
  /**
   * `word`: a name, a keyword or a number. `sign`: one character. `string`: a string, or a template without substitutions; `text` is
   * what it stands for. `template`: one with substitutions, each a hole in `text`; their own tokens follow it.
   */
  readonly kind: 'word' | 'sign' | 'string' | 'template'
  readonly text: string
  /** Where it begins. */
  readonly at: number
}

/** Stands for a substitution in the text of a template. */
export const HOLE = '\u0000'

/** Words after which a slash begins a regular expression, as after an operator. */
const BEFORE_OPERAND = new Set(
  'await case delete do else in instanceof new of return throw typeof void yield'.split(' '),
)

/** Deepest nesting of templates. */
const MAX_DEPTH = 100

/**
 * Splits the text of a TypeScript or JavaScript module into tokens. It is no parser: a text that no engine would take gives some
 * tokens as well, and text between the tags of JSX is taken for code.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  readCode(source, 0, tokens, 0)
  return tokens
}

/** Reads code up to the end, or to the brace that closes a substitution; answers where that is. */
function readCode(source: string, from: number, tokens: Token[], depth: number): number {
  let at = from
  let braces = 0
  const add = (kind: Token['kind'], text: string, end: number) => {
    tokens.push({ kind, text, at })
    at = end
  }
  while (at < source.length) {
    const char = source[at]!
    if (source.startsWith('//', at)) at = endOr(source, source.indexOf('\n', at))
    else if (source.startsWith('/*', at)) at = endOr(source, source.indexOf('*/', at + 2), 2)
    else if (char === '"' || char === "'") {
      const end = endOfString(source, at + 1, char)
      add('string', unescape(source.slice(at + 1, end)), end + 1)
    } else if (char === '`') at = readTemplate(source, at, tokens, depth)
    else if (/[\w$#\u0080-\uffff]/.test(char)) {
      const word = matchAt(/[\w$#\u0080-\uffff]+/y, source, at)
      add('word', word, at + word.length)
    } else if (char === '/' && isOperandNext(tokens.at(-1))) at = endOfExpression(source, at + 1)
    else if (/\s/.test(char)) at++
    else {
      if (char === '}' && depth > 0 && braces === 0) return at
      if (char === '{') braces++
      if (char === '}') braces--
      add('sign', char, at + 1)
    }
  }
  return at
}

/** Reads a template, and the code in it behind it. */
function readTemplate(source: string, from: number, tokens: Token[], depth: number): number {
  const inner: Token[] = []
  let text = ''
  let at = from + 1
  let hasHoles = false
  while (at < source.length && source[at] !== '`') {
    if (source.startsWith('${', at) && depth < MAX_DEPTH) {
      at = readCode(source, at + 2, inner, depth + 1) + 1
      text += HOLE
      hasHoles = true
    } else {
      const length = source[at] === '\\' ? 2 : 1
      text += source.slice(at, at + length)
      at += length
    }
  }
  tokens.push({ kind: hasHoles ? 'template' : 'string', text: unescape(text), at: from })
  for (const token of inner) tokens.push(token)
  return at + 1
}

function isOperandNext(before: Token | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'word') return BEFORE_OPERAND.has(before.text)
  return before.kind === 'sign' && !')]}'.includes(before.text)
}

/** A string ends at its line, so that a misread quote spoils no more than that. */
function endOfString(source: string, from: number, quote: string): number {
  let at = from
  while (at < source.length && source[at] !== quote && source[at] !== '\n') {
    at += source[at] === '\\' ? 2 : 1
  }
  return at
}

function endOfExpression(source: string, from: number): number {
  let at = from
  let isClass = false
  while (at < source.length && source[at] !== '\n' && (isClass || source[at] !== '/')) {
    if (source[at] === '[') isClass = true
    if (source[at] === ']') isClass = false
    at += source[at] === '\\' ? 2 : 1
  }
  return at + 1
}

function endOr(source: string, found: number, length = 0): number {
  return found === -1 ? source.length : found + length
}

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}

/** Reads the escapes of a string. */
function unescape(text: string): string {
  const signs: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' }
  return text.replace(
    /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r?\n)|([^]))/g,
    (_all, long?: string, short?: string, byte?: string, line?: string, sign?: string) => {
      const digits = long ?? short ?? byte
      if (line !== undefined) return ''
      if (digits === undefined) return signs[sign!] ?? sign!
      const point = Number.parseInt(digits, 16)
      return point > 0x10ffff ? '' : String.fromCodePoint(point)
    },
  )
}
