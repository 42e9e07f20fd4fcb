/** Longest piece of untrusted text that is shown whole, in characters. */
const MAX_SHOWN = 400

/** Most marks (accents, vowel signs) that pile up on one letter; scripts of people need four. */
const MAX_MARKS = 4

// What a terminal, or a reader, can be fooled with: C0 and C1 controls (cursor movement, OSC 52 clipboard writes, forged log
// lines), line separators, lone surrogates, what is not shown (zero-width, tag and filler characters), what changes the
// direction of writing (Trojan Source), and annotations.
const DECEPTIVE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff0-\ufffb]/u

const MARK = /\p{M}/u

/** "##[command]", "##vso[…]" and "##teamcity[…]" work wherever they stand in a line. */
const DECEPTIVE_OR_ORDER = new RegExp(`${DECEPTIVE.source}|#(?=#[a-z]*\\[)`, 'giu')

/** Most text; asked first, since that is quicker than to go through the classes of Unicode. */
const PLAIN = /^[ -~]*$/

const SUSPICIOUS = new RegExp(`${DECEPTIVE.source}|${MARK.source}{${MAX_MARKS + 1}}`, 'u')

/**
 * Makes text of unknown origin safe to show on one line of a terminal: what could move the cursor, change the
 * direction of writing, hide or pile up is escaped, and what is too long is cut.
 *
 * @param max longest result in characters, before the mark of the cut
 */
export function display(text: string, max = MAX_SHOWN): string {
  if (text.length <= max && (PLAIN.test(text) || !SUSPICIOUS.test(text))) return text
  let shown = ''
  let marks = 0
  for (const character of text) {
    marks = MARK.test(character) ? marks + 1 : 0
    const piece = DECEPTIVE.test(character) || marks > MAX_MARKS ? escape(character) : character
    // Counted after the escaping: eighty invisible characters would fill nine lines.
    if (shown.length + piece.length > max) return `${shown}…`
    shown += piece
  }
  return shown
}

/**
 * Makes JSON safe to show, and leaves it the same JSON: what a terminal obeys or a reader does not see is written in its own
 * escapes, and so is what the logs of build services take for orders.
 */
export function displayJson(json: string): string {
  return json.replace(DECEPTIVE_OR_ORDER, (piece) =>
    Array.from(
      { length: piece.length },
      (_, i) => `\\u${piece.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''))
}

function escape(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  const point = character.codePointAt(0) ?? 0
  return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`
}
