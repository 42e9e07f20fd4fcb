/** Option of prctl(2): whether other processes may look into this one, and whether it leaves a core file. */
const PR_SET_DUMPABLE = 4

/**
 * Closes this process to others of the same user: its environment and memory below /proc, debuggers, core files. The
 * credential is in all of them, and deleting a variable does not take it out of /proc/PID/environ.
 *
 * It is a second lock, so it is no error where it cannot be had: on a system without prctl(2), or another C library.
 *
 * @returns whether it holds
 */
export async function closeProcess(): Promise<boolean> {
  try {
    return (await openPrctl())(PR_SET_DUMPABLE, 0n) === 0
  } catch {
    return false
  }
}

type Prctl = (option: number, value: bigint) => number

async function openPrctl(): Promise<Prctl> {
  if ('Bun' in globalThis) {
    const { dlopen } = await import('bun:ffi')
    const { symbols } = dlopen('libc.so.6', { prctl: { args: ['i32', 'u64'], returns: 'i32' } })
    return symbols.prctl
  }
  const { symbols } = Deno.dlopen('libc.so.6', {
    prctl: { parameters: ['i32', 'u64'], result: 'i32' },
  })
  return symbols.prctl
}

/** The engine's own words, where it is the host. */
declare const Deno: {
  dlopen(
    path: string,
    symbols: { prctl: { parameters: readonly string[]; result: string } },
  ): { symbols: { prctl: Prctl } }
}
