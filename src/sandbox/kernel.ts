import { PhylumError } from '#base'
import process from 'node:process'
import { callNumber } from './launcher/calls.ts'
import type { Call } from './launcher/calls.ts'
import type { Machine } from './system_calls.ts'

/** System calls that no runtime offers, for the host itself. */
export interface Kernel {
  machine: Machine
  /**
   * Makes a system call.
   * @returns its result; -1 where it fails
   */
  call(name: Call, ...args: Argument[]): number
}

/** What a system call takes: a number, or memory whose address is passed. */
type Argument = number | Uint8Array

/** As many arguments as any call has, and its number. */
const COUNT = 7

const LIBRARY = 'libc.so.6'

let opened: Promise<Kernel> | undefined

/**
 * Opens the C library's way to the kernel (syscall(2)), once. It takes Bun half a millisecond, so it is done where it is needed.
 *
 * @throws ERR_SANDBOX_START on a system that has another library, or another machine
 */
export function openKernel(): Promise<Kernel> {
  return opened ??= open()
}

async function open(): Promise<Kernel> {
  const own = machine()
  try {
    const call = 'Bun' in globalThis ? await openBun() : openDeno()
    return {
      machine: own,
      call(name, ...args) {
        const words = [callNumber(own, name), ...args]
        return call([...words, ...Array(COUNT - words.length).fill(0)])
      },
    }
  } catch (cause) {
    throw new PhylumError('ERR_SANDBOX_START', `Cannot put up the wall: there is no ${LIBRARY}`, {
      cause,
    })
  }
}

/** The machine this is, as its system calls are known. */
export function machine(): Machine {
  if (process.arch === 'x64' || process.arch === 'arm64') return process.arch
  throw new PhylumError(
    'ERR_SANDBOX_START',
    `Cannot put up a wall: the system calls of "${process.arch}" are not known here`,
  )
}

async function openBun(): Promise<(words: readonly Argument[]) => number> {
  const { dlopen, ptr } = await import('bun:ffi')
  const { symbols } = dlopen(LIBRARY, {
    syscall: { args: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'], returns: 'i64' },
  })
  return (words) => {
    const [number = 0, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = words.map((each) =>
      typeof each === 'number' ? each : ptr(each)
    )
    return Number(symbols.syscall(number, a, b, c, d, e, f))
  }
}

function openDeno(): (words: readonly Argument[]) => number {
  const { symbols } = Deno.dlopen(LIBRARY, {
    syscall: { parameters: Array(COUNT).fill('i64'), result: 'i64' },
  })
  return (words) =>
    Number(symbols.syscall(
      ...words.map((each) =>
        typeof each === 'number'
          ? BigInt(each)
          : Deno.UnsafePointer.value(Deno.UnsafePointer.of(each))
      ),
    ))
}

/** The engine's own words, where it is the host; typed here because the rest of phylum does not know them. */
declare const Deno: {
  dlopen(
    path: string,
    symbols: { syscall: { parameters: readonly string[]; result: string } },
  ): { symbols: { syscall(...words: bigint[]): bigint } }
  UnsafePointer: { of(memory: Uint8Array): unknown; value(pointer: unknown): bigint }
}
