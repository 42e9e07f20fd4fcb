/** What the system can do with terminals and no runtime offers; Linux. Failures are -1. */
export interface TerminalLibrary {
  open(path: Uint8Array, flags: number): number
  close(descriptor: number): number
  /** ioctl(2) with memory. */
  ioctl(descriptor: number, request: bigint, memory: Uint8Array): number
  /** ioctl(2) with a number. */
  control(descriptor: number, request: bigint, argument: bigint): number
  poll(entries: Uint8Array, count: bigint, timeout: number): number
  read(descriptor: number, memory: Uint8Array, size: bigint): number
  write(descriptor: number, memory: Uint8Array, size: bigint): number
  /** The same as `read` and `write`, while everything else goes on. */
  readLater(descriptor: number, memory: Uint8Array): Promise<number>
  writeLater(descriptor: number, memory: Uint8Array): Promise<number>
}

let opened: Promise<TerminalLibrary> | undefined

/** Opens the C library for terminals, once; rejects on a system that has another one. */
export function openTerminalLibrary(): Promise<TerminalLibrary> {
  return opened ??= 'Bun' in globalThis ? openInBun() : Promise.resolve().then(openInDeno)
}

const NAME = 'libc.so.6'

async function openInBun(): Promise<TerminalLibrary> {
  const [{ dlopen }, fs] = await Promise.all([import('bun:ffi'), import('node:fs')])
  const { symbols } = dlopen(NAME, {
    open: { args: ['ptr', 'i32'], returns: 'i32' },
    close: { args: ['i32'], returns: 'i32' },
    ioctl: { args: ['i32', 'u64', 'ptr'], returns: 'i32' },
    poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' },
    read: { args: ['i32', 'ptr', 'u64'], returns: 'i32' },
    write: { args: ['i32', 'ptr', 'u64'], returns: 'i32' },
  })
  const { symbols: numbers } = dlopen(NAME, {
    ioctl: { args: ['i32', 'u64', 'u64'], returns: 'i32' },
  })
  return {
    ...symbols as unknown as Omit<TerminalLibrary, 'control' | 'readLater' | 'writeLater'>,
    control: (...words) => numbers.ioctl(...words),
    readLater: later(fs.read),
    writeLater: later(fs.write),
  }
}

/** How `node:fs` reads and writes at the place where a file stands. */
type Act = (
  descriptor: number,
  memory: Uint8Array,
  offset: number,
  length: number,
  position: null,
  done: (error: Error | null, length: number) => void,
) => void

function later(act: Act): TerminalLibrary['readLater'] {
  return (descriptor, memory) =>
    new Promise((resolve) =>
      act(
        descriptor,
        memory,
        0,
        memory.length,
        null,
        (error, length) => resolve(error ? -1 : length),
      )
    )
}

function openInDeno(): TerminalLibrary {
  const onMemory = { parameters: ['i32', 'buffer', 'u64'], result: 'i32' }
  const { symbols } = Deno.dlopen(NAME, {
    open: { parameters: ['buffer', 'i32'], result: 'i32' },
    close: { parameters: ['i32'], result: 'i32' },
    ioctl: { parameters: ['i32', 'u64', 'buffer'], result: 'i32' },
    control: { name: 'ioctl', parameters: ['i32', 'u64', 'u64'], result: 'i32' },
    poll: { parameters: ['buffer', 'u64', 'i32'], result: 'i32' },
    read: onMemory,
    write: onMemory,
    readLater: { ...onMemory, name: 'read', nonblocking: true },
    writeLater: { ...onMemory, name: 'write', nonblocking: true },
  })
  return {
    ...symbols,
    readLater: (descriptor, memory) => symbols.readLater(descriptor, memory, BigInt(memory.length)),
    writeLater: (descriptor, memory) =>
      symbols.writeLater(descriptor, memory, BigInt(memory.length)),
  }
}

type Later = (descriptor: number, memory: Uint8Array, size: bigint) => Promise<number>

/** The engine's own words, where it is the host. */
declare const Deno: {
  dlopen(
    path: string,
    symbols: Record<
      string,
      { name?: string; parameters: readonly string[]; result: string; nonblocking?: boolean }
    >,
  ): {
    symbols:
      & Omit<TerminalLibrary, 'readLater' | 'writeLater'>
      & Record<
        'readLater' | 'writeLater',
        Later
      >
  }
}
