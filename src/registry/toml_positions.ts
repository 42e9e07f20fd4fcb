import type { KeyPath } from './check_schema.ts'

/** A place in a text; both numbers begin at 1, and columns count UTF-16 units, as editors do. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Deepest value that is walked into. */
const MAX_DEPTH = 100

/**
 * Finds out where the keys and the list entries of a TOML document stand; the parser tells it of errors alone. The document must have
 * been parsed without error before. What is not found has the position of what encloses it, and any text at all is survived.
 *
 * @returns a function from keys and indices to their position
 */
export function locate(source: string): (path: KeyPath) => Position {
  // Most manifests have no fault, and nobody asks where anything stands.
  let offsets: ReadonlyMap<string, number> | undefined
  let lines: readonly number[] = []
  return (path) => {
    if (offsets === undefined) {
      offsets = new Scanner(source).scan()
      lines = [...source.matchAll(/\n/g)].map((match) => match.index + 1)
    }
    for (let length = path.length; length > 0; length--) {
      const offset = offsets.get(nameOf(path.slice(0, length)))
      if (offset !== undefined) return positionOf(offset, lines)
    }
    return { line: 1, column: 1 }
  }
}

/** Turns an offset into a line and a column, by the offsets at which the second and later lines begin. */
function positionOf(offset: number, lines: readonly number[]): Position {
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (lines[middle]! <= offset) low = middle + 1
    else high = middle
  }
  return { line: low + 1, column: offset - (low === 0 ? 0 : lines[low - 1]!) + 1 }
}

function nameOf(path: KeyPath): string {
  return JSON.stringify(path)
}

/** Raised and caught in here, when the text turns out to be no TOML. */
class Unreadable extends Error {}

/** Walks over a document and notes where each thing begins. */
class Scanner {
  readonly #source: string
  #at = 0
  readonly #offsets = new Map<string, number>()
  /** For each list of tables (`[[name]]`), how many there are so far. */
  readonly #tables = new Map<string, number>()

  constructor(source: string) {
    this.#source = source
  }

  scan(): ReadonlyMap<string, number> {
    try {
      if (this.#source.startsWith('\ufeff')) this.#at++
      let table: KeyPath = []
      for (this.#skipVoid(); this.#at < this.#source.length; this.#skipVoid()) {
        if (this.#peek() === '[') table = this.#header()
        else this.#pair(table, 0)
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
    }
    return this.#offsets
  }

  /** Reads `[a.b]` or `[[a.b]]`, and answers the path of the table that begins. */
  #header(): KeyPath {
    const start = this.#at
    const isList = this.#source.startsWith('[[', start)
    this.#at += isList ? 2 : 1
    const keys = this.#keys(']')
    this.#at += isList ? 2 : 1
    let path: KeyPath = []
    for (const [index, key] of keys.entries()) {
      path = [...path, key]
      this.#note(path, start)
      const count = this.#tables.get(nameOf(path))
      const isLast = index === keys.length - 1
      if (isList && isLast) {
        this.#tables.set(nameOf(path), (count ?? 0) + 1)
        path = [...path, count ?? 0]
        this.#note(path, start)
      } else if (count !== undefined) path = [...path, count - 1]
    }
    return path
  }

  /** Reads `a.b = value`. */
  #pair(table: KeyPath, depth: number): void {
    const start = this.#at
    let path = table
    for (const key of this.#keys('=')) {
      path = [...path, key]
      this.#note(path, start)
    }
    this.#at++
    this.#skipVoid()
    this.#value(path, depth)
  }

  #value(path: KeyPath, depth: number): void {
    if (depth > MAX_DEPTH) throw new Unreadable()
    const first = this.#peek()
    if (first === '[') this.#list(path, depth)
    else if (first === '{') this.#inlineTable(path, depth)
    else if (first === '"' || first === "'") this.#string()
    else this.#skip(/[^,\]}\n#]*/y)
  }

  #list(path: KeyPath, depth: number): void {
    this.#at++
    for (let index = 0;; index++) {
      this.#skipVoid()
      if (this.#take(']')) return
      this.#note([...path, index], this.#at)
      this.#value([...path, index], depth + 1)
      this.#skipVoid()
      if (!this.#take(',') && this.#peek() !== ']') throw new Unreadable()
    }
  }

  #inlineTable(path: KeyPath, depth: number): void {
    this.#at++
    for (;;) {
      this.#skipVoid()
      if (this.#take('}')) return
      this.#pair(path, depth + 1)
      this.#skipVoid()
      if (!this.#take(',') && this.#peek() !== '}') throw new Unreadable()
    }
  }

  /** Reads a key with its dots, up to the given character. */
  #keys(end: string): string[] {
    const keys: string[] = []
    for (;;) {
      this.#skip(/[ \t]*/y)
      const first = this.#peek()
      if (first === '"' || first === "'") {
        const quoted = this.#string()
        keys.push(first === '"' ? unescape(quoted.slice(1, -1)) : quoted.slice(1, -1))
      } else {
        const bare = this.#skip(/[A-Za-z0-9_-]*/y)
        if (bare === '') throw new Unreadable()
        keys.push(bare)
      }
      this.#skip(/[ \t]*/y)
      if (this.#peek() === end) return keys
      if (!this.#take('.')) throw new Unreadable()
    }
  }

  /** Passes over a string of any of the four kinds, and answers it with its quotes. */
  #string(): string {
    const text = this.#skip(
      /"""(?:[^\\]|\\[^])*?"""(?:"{1,2}(?!"))?|'''[^]*?'''(?:'{1,2}(?!'))?|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y,
    )
    if (text === '') throw new Unreadable()
    return text
  }

  /** Passes over white space, line ends and comments. */
  #skipVoid(): void {
    this.#skip(/(?:[ \t\r\n]+|#[^\n]*)*/y)
  }

  #peek(): string | undefined {
    return this.#source[this.#at]
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const text = pattern.exec(this.#source)?.[0] ?? ''
    this.#at += text.length
    return text
  }

  /** Notes where something begins; the first place counts. */
  #note(path: KeyPath, offset: number): void {
    const name = nameOf(path)
    if (!this.#offsets.has(name)) this.#offsets.set(name, offset)
  }
}

/** Reads the escapes of a quoted key (TOML 1.0, "String"). */
function unescape(text: string): string {
  const signs: Record<string, string> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b' }
  return text.replace(
    /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))/g,
    (_all, short?: string, long?: string, byte?: string, sign?: string) => {
      const digits = short ?? long ?? byte
      if (digits === undefined) return signs[sign!] ?? sign!
      const point = Number.parseInt(digits, 16)
      return point > 0x10ffff ? '' : String.fromCodePoint(point)
    },
  )
}
