import { display, PhylumError } from '#base'

// YAML 1.2.2, section 5.1: what is not printable is not allowed. U+FFFD stands for each byte that is not UTF-8. The line ends of
// Unicode, and a carriage return alone, are allowed there, but end a comment that holds one when it is written anew.
const NOT_ALLOWED =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufffd-\uffff]|\r(?!\n)/

/** What a file of YAML is, for messages, and how strictly it is read. */
export interface FileKind {
  /** What it is called in messages. */
  readonly subject: string
  /** Whether a last line without its end is taken for one that was cut off. */
  readonly endsWithLineBreak: boolean
}

/** settings.yaml */
export const SETTINGS_FILE: FileKind = { subject: 'settings', endsWithLineBreak: true }

/**
 * Decodes the bytes of a file of YAML.
 *
 * The last line of a settings file must end with a line break. Together with the demand for "connection.uri" this is what makes a file that was cut
 * off harmless at every byte: within a line it is refused here, so that no shortened key or address is ever used; at the end
 * of a line it either misses the address and is refused too, or holds the right address and a credential that is whole or absent.
 *
 * @throws ERR_CONFIG_SYNTAX when it is not UTF-8 text, holds a control character, or is cut off
 */
export function decodeText(
  bytes: Uint8Array,
  file: string,
  { subject, endsWithLineBreak }: FileKind = SETTINGS_FILE,
): string {
  const refuse = (line: number, column: number, state: string): PhylumError =>
    new PhylumError(
      'ERR_CONFIG_SYNTAX',
      `Cannot read ${subject} "${display(file)}:${line}:${column}": ${state}`,
    )

  const [first, second, third] = bytes
  if (first === undefined) throw refuse(1, 1, 'the file is empty')
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw refuse(1, 1, 'the text is UTF-16, not UTF-8')
  }
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    throw refuse(1, 1, 'the text begins with a byte order mark')
  }

  const text = new TextDecoder().decode(bytes)
  const bad = text.search(NOT_ALLOWED)
  if (bad !== -1) {
    const before = text.slice(0, bad).split('\n')
    const column = (before.at(-1) ?? '').length + 1
    const point = text.charCodeAt(bad)
    const state = point === 0xfffd
      ? 'a byte is not UTF-8 text'
      : `the character U+${point.toString(16).toUpperCase().padStart(4, '0')} is not allowed`
    throw refuse(before.length, column, state)
  }
  if (endsWithLineBreak && !text.endsWith('\n')) {
    const lines = text.split('\n')
    const column = (lines.at(-1) ?? '').length + 1
    throw new PhylumError(
      'ERR_CONFIG_SYNTAX',
      `Cannot read ${subject} "${display(file)}:${lines.length}:${column}": ` +
        'the last line does not end with a line break, so the file may be cut off',
      { hints: ['check that the last line is whole, and end it with a line break'] },
    )
  }
  return text
}
