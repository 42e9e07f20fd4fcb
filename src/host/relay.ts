import { openPseudoTerminal, writeToTerminal } from './pseudo_terminal.ts'
import { createTerminalFilter } from './terminal_filter.ts'
import type { TerminalLibrary } from './terminal_library.ts'

/** The road from a pseudo terminal through the filter to a terminal. */
export interface Relay {
  /** Descriptor for those whose output goes this way. */
  slave: number
  resize(): void
  /** Resolves when all that was written so far is shown and the terminal is in order; from then on, nothing passes. */
  hold(): Promise<void>
  /** Lets pass again, with the modes that were in force. */
  release(): Promise<void>
  /** Shows the rest, puts the terminal in order, and ends. */
  close(): Promise<void>
}

/** Most that is shown at once, in bytes, before others have their turn. */
const PORTION = 65_536

/** Most that is waited for at the end, in bytes: whoever is left may write for ever. */
const REST = 1024 ** 2

/** Opens a relay to a terminal. */
export function openRelay(library: TerminalLibrary, real: number): Relay {
  const pseudo = openPseudoTerminal(library, real)
  const filter = createTerminalFilter()
  let isGone = false
  let isHeld = false
  /** Whether it stands still, as it was told to. */
  let isParked = false
  let resume = () => {}
  let reportHeld = () => {}
  const running = relay()
  // Told to whoever closes it.
  running.catch(() => {})

  async function show(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0 && !isGone) isGone = !await writeToTerminal(library, real, bytes)
  }

  /** Shows what there is after a first piece, up to a limit. */
  async function showAll(first: Uint8Array | undefined, most: number): Promise<void> {
    const pieces: Uint8Array[] = []
    let length = 0
    for (
      let piece = first;
      piece !== undefined;
      piece = length < most ? pseudo.take() : undefined
    ) {
      length += piece.length
      pieces.push(Uint8Array.from(filter.pass(piece)))
    }
    await show(Buffer.concat(pieces))
  }

  async function relay(): Promise<void> {
    try {
      while (!isGone) {
        const first = await pseudo.next()
        if (first === undefined) break
        await showAll(first, PORTION)
        if (isHeld) await park()
      }
    } finally {
      isGone = true
      // Whoever writes on hears that nobody reads.
      pseudo.close()
      reportHeld()
    }
  }

  /** Shows what is there, and then nothing until it is told to go on. */
  async function park(): Promise<void> {
    await showAll(pseudo.take(), REST)
    const resumed = new Promise<void>((resolve) => resume = resolve)
    isParked = true
    reportHeld()
    await resumed
  }

  async function hold(): Promise<void> {
    if (isGone || isParked) return
    const held = new Promise<void>((resolve) => reportHeld = resolve)
    isHeld = true
    pseudo.wake()
    await held
    await show(encode(filter.undo()))
  }

  return {
    slave: pseudo.slave,
    resize: () => isGone || pseudo.resize(),
    hold,
    async release() {
      isHeld = isParked = false
      await show(encode(filter.redo()))
      resume()
    },
    async close() {
      await hold()
      isGone = true
      resume()
      await running
    },
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
