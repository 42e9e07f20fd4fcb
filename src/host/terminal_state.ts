/** What a program has changed about a terminal that lasts. */
export interface TerminalState {
  /** A mode, by its mark and number, or "keypad". */
  mode(name: string, isSet: boolean): void
  /** Colours and weights, as the numbers of SGR. */
  style(numbers: readonly string[]): void
  /** An alphabet in one of two places, "(" and ")": ASCII or lines. */
  alphabet(place: string, isOther: boolean): void
  /** Which of the two places is in use. */
  shift(isOther: boolean): void
  /** The part of the screen that scrolls. */
  region(isPart: boolean): void
  cursorStyle(number: string): void
  link(isOpen: boolean): void
  /** The cursor is put back with style and alphabet as they were when it was saved. */
  restore(): void
  /** What takes all of it back; empty where there is nothing. */
  undo(): string
  /** What sets the modes again that were taken back. */
  redo(): string
}

/** Modes that a terminal is in before anybody sets one. */
const USUAL = new Set(['?7', '?25'])

/** Three names for the same other screen. */
const SCREENS = ['?47', '?1047', '?1049']

/** What takes a style back, by what it takes back (ECMA-48, 8.3.117; ctlseqs, "Character Attributes"). */
const OPPOSITES: readonly (readonly [end: number, styles: (number: number) => boolean])[] = [
  [22, (each) => each === 1 || each === 2],
  [23, (each) => each === 3 || each === 20],
  [24, (each) => each === 4 || each === 21],
  [25, (each) => each === 5 || each === 6],
  [27, (each) => each === 7],
  [28, (each) => each === 8],
  [29, (each) => each === 9],
  [10, (each) => each >= 11 && each <= 19],
  [39, (each) => (each >= 30 && each <= 38) || (each >= 90 && each <= 97)],
  [49, (each) => (each >= 40 && each <= 48) || (each >= 100 && each <= 107)],
  [54, (each) => each === 51 || each === 52],
  [55, (each) => each === 53],
  [59, (each) => each === 58],
]

/** Keeps account of what a program has changed about a terminal. */
export function createTerminalState(): TerminalState {
  const modes = new Set<string>()
  /** What is in force, by what takes it back. */
  const lasting = new Set<string>()
  const styles = new Set<number>()
  /** What a saved cursor may bring back. */
  const once = { isStyled: false, isOtherAlphabet: false }

  function alter(name: string, isChanged: boolean): void {
    if (isChanged) lasting.add(name)
    else lasting.delete(name)
  }

  function useAlphabet(name: string, isOther: boolean): void {
    alter(name, isOther)
    if (isOther) once.isOtherAlphabet = true
  }

  return {
    mode(name, isSet) {
      if (SCREENS.includes(name)) { for (const each of SCREENS) modes.delete(each) }
      if (isSet !== USUAL.has(name) && name !== '?1048') modes.add(name)
      else modes.delete(name)
      if (!isSet && (name === '?1048' || name === '?1049')) this.restore()
    },
    style(numbers) {
      applyStyle(numbers, styles)
      if (styles.size > 0) once.isStyled = true
    },
    alphabet: (place, isOther) => useAlphabet(`\x1b${place}B`, isOther),
    shift: (isOther) => useAlphabet('\x0f', isOther),
    // It moves the cursor.
    region: (isPart) => alter('\x1b7\x1b[r\x1b8', isPart),
    cursorStyle: (number) => alter('\x1b[0 q', number !== '' && number !== '0'),
    link: (isOpen) => alter('\x1b]8;;\x1b\\', isOpen),
    restore() {
      if (once.isStyled) styles.add(UNKNOWN)
      if (once.isOtherAlphabet) {
        for (const each of ['\x0f', '\x1b(B', '\x1b)B']) {
          lasting.add(each)
        }
      }
    },
    undo() {
      // The way back from the other screen brings a saved cursor's style along, so it comes first.
      const screens = SCREENS.filter((each) => modes.has(each))
      const others = [...modes].filter((each) => !SCREENS.includes(each))
      if (screens.includes('?1049')) this.restore()
      const text = [
        ...[...screens, ...others].map((name) => setMode(name, USUAL.has(name))),
        ...lasting,
        ...(styles.size > 0 ? ['\x1b[0m'] : []),
      ].join('')
      lasting.clear()
      styles.clear()
      return text
    },
    redo: () => [...modes].map((name) => setMode(name, !USUAL.has(name))).join(''),
  }
}

/** A style of which only a reset of all is the end. */
const UNKNOWN = -1

function applyStyle(numbers: readonly string[], styles: Set<number>): void {
  for (let i = 0; i < numbers.length; i++) {
    const [first = '', second] = numbers[i]!.split(':')
    const number = Number(first)
    const end = first === '4' && second === '0' ? 24 : number
    const begun = OPPOSITES.find(([, isOne]) => isOne(end))
    if (end === 0) styles.clear()
    else if (OPPOSITES.some(([each]) => each === end)) styles.delete(end)
    else styles.add(begun?.[0] ?? UNKNOWN)
    // A colour by number, or by red, green and blue.
    if ([38, 48, 58].includes(number) && second === undefined) {
      i += numbers[i + 1] === '5' ? 2 : numbers[i + 1] === '2' ? 4 : 0
    }
  }
}

function setMode(name: string, isSet: boolean): string {
  if (name === 'keypad') return isSet ? '\x1b=' : '\x1b>'
  return `\x1b[${name}${isSet ? 'h' : 'l'}`
}
