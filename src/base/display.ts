/** Longest piece of untrusted text that is shown whole, in characters. */
const MAX_SHOWN = 400

// What a terminal, or a reader, can be fooled with: C0 and C1 controls (cursor movement, OSC 52 clipboard writes, forged log
// lines), zero-width and direction-changing characters (Trojan Source), line separators, tag characters, lone surrogates.
const DECEPTIVE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu

/**
 * Makes text of unknown origin safe to show on one line of a terminal: what could move the cursor, change the
 * direction of writing or hide is escaped, and what is too long is cut.
 *
 * @param max longest result in characters, before the mark of the cut
 */
export function display(text: string, max = MAX_SHOWN): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text
  return cut.replace(DECEPTIVE, (character) => {
    const point = character.codePointAt(0) ?? 0
    if (character === '\n') return '\\n'
    if (character === '\t') return '\\t'
    return point < 0x100
      ? `\\x${point.toString(16).padStart(2, '0')}`
      : `\\u{${point.toString(16)}}`
  })
}
