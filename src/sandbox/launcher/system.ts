import type { Pointer } from 'bun:ffi'

/** Numbers of system calls: x86_64, then aarch64. */
const CALLS = {
  read: [0, 63],
  write: [1, 64],
  close: [3, 57],
  fcntl: [72, 25],
  openat: [257, 56],
  openat2: [437, 437],
  newfstatat: [262, 79],
  close_range: [436, 436],
  chdir: [80, 49],
  mkdirat: [258, 34],
  symlinkat: [266, 36],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  open_tree: [428, 428],
  move_mount: [429, 429],
  mount_setattr: [442, 442],
  prctl: [157, 167],
  capset: [126, 91],
  prlimit64: [302, 261],
  setsid: [112, 157],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  landlock_create_ruleset: [444, 444],
  landlock_add_rule: [445, 445],
  landlock_restrict_self: [446, 446],
  seccomp: [317, 277],
  execve: [59, 221],
  wait4: [61, 260],
  exit_group: [231, 94],
} as const

/** Name of a system call. */
export type Call = keyof typeof CALLS

/** What a system call takes: a number, or memory whose address is passed. */
export type Argument = number | bigint | Uint8Array

/** The kernel, through the C library of the runtime that runs this. */
export interface System {
  /**
   * Makes a system call.
   * @returns its result; a failure is the negative number of the error
   */
  call(name: Call, ...args: Argument[]): number
  /** Gives the address of memory, to be written into other memory; from then on it stays where it is. */
  address(memory: Uint8Array): bigint
  /** Starts a program as posix_spawn(3) does, and gives its process id, or the negative number of an error. */
  spawn(path: Uint8Array, argv: Uint8Array, environment: Uint8Array): number
}

/** A C string. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`)
}

/** Memory that the kernel will find through other memory: it must not be collected. */
const KEPT: Uint8Array[] = []

/** The functions of the C library that are used; `syscall(2)` takes as many arguments as any call has. */
const LIBRARY = 'libc.so.6'

/**
 * Opens the C library. `Bun` and `Deno` each have their own words for it.
 */
export async function openSystem(): Promise<System> {
  return 'Bun' in globalThis ? await openBun() : openDeno()
}

async function openBun(): Promise<System> {
  const { dlopen, ptr, read } = await import('bun:ffi')
  const { symbols } = dlopen(LIBRARY, {
    syscall: { args: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'], returns: 'i64' },
    posix_spawn: { args: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64'], returns: 'i32' },
    __errno_location: { args: [], returns: 'ptr' },
  })
  const column = process.arch === 'arm64' ? 1 : 0
  const plain = (value: Argument) => value instanceof Uint8Array ? ptr(value) : value
  return {
    call(name, ...args) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args.map(plain)
      const result = Number(symbols.syscall(CALLS[name][column], a, b, c, d, e, f))
      return result === -1 ? -read.i32(symbols.__errno_location() as Pointer) : result
    },
    address: (memory) => (KEPT.push(memory), BigInt(ptr(memory))),
    spawn(path, argv, environment) {
      const pid = new Int32Array(1)
      const fault = symbols.posix_spawn(ptr(pid), ptr(path), 0, 0, ptr(argv), ptr(environment))
      return fault === 0 ? pid[0]! : -fault
    },
  }
}

function openDeno(): System {
  const { symbols } = Deno.dlopen(LIBRARY, {
    syscall: { parameters: Array(7).fill('i64'), result: 'i64' },
    posix_spawn: { parameters: Array(6).fill('i64'), result: 'i32' },
    __errno_location: { parameters: [], result: 'pointer' },
  })
  const column = Deno.build.arch === 'aarch64' ? 1 : 0
  const address = (memory: Uint8Array) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory))
  const plain = (value: Argument) => value instanceof Uint8Array ? address(value) : BigInt(value)
  return {
    call(name, ...args) {
      const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = args.map(plain)
      const result = Number(symbols.syscall(BigInt(CALLS[name][column]), a, b, c, d, e, f))
      if (result !== -1) return result
      return -new Deno.UnsafePointerView(symbols.__errno_location()).getInt32()
    },
    address: (memory) => (KEPT.push(memory), address(memory)),
    spawn(path, argv, environment) {
      const pid = new Int32Array(1)
      const fault = symbols.posix_spawn(
        ...[new Uint8Array(pid.buffer), path, 0, 0, argv, environment].map(plain),
      )
      return Number(fault) === 0 ? pid[0]! : -Number(fault)
    },
  }
}

/** The words of Deno for it. */
declare const Deno: {
  build: { arch: string }
  dlopen(path: string, symbols: Record<string, { parameters: string[]; result: string }>): {
    symbols: Record<
      'syscall' | 'posix_spawn' | '__errno_location',
      (...args: bigint[]) => never
    >
  }
  UnsafePointer: { of(memory: Uint8Array): unknown; value(pointer: unknown): bigint }
  UnsafePointerView: new (pointer: unknown) => { getInt32(): number }
}
