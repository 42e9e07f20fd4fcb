import { PhylumError } from '#base'
import { readdirSync, readFileSync } from 'node:fs'
import { openKernel } from './kernel.ts'

/** `FD_CLOEXEC` as /proc/self/fdinfo shows it (O_CLOEXEC of fcntl.h, octal). */
const CLOSE_ON_EXEC = 0o2000000

/** What fcntl(2) is asked for. */
const F_SETFD = 2
const FD_CLOEXEC = 1

/**
 * Keeps every descriptor but the standard three from a guest: a pipe or a file that the user's shell left open would be
 * readable there, and no kernel rule on paths takes an open descriptor back.
 *
 * Bun closes them itself when it starts a process; Deno passes them on, so they are marked here.
 *
 * @throws ERR_SANDBOX_START when they cannot be marked
 */
export async function sealDescriptors(): Promise<void> {
  if (!('Deno' in globalThis)) return
  const open = inheritedDescriptors()
  if (open.length === 0) return
  try {
    const { call } = await openKernel()
    for (const descriptor of open) call('fcntl', descriptor, F_SETFD, FD_CLOEXEC)
  } catch (cause) {
    throw new PhylumError(
      'ERR_SANDBOX_START',
      `Cannot start the engine: descriptors ${
        open.join(', ')
      } are open and cannot be closed for it`,
      { cause, hints: ['start phylum without them, or with another host'] },
    )
  }
}

function inheritedDescriptors(): number[] {
  let names: string[]
  try {
    names = readdirSync('/proc/self/fd')
  } catch {
    return []
  }
  return names.map(Number).filter((descriptor) => descriptor > 2 && !isClosedOnExec(descriptor))
}

function isClosedOnExec(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))
      ?.[1]
    return flags !== undefined && (parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0
  } catch {
    // It was the descriptor of the listing itself.
    return true
  }
}
