import { findAmbiguity } from './plain_path.ts'

/** Longest pattern, in characters. */
const MAX_LENGTH = 1024

/** One sign of a pattern: an escaped character, a name with its modifier, a wildcard, or a character that means itself. */
const SIGN = /\\[:*?+(){}\\]|:[A-Za-z_][A-Za-z0-9_]*[?*+]?|\*|[^:*?+(){}\\]/y

/** A pattern of paths, in the part of the syntax of `URLPattern` that is matched in bounded time. */
export interface Pattern {
  readonly text: string
  /** The one path that it matches, when it holds no name and no wildcard. */
  readonly literal: string | undefined
  /** What every path below it begins with, when it is literal but for a final "/*". */
  readonly prefix: string | undefined
  /** Whether it holds a name that may be absent or repeated. */
  readonly hasModifier: boolean
}

/**
 * Parses a pattern: literal characters, `:name` for a segment or a part of one, and at the end of a segment `:name?`, `:name+`, `:name*`
 * and `*` for anything. Regular expressions and braces are refused: with them, a manifest could keep the host busy for hours over one
 * path.
 *
 * @param refuse builds the error from what is wrong
 */
export function parsePattern(text: string, refuse: (state: string) => Error): Pattern {
  if (text.length > MAX_LENGTH) throw refuse(`its path is longer than ${MAX_LENGTH} characters`)
  const ambiguity = findAmbiguity(text)
  if (ambiguity !== undefined) throw refuse(ambiguity)
  const signs = readSigns(text, refuse)
  const names = signs.filter((sign) => sign.startsWith(':'))
  const stretches = signs.filter((sign) => sign === '*' || /^:.*[*+]$/.test(sign))
  if (new Set(names.map((sign) => sign.replace(/[?*+]$/, ''))).size < names.length) {
    throw refuse('it uses a name twice')
  }
  // Two such parts can share a path in as many ways as it has segments, and a match tries them all.
  if (stretches.length > 1) throw refuse('it holds two parts that stand for several segments')
  assertSegments(signs, refuse)
  const isLiteral = names.length + stretches.length === 0
  const isPrefix = names.length === 0 && stretches.length === 1 && text.endsWith('/*')
  return {
    text,
    literal: isLiteral ? unescape(signs) : undefined,
    // Compared with the text of other patterns, so an escape must not stand in it.
    prefix: isPrefix && !text.includes('\\') ? text.slice(0, -1) : undefined,
    hasModifier: names.some((sign) => /[?*+]$/.test(sign)),
  }
}

function readSigns(text: string, refuse: (state: string) => Error): string[] {
  const signs: string[] = []
  SIGN.lastIndex = 0
  while (SIGN.lastIndex < text.length) {
    const at = SIGN.lastIndex
    const sign = SIGN.exec(text)?.[0]
    if (sign === undefined) throw refuse(explain(text, at))
    signs.push(sign)
  }
  return signs
}

/** Says why no sign begins at a place of a pattern. */
function explain(text: string, at: number): string {
  switch (text[at]) {
    case '?':
      return 'it holds a "?" that follows no name; a query is not part of an endpoint'
    case ':':
      return 'it holds a ":" that no name follows; write "\\\\:" in a quoted string for a colon'
    case '\\':
      return 'it holds a backslash that escapes nothing'
    default:
      return `it holds "${
        text[at]
      }"; regular expressions, groups and repetitions are not known here`
  }
}

function assertSegments(signs: readonly string[], refuse: (state: string) => Error): void {
  let names = 0
  for (const [index, sign] of signs.entries()) {
    const next = signs[index + 1]
    if (sign === '/') names = 0
    if (sign.startsWith(':') && ++names > 1) throw refuse('it holds two names in one segment')
    // "/groups/:name?limit=5" is meant as a query, and would be read as an optional name.
    if (/^:.*[?*+]$/.test(sign) && next !== undefined && next !== '/') {
      throw refuse(`it goes on after "${sign}"; only "/" may follow a modifier`)
    }
    if (sign === '*' && next !== undefined && next !== '/') {
      throw refuse('it goes on after "*"; only "/" may follow a wildcard')
    }
  }
}

function unescape(signs: readonly string[]): string {
  return signs.map((sign) => sign.length === 2 ? sign[1] : sign).join('')
}
