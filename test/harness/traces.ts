import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Home } from './phylum.ts'

/** Processes whose command line or environment names the home: guests, watchdogs, hosts. */
export function processesOf(home: Home): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    if (pid === process.pid) return false
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, 'latin1') +
        readFileSync(`/proc/${pid}/environ`, 'latin1')
      return text.includes(home.path) && !isZombie(pid)
    } catch {
      return false
    }
  })
}

/** The guest among the processes of a home. */
export function guestOf(home: Home): number | undefined {
  return processesOf(home).find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('guest.js')
    } catch {
      return false
    }
  })
}

function isZombie(pid: number): boolean {
  return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
}

/** Run directories of a home, with the sockets in them. */
export function runDirectories(home: Home): string[] {
  const parent = join(home.path, 'run', `phylum-${process.getuid?.()}`)
  return existsSync(parent) ? readdirSync(parent) : []
}

/** Temporary files that lie anywhere below a home. */
export function temporaryFiles(home: Home): string[] {
  const names = readdirSync(home.path, { recursive: true }) as string[]
  return names.filter((name) => /\.tmp$|^tmp\/.|unpack-/.test(name))
}

/** Waits until something is so; a test's own time limit is the limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Waits until nothing of a run is left. */
export async function waitForNothing(home: Home): Promise<void> {
  await until(() => processesOf(home).length === 0 && runDirectories(home).length === 0)
}

/** Resident memory of a process, in MiB; 0 once it has ended. */
export function residentMemory(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
