/** Functions of the C library that no runtime offers. */
export interface CLibrary {
  /** Sets something about this process (prctl(2)); not on macOS. */
  prctl(option: number, value: bigint): number
  /** Asks about descriptors (poll(2)). */
  poll(entries: Uint8Array, count: bigint, timeout: number): number
  /** Makes a named pipe (mkfifo(3)); the path ends with a zero. */
  mkfifo(path: Uint8Array, mode: number): number
}

let opened: Promise<CLibrary> | undefined

/** Opens the C library, once; rejects on a system that has another one. */
export function openCLibrary(): Promise<CLibrary> {
  return opened ??= 'Bun' in globalThis ? openInBun() : Promise.resolve().then(openInDeno)
}

const IS_MAC = process.platform === 'darwin'
const NAME = IS_MAC ? 'libSystem.dylib' : 'libc.so.6'

async function openInBun(): Promise<CLibrary> {
  const { dlopen } = await import('bun:ffi')
  const { symbols } = dlopen(NAME, {
    ...(IS_MAC ? {} : { prctl: { args: ['i32', 'u64'], returns: 'i32' } }),
    poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' },
    mkfifo: { args: ['ptr', 'u32'], returns: 'i32' },
  })
  return symbols as unknown as CLibrary
}

function openInDeno(): CLibrary {
  const { symbols } = Deno.dlopen(NAME, {
    ...(IS_MAC ? {} : { prctl: { parameters: ['i32', 'u64'], result: 'i32' } }),
    poll: { parameters: ['buffer', 'u64', 'i32'], result: 'i32' },
    mkfifo: { parameters: ['buffer', 'u32'], result: 'i32' },
  })
  return symbols
}

/** The engine's own words, where it is the host. */
declare const Deno: {
  dlopen(
    path: string,
    symbols: Record<string, { parameters: readonly string[]; result: string }>,
  ): { symbols: CLibrary }
}
