import { separate } from './separate.ts'

/** One statement or expression that loads another module. */
export interface Import {
  /** What stands between the quotes; undefined where it is computed, or cannot be read. */
  specifier: string | undefined
  /** `type` is gone when the program runs, `static` loads at start, `dynamic` when it is reached. */
  kind: 'type' | 'static' | 'dynamic'
  /** Names that are taken as values, as the other module calls them; "*" for all of them. */
  names: readonly string[]
  /** Where it begins in the text. */
  index: number
}

const STRING = String.raw`(?<quote>['"])(?<text> *)\k<quote>`
const WORD = String.raw`(?<![\w$.#])`

const FORMS = [
  String
    .raw`${WORD}import\b\s*(?<type>type\b(?!\s*(?:,|from\b)))?(?<clause>[\w$\s,{}*]+?)\bfrom\s*${STRING}`,
  String.raw`${WORD}import\s*${STRING}`,
  String
    .raw`${WORD}export\b\s*(?<type>type\b)?\s*(?<clause>\*(?:\s*as\s+[\w$]+)?|\{[^}]*\})\s*from\s*${STRING}`,
  String.raw`(?<type>\btypeof\s+)?${WORD}import\s*\(\s*${STRING}`,
].map((form) => new RegExp(form, 'g'))

/** Every `import` that must be one of the forms; the one thing besides is `import.meta`. */
const KEYWORD = new RegExp(String.raw`${WORD}import\b(?!\s*\.\s*meta\b)(?!\s*\??\s*[:=])`, 'g')

/** Finds every import, export-from and dynamic import of a TypeScript text, in the order of the text. */
export function readImports(text: string): Import[] {
  const { code, literals } = separate(text)
  const found: Import[] = []
  const understood = new Set<number>()
  for (const form of FORMS) {
    for (const match of code.matchAll(form)) {
      const { type, clause, text: blank = '' } = match.groups!
      const end = match.index + match[0].lastIndexOf(match.groups!['quote']!)
      const names = readNames(clause)
      const isDynamic = /import\s*\($/.test(match[0].slice(0, -blank.length - 2).trimEnd())
      const isType = type !== undefined || (names.length === 0 && /\{/.test(clause ?? ''))
      understood.add(code.indexOf('import', match.index))
      found.push({
        specifier: literals.slice(end - blank.length, end),
        kind: isType ? 'type' : isDynamic ? 'dynamic' : 'static',
        names: isType ? [] : clause === undefined ? ['*'] : names,
        index: match.index,
      })
    }
  }
  for (const { index } of code.matchAll(KEYWORD)) {
    if (understood.has(index)) continue
    found.push({ specifier: undefined, kind: 'dynamic', names: ['*'], index })
  }
  return found.sort((left, right) => left.index - right.index)
}

/** Reads the values that a clause takes: `{ a, type B, c as d }` gives a and c. */
function readNames(clause = ''): string[] {
  const inner = /\{([^}]*)\}/.exec(clause)?.[1] ?? ''
  const named = inner.split(',').map((each) => each.trim())
    .filter((each) => each !== '' && !/^type\s/.test(each))
    .map((each) => each.split(/\s+as\s+/)[0]!)
  const outer = clause.replace(/\{[^}]*\}/, '')
  if (outer.includes('*')) named.push('*')
  else if (/[\w$]/.test(outer)) named.push('default')
  return named
}
