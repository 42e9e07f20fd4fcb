/** Largest `struct termios` of any system, in bytes; what is in it is the system's business. */
const SIZE = 256

/** How a terminal treats keys and lines (termios(3)), to be put back later. */
export interface TerminalMode {
  /**
   * Puts it back, unless the terminal belongs to somebody else by now.
   * @param isFlushed what was typed and not read is thrown away
   */
  restore(options?: { isFlushed?: boolean }): void
}

/** Options of tcsetattr(3): once what was written is out, and whether what was typed is dropped. */
const TCSADRAIN = 1
const TCSAFLUSH = 2

/** Reads how a terminal is set; `undefined` where that cannot be had. */
export async function readTerminalMode(descriptor: number): Promise<TerminalMode | undefined> {
  try {
    const { tcgetattr, tcsetattr, tcgetpgrp, getpgrp } = await (library ??= openLibrary())
    const mode = new Uint8Array(SIZE)
    if (tcgetattr(descriptor, mode) !== 0) return undefined
    return {
      restore({ isFlushed = false } = {}) {
        // From the background (Ctrl-Z, bg), this would stop us, and disturb whoever is in front.
        if (tcgetpgrp(descriptor) !== getpgrp()) return
        tcsetattr(descriptor, isFlushed ? TCSAFLUSH : TCSADRAIN, mode)
      },
    }
  } catch {
    return undefined
  }
}

interface Library {
  tcgetattr(descriptor: number, mode: Uint8Array): number
  tcsetattr(descriptor: number, when: number, mode: Uint8Array): number
  tcgetpgrp(descriptor: number): number
  getpgrp(): number
}

let library: Promise<Library> | undefined

async function openLibrary(): Promise<Library> {
  const name = process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6'
  if ('Bun' in globalThis) {
    const { dlopen } = await import('bun:ffi')
    return dlopen(name, {
      tcgetattr: { args: ['i32', 'ptr'], returns: 'i32' },
      tcsetattr: { args: ['i32', 'i32', 'ptr'], returns: 'i32' },
      tcgetpgrp: { args: ['i32'], returns: 'i32' },
      getpgrp: { args: [], returns: 'i32' },
    }).symbols
  }
  return Deno.dlopen(name, {
    tcgetattr: { parameters: ['i32', 'buffer'], result: 'i32' },
    tcsetattr: { parameters: ['i32', 'i32', 'buffer'], result: 'i32' },
    tcgetpgrp: { parameters: ['i32'], result: 'i32' },
    getpgrp: { parameters: [], result: 'i32' },
  }).symbols
}

declare const Deno: {
  dlopen(
    name: string,
    symbols: Record<keyof Library, { parameters: readonly string[]; result: string }>,
  ): { symbols: Library }
}
