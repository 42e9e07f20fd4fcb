/**
 * Reads text as the most obedient of terminals does, by the states of the VT500 parser (Paul Williams, vt100.net/emu/dec_ansi_parser):
 * with 8-bit controls, and with strings that end wherever some terminal ends them. It shares no code with the filter.
 *
 * @returns what it obeys, beside showing text: single controls, and sequences and strings as they are written with ESC
 */
export function listObeyed(text: string): string[] {
  const obeyed: string[] = []
  const at: { state: 'ground' | 'escape' | 'control' | 'string' } = { state: 'ground' }
  let begun = ''
  const finish = (last: string) => {
    obeyed.push(begun + last)
    at.state = 'ground'
  }
  const begin = (letter: string) => {
    begun = `\x1b${letter}`
    if (letter === '[') at.state = 'control'
    else if (']PX^_'.includes(letter)) at.state = 'string'
    else finish('')
  }
  for (const sign of text) {
    const code = sign.codePointAt(0)!
    if (sign === '\x1b') {
      if (at.state === 'string') finish('')
      at.state = 'escape'
      begun = sign
    } else if (code >= 0x80 && code < 0xa0) {
      if (at.state === 'string') finish('')
      begin(String.fromCharCode(code - 0x40))
    } else if (at.state === 'string') {
      if (sign === '\x07') finish('')
      else begun += sign
    } else if (code < 0x20 || code === 0x7f) {
      obeyed.push(sign)
    } else if (at.state === 'escape') {
      if (code < 0x30) begun += sign
      else if (begun === '\x1b') begin(sign)
      else finish(sign)
    } else if (at.state === 'control') {
      if (code < 0x40) begun += sign
      else finish(sign)
    }
  }
  // What has begun would take the text of whoever writes next.
  if (at.state !== 'ground') obeyed.push(begun)
  return obeyed
}

/** What an extension may have a terminal obey. */
const HARMLESS = new RegExp(
  [
    '[\\x07-\\x0f]',
    '\\x1b[78=>DEM\\\\]',
    '\\x1b[()][B0]',
    '\\x1b\\[[\\d;:]{0,250}m',
    '\\x1b\\[(\\d{0,5}|\\d{0,5};\\d{0,5})[A-HJKPXLM@STZIadefbr`]',
    '\\x1b\\[[su]',
    '\\x1b\\[[0-6]? q',
    '\\x1b\\[4[hl]',
    '\\x1b\\[\\?(1|7|25|47|104[789]|100[023456]|1015|2004|2026)(;\\d+)*[hl]',
    '\\x1b\\]8;[^;]*;((https?://|mailto:)[!-~]+)?',
  ].map((each) => `^${each}$`).join('|'),
)

/** Finds the first thing that a terminal must not be made to obey. */
export function findHarm(text: string): string | undefined {
  return listObeyed(text).find((each) => !HARMLESS.test(each))
}
