import type { Document, LineCounter, Node, ParsedNode } from 'yaml'
import { display, PhylumError } from '#base'
import { decodeText, type FileKind, SETTINGS_FILE } from './decode_text.ts'

/** Deepest nesting; the file itself needs two levels, and unknown keys may bring some more. */
const MAX_DEPTH = 32

/** One value of the settings file. */
export interface SettingsEntry {
  /** As in "connection.uri". */
  readonly name: string
  readonly value: string | number | boolean | null
  /** "file:line:column" in double quotes, for messages. */
  readonly where: string
}

/** A value of the settings file with all that is in it. */
export interface SettingsTree {
  /** Plain data. */
  readonly value: unknown
  /** Answers where a part of it stands, by keys and indices: "file:line:column" in double quotes, for messages. */
  where(path: readonly (string | number)[]): string
}

/**
 * The YAML of a settings file: one document of plain maps, lists and scalars. Comments and keys that phylum does not know
 * survive `set()` and `toString()`. Anchors, aliases, tags, merge keys and repeated keys are refused: what a reader sees in
 * the file is what it means.
 *
 * No message holds a piece of the file, as any piece may be the credential; the parser's own messages do, and are dropped.
 */
export class SettingsDocument {
  readonly #file: string
  readonly #subject: string
  readonly #yaml: typeof import('yaml')
  readonly #lines: LineCounter
  readonly #document: Document<ParsedNode>

  private constructor(
    file: string,
    subject: string,
    yaml: typeof import('yaml'),
    lines: LineCounter,
    document: Document<ParsedNode>,
  ) {
    this.#file = file
    this.#subject = subject
    this.#yaml = yaml
    this.#lines = lines
    this.#document = document
  }

  /**
   * Parses the content of a settings file, or of another of ours that is written alike.
   * @throws ERR_CONFIG_SYNTAX with file, line and column
   */
  static async parse(
    bytes: Uint8Array,
    file: string,
    kind: FileKind = SETTINGS_FILE,
  ): Promise<SettingsDocument> {
    const text = decodeText(bytes, file, kind)
    const yaml = await import('yaml')
    const lines = new yaml.LineCounter()
    const document = yaml.parseDocument(text, {
      version: '1.2',
      schema: 'core',
      stringKeys: true,
      resolveKnownTags: false,
      // The parser compares each key with each other one; a set does the same for a hostile file in linear time.
      uniqueKeys: false,
      // A pretty error quotes the line, credential and all.
      prettyErrors: false,
      logLevel: 'error',
      lineCounter: lines,
    })
    const parsed = new SettingsDocument(file, kind.subject, yaml, lines, document)
    parsed.#assertPlain()
    return parsed
  }

