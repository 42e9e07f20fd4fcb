/** A pair of brackets in a text. */
interface Bracket {
  open: number
  close: number
}

/**
 * Finds where a name stands for the global of that name: every use that no parameter and no declaration around it
 * explains. Keys, methods and `typeof` are no uses.
 *
 * @param code the text without comments and insides of strings
 */
export function findFreeUses(code: string, name: string): number[] {
  const brackets = pairBrackets(code)
  const uses: number[] = []
  const scopes: Bracket[] = []
  for (const { index } of code.matchAll(new RegExp(String.raw`(?<![\w$#.])${name}\b`, 'g'))) {
    const meaning = classify(code, brackets, index, name.length)
    if (meaning === 'use') uses.push(index)
    else if (meaning !== undefined) scopes.push(meaning)
  }
  return uses.filter((index) => !scopes.some(({ open, close }) => open < index && index < close))
}

/** Tells what a name is at a place: a use, nothing of interest, or a binding with the part of the text that it rules. */
function classify(
  code: string,
  brackets: readonly Bracket[],
  index: number,
  length: number,
): 'use' | Bracket | undefined {
  const before = code.slice(Math.max(0, index - 40), index).trimEnd()
  const after = code.slice(index + length).trimStart()
  const around = innermost(brackets, index)
  const isInBraces = code[around.open] === '{'
  if (/\btypeof$/.test(before)) return undefined
  if (/\b(const|let|function)$/.test(before)) return around
  if (isInBraces) {
    if (/^\??\s*:/.test(after) && !before.endsWith('?')) return undefined
    const isMember = after.startsWith('(') && !/(\?|=>?|\b(await|return))$/.test(before)
    if (isMember && isFollowed(code, closeOf(code, brackets, index), /^(\{|:)/)) return undefined
    const isShorthand = /^[,}=]/.test(after) && /[{,]$/.test(before)
    if (isShorthand && isFollowed(code, around.close, /^=[^=>]/)) {
      return innermost(brackets, around.open)
    }
    const outer = innermost(brackets, around.open)
    if (isShorthand && code[outer.open] === '(') {
      return parameterScope(code, brackets, outer) ?? 'use'
    }
    return 'use'
  }
  const isParameter = code[around.open] === '(' && /[(,]$/.test(before) &&
    /^\??\s*[:,)=]/.test(after)
  return (isParameter ? parameterScope(code, brackets, around) : undefined) ?? 'use'
}

/** The part of the text in which the names between these parentheses hold; undefined where they are no parameters. */
function parameterScope(
  code: string,
  brackets: readonly Bracket[],
  list: Bracket,
): Bracket | undefined {
  const rest = code.slice(list.close + 1)
  const body = /^\s*(?::[^={}()]*(?:\([^()]*\)[^={}()]*)?)?(=>\s*)?(\{)?/.exec(rest)!
  const [all, arrow, brace] = body
  if (brace !== undefined) {
    const open = list.close + all.length
    return { open: list.open, close: brackets.find((each) => each.open === open)!.close }
  }
  return arrow === undefined
    ? undefined
    : { open: list.open, close: innermost(brackets, list.open).close }
}

function isFollowed(code: string, index: number, by: RegExp): boolean {
  return by.test(code.slice(index + 1, index + 200).trimStart())
}

/** Where the first bracket after a place is closed. */
function closeOf(code: string, brackets: readonly Bracket[], index: number): number {
  const open = code.indexOf('(', index)
  return brackets.find((each) => each.open === open)?.close ?? code.length
}

function innermost(brackets: readonly Bracket[], index: number): Bracket {
  return brackets.findLast(({ open, close }) => open < index && index < close)!
}

/** Pairs the brackets of a text, in the order in which they open; the first pair is the text itself. */
function pairBrackets(code: string): Bracket[] {
  const pairs: Bracket[] = [{ open: -1, close: code.length }]
  const waiting: Bracket[] = []
  for (const { 0: char, index } of code.matchAll(/[(){}[\]]/g)) {
    if ('({['.includes(char)) {
      const pair = { open: index, close: code.length }
      pairs.push(pair)
      waiting.push(pair)
    } else {
      const pair = waiting.pop()
      if (pair !== undefined) pair.close = index
    }
  }
  return pairs
}
