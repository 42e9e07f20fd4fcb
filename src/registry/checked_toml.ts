import { display, PhylumError } from '#base'
import type { ErrorCode } from '#base'
import type { Fault, KeyPath, SchemaReport } from './check_schema.ts'
import { decodeManifest } from './decode_manifest.ts'
import { locate } from './toml_positions.ts'
import type { Position } from './toml_positions.ts'

/** Deepest list or inline table. */
const MAX_DEPTH = 16

/** Most faults, and most warnings, that are shown. */
const MAX_SHOWN = 20

/** A table of TOML, as it was parsed. */
export type Table = Readonly<Record<string, unknown>>

/** What kind of document is read, and what is a fault in it. */
export interface DocumentKind {
  /** What it is, for messages: "manifest". */
  subject: string
  /** Code of the error. */
  code: ErrorCode
  check(document: Table): SchemaReport
  /** Whether a key that is not known is a fault, and no warning. */
  isClosed?: boolean
  /** What to do about one that cannot be used. */
  hints?: readonly string[]
}

/** What git, and those who do as it does, write around the sides of a conflict. */
const CONFLICT = /^(?:<{7}|>{7})(?:[ \t].*)?\r?$/m

/** A document that has passed its check. */
export interface CheckedDocument {
  readonly document: Table
  /** Keys without effect, each with its place; safe to show. */
  readonly warnings: readonly string[]
  /** Answers where a key stands: "/x/PhylumExt.toml:4:1"; safe to show. */
  readonly locate: (path: KeyPath) => string
  /** The same, as numbers. */
  readonly position: (path: KeyPath) => Position
}

/**
 * Parses and checks the text of a document; every fault is reported at once, each with its line and column.
 *
 * @param file its path, for messages
 * @throws the code of its kind
 */
export async function parseCheckedToml(
  bytes: Uint8Array,
  file: string,
  kind: DocumentKind,
): Promise<CheckedDocument> {
  const shown = display(file)
  const place = ({ line, column }: Position) => `${shown}:${line}:${column}`
  const refuse = (faults: readonly string[]) => invalid(kind, shown, faults)
  const decoded = decodeManifest(bytes)
  if ('state' in decoded) throw refuse([`${place(decoded.at)}: ${decoded.state}`])
  const conflict = decoded.text.search(CONFLICT)
  if (conflict !== -1) {
    const at = { line: decoded.text.slice(0, conflict).split('\n').length, column: 1 }
    throw refuse([`${place(at)}: A conflict of a merge is not resolved here`])
  }
  const document = await parseToml(
    decoded.text,
    (at, state) => refuse([`${place(at)}: ${state}`]),
  )
  const position = locate(decoded.text)
  const { faults, unknown } = kind.check(document)
  const render = (found: readonly Fault[]) => renderFaults(found, position, place)
  // A key that is not known is often the misspelled one whose absence is a fault.
  const isFaulty = faults.length > 0 || (kind.isClosed === true && unknown.length > 0)
  if (isFaulty) throw refuse(render([...faults, ...unknown]))
  return {
    document,
    warnings: render(unknown),
    locate: (path) => place(position(path)),
    position,
  }
}

/** Parses TOML; the parser's error shows a piece of the file, so only its first line is taken. */
async function parseToml(
  text: string,
  refuse: (at: Position, state: string) => PhylumError,
): Promise<Record<string, unknown>> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(text, { maxDepth: MAX_DEPTH, unsafeKeyBehaviour: 'throw' })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [summary = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n')
    throw refuse(error, `Not valid TOML: ${display(summary, 200)}`)
  }
}

function renderFaults(
  faults: readonly Fault[],
  position: (path: KeyPath) => Position,
  place: (at: Position) => string,
): string[] {
  const placed = faults.slice(0, MAX_SHOWN).map(({ path, message }) => ({
    at: position(path),
    message,
  }))
  placed.sort((left, right) => left.at.line - right.at.line || left.at.column - right.at.column)
  const lines = placed.map(({ at, message }) => `${place(at)}: ${message}`)
  if (faults.length > MAX_SHOWN) lines.push(`and ${faults.length - MAX_SHOWN} more`)
  return lines
}

/** Builds the error of a document: one line for one fault, a list for several. */
function invalid(
  { code, subject, hints = [] }: DocumentKind,
  file: string,
  faults: readonly string[],
): PhylumError {
  const [first = ''] = faults
  const message = faults.length === 1
    ? `Cannot use ${subject} ${first}`
    : [`Cannot use ${subject} "${file}":`, ...faults.map((fault) => `  ${fault}`)].join('\n')
  return new PhylumError(code, message, { hints })
}