  /**
   * Answers a value, or `undefined` when its key is absent.
   * @throws ERR_CONFIG_TYPE when it is a map or a list, or when what should hold it is not a map
   */
  entry(...path: readonly string[]): SettingsEntry | undefined {
    const name = path.join('.')
    const node = this.#find(path)
    if (node === undefined) return undefined
    if (!this.#yaml.isScalar(node)) throw this.#wrongType(path, node, 'one value')
    const { value } = node
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
      throw this.#wrongType(path, node, 'one value')
    }
    return { name, value: value as SettingsEntry['value'], where: this.#place(node) }
  }

  /** Answers whether a key holds a map. @throws ERR_CONFIG_TYPE when what should hold it is not a map */
  isMap(...path: readonly string[]): boolean {
    return this.#yaml.isMap(this.#find(path))
  }

  /** Answers whether the file's own map has a key. */
  has(key: string): boolean {
    return this.#document.has(key)
  }

  /**
   * Answers a value with all that is in it, or `undefined` when its key is absent.
   * @throws ERR_CONFIG_TYPE when what should hold it is not a map
   */
  tree(...path: readonly string[]): SettingsTree | undefined {
    const node = this.#find(path)
    if (node === undefined) return undefined
    return {
      value: node.toJS(this.#document),
      where: (inner) => {
        let at = node
        for (const key of inner) {
          const next = this.#yaml.isCollection(at) ? at.get(key, true) : undefined
          if (!this.#yaml.isNode(next)) break
          at = next
        }
        return this.#place(at)
      },
    }
  }

  /** Adds an item at the end of a list, which is made where there is none. */
  append(path: readonly string[], item: object): void {
    const node = this.#document.createNode(item)
    if (this.#yaml.isSeq(this.#document.getIn(path, true))) this.#document.addIn(path, node)
    else this.#document.setIn(path, this.#document.createNode([node]))
  }

  /** Removes a value with its key or its place in a list. */
  remove(path: readonly (string | number)[]): void {
    this.#document.deleteIn(path)
  }

  /** Builds the error for a value that is not there. */
  missing(...path: readonly string[]): PhylumError {
    const name = path.join('.')
    return new PhylumError(
      'ERR_CONFIG_TYPE',
      `Cannot read ${this.#subject} ${
        this.#placeAt(0)
      }: "${name}" is missing, so the file may be cut off`,
      { hints: [`add "${name}", or remove the file to begin anew`] },
    )
  }

  /**
   * Sets a value; its comment stays.
   * @throws ERR_CONFIG_TYPE when what should hold it is not a map
   */
  set(
    path: readonly string[],
    value: SettingsEntry['value'] | Readonly<Record<string, string>>,
  ): void {
    // A scalar that takes the place of a scalar keeps its comment; anything else must be a node of its own.
    const isPlain = this.#yaml.isScalar(this.#find(path)) && !(value instanceof Object)
    this.#document.setIn(path, isPlain ? value : this.#document.createNode(value))
  }

  /** Writes the file anew. */
  toString(): string {
    // Width 0: a long value is never folded over two lines.
    return this.#document.toString({ lineWidth: 0 })
  }

  #find(path: readonly string[]): Node | undefined {
    let node = this.#document.contents as Node
    for (const [depth, key] of path.entries()) {
      if (!this.#yaml.isMap(node)) throw this.#wrongType(path.slice(0, depth), node, 'a map')
      const next = node.get(key, true)
      if (next === undefined) return undefined
      node = next as Node
    }
    return node
  }

  #wrongType(path: readonly string[], node: Node, wanted: string): PhylumError {
    const what = this.#yaml.isMap(node)
      ? 'a map'
      : this.#yaml.isSeq(node)
      ? 'a list'
      : describeValue((node as { value?: unknown }).value)
    const name = path.length === 0 ? 'the file' : `"${path.join('.')}"`
    return new PhylumError(
      'ERR_CONFIG_TYPE',
      `Cannot read ${this.#subject} ${this.#place(node)}: ${name} is ${what}, not ${wanted}`,
    )
  }

  #assertPlain(): void {
    const [error] = this.#document.errors
    if (error !== undefined) throw this.#refuse(error.pos[0], SYNTAX[error.code] ?? SYNTAX_OTHER)
    const { directives, contents, warnings } = this.#document
    if (directives?.yaml.explicit === true || Object.keys(directives?.tags ?? {}).length > 1) {
      throw this.#refuse(0, 'directives ("%YAML", "%TAG") are not allowed')
    }
    if (contents === null) throw this.#refuse(0, 'the file is empty')
    this.#assertPlainNode(contents, 1)
    const [warning] = warnings
    if (warning !== undefined) throw this.#refuse(warning.pos[0], SYNTAX_OTHER)
  }

  #assertPlainNode(node: Node, depth: number): void {
    const at = node.range?.[0] ?? 0
    if (depth > MAX_DEPTH) throw this.#refuse(at, TOO_DEEP)
    if (this.#yaml.isAlias(node)) throw this.#refuse(at, 'aliases ("*name") are not allowed')
    if ('anchor' in node && node.anchor !== undefined) {
      throw this.#refuse(at, 'anchors ("&name") are not allowed')
    }
    if (node.tag !== undefined) throw this.#refuse(at, 'tags ("!name") are not allowed')
    if (this.#yaml.isSeq<Node>(node)) {
      for (const item of node.items) this.#assertPlainNode(item, depth + 1)
    }
    if (!this.#yaml.isMap<Node, Node | null>(node)) return
    const seen = new Set<unknown>()
    for (const { key, value } of node.items) {
      this.#assertPlainNode(key, depth + 1)
      const name = this.#yaml.isScalar(key) ? key.value : undefined
      const keyAt = key.range?.[0] ?? at
      if (name === '<<') throw this.#refuse(keyAt, 'merge keys ("<<") are not allowed')
      if (seen.has(name)) throw this.#refuse(keyAt, 'this key occurs twice in its map')
      seen.add(name)
      if (value !== null) this.#assertPlainNode(value, depth + 1)
    }
  }

  #refuse(offset: number, state: string): PhylumError {
    return new PhylumError(
      'ERR_CONFIG_SYNTAX',
      `Cannot read ${this.#subject} ${this.#placeAt(offset)}: ${state}`,
    )
  }

  #place(node: Node): string {
    return this.#placeAt(node.range?.[0] ?? 0)
  }

  #placeAt(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `"${display(this.#file)}:${Math.max(line, 1)}:${Math.max(col, 1)}"`
  }
}

/** Names the type of a value, for messages. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'true or false'
  return typeof value === 'number' ? 'a number' : 'something else'
}

const TOO_DEEP = 'its values are nested too deeply'
const SYNTAX_OTHER = 'the YAML is malformed'

/** What the parser's error codes mean, in words that quote nothing. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'aliases ("*name") are not allowed',
  BAD_INDENT: 'the indentation is wrong',
  BLOCK_IN_FLOW: 'an indented block stands inside brackets',
  DUPLICATE_KEY: 'this key occurs twice in its map',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'a quote, a bracket, a comma or a space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines',
  MULTIPLE_DOCS: 'a second document begins here, and only one is allowed',
  NON_STRING_KEY: 'a key is not plain text',
  RESOURCE_EXHAUSTION: TOO_DEEP,
  TAB_AS_INDENT: 'a tab is used as indentation, where only spaces are allowed',
}
