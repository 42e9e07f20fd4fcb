import type { Position } from './toml_positions.ts'

/** Text, or what keeps bytes from being the text of a manifest, and where. */
export type Decoded = { text: string } | { at: Position; state: string }

/** Decodes the bytes of a manifest: UTF-8 without byte order mark, without control characters. */
export function decodeManifest(bytes: Uint8Array): Decoded {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  if (text.startsWith('\ufeff')) {
    return { at: { line: 1, column: 1 }, state: 'The text begins with a byte order mark' }
  }
  // U+FFFD stands for each byte that is not UTF-8; TOML allows the character itself, and nobody writes it.
  // deno-lint-ignore no-control-regex
  const bad = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/)
  if (bad === -1) return { text }
  const before = text.slice(0, bad)
  const at = { line: before.split('\n').length, column: bad - before.lastIndexOf('\n') }
  const point = text.charCodeAt(bad)
  return {
    at,
    state: point === 0xfffd
      ? 'A byte is not UTF-8 text'
      : `The character U+${point.toString(16).toUpperCase().padStart(4, '0')} is not allowed`,
  }
}
