/** The three layers of a source text, each as long as the text itself: what belongs to another layer is blank. */
export interface Layers {
  /** Everything that is neither comment nor the inside of a string, template or regular expression. */
  code: string
  comments: string
  /** The insides of strings, templates and regular expressions. */
  literals: string
}

type Layer = keyof Layers

/** Words after which a slash begins a regular expression, as after an operator. */
const BEFORE_OPERAND = new Set(
  'await case delete do else in instanceof new of return throw typeof void yield'.split(' '),
)

/**
 * Separates a TypeScript text into its layers, so that a check meets no word that is merely written about. It knows
 * strings, nested templates, comments and regular expressions; of a slash after `)` or `}` it takes that it divides.
 */
export function separate(text: string): Layers {
  const layers = { code: '', comments: '', literals: '' }
  /** For each template that is open: how many braces are open inside its `${`. */
  const templates: number[] = []
  let at = 0

  function take(layer: Layer, end: number): void {
    const piece = text.slice(at, end)
    const blank = piece.replace(/[^\n]/g, ' ')
    for (const each of ['code', 'comments', 'literals'] as const) {
      layers[each] += each === layer ? piece : blank
    }
    at = Math.min(end, text.length)
  }

  function takeTemplate(): void {
    take('literals', endOfTemplate(text, at))
    if (text[at] === '$') {
      take('code', at + 2)
      templates.push(0)
    } else take('code', at + 1)
  }

  while (at < text.length) {
    const char = text[at]!
    const pair = text.slice(at, at + 2)
    if (pair === '//') take('comments', endOr(text, text.indexOf('\n', at)))
    else if (pair === '/*') take('comments', endOr(text, text.indexOf('*/', at + 2), 2))
    else if (char === "'" || char === '"') {
      take('code', at + 1)
      take('literals', endOfString(text, at, char))
      take('code', at + 1)
    } else if (char === '`') {
      take('code', at + 1)
      takeTemplate()
    } else if (char === '}' && templates.at(-1) === 0) {
      templates.pop()
      take('code', at + 1)
      takeTemplate()
    } else if (char === '/' && isOperandNext(layers.code)) {
      take('code', at + 1)
      take('literals', endOfExpression(text, at))
      take('code', at + 1)
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1]!++
      if (templates.length > 0 && char === '}') templates[templates.length - 1]!--
      take('code', at + 1)
    }
  }
  return layers
}

function isOperandNext(code: string): boolean {
  const before = code.slice(-200).trimEnd()
  const word = /[\w$]+$/.exec(before)?.[0]
  if (word !== undefined) return BEFORE_OPERAND.has(word)
  return before === '' || '([{,;=:?!&|+-*%<>~^'.includes(before.at(-1)!)
}

function endOr(text: string, found: number, length = 0): number {
  return found === -1 ? text.length : found + length
}

/** A string ends at its line, so that a misread quote spoils no more than that. */
function endOfString(text: string, from: number, quote: string): number {
  let at = from
  while (at < text.length && text[at] !== quote && text[at] !== '\n') {
    at += text[at] === '\\' ? 2 : 1
  }
  return at
}

function endOfTemplate(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '`' && text.slice(at, at + 2) !== '${') {
    at += text[at] === '\\' ? 2 : 1
  }
  return at
}

function endOfExpression(text: string, from: number): number {
  let at = from
  let isClass = false
  while (at < text.length && text[at] !== '\n' && (isClass || text[at] !== '/')) {
    if (text[at] === '[') isClass = true
    if (text[at] === ']') isClass = false
    at += text[at] === '\\' ? 2 : 1
  }
  return at
}
