import { readFileSync } from 'node:fs'
import type { Limit } from './launcher/task.ts'

/**
 * Numbers of resources (setrlimit(2)), the same on all machines that are known here, and their names in /proc/self/limits
 * (proc_pid_limits(5)).
 */
const FILE_SIZE = [1, 'Max file size'] as const
const DATA = [2, 'Max data size'] as const
const CORE = [4, 'Max core file size'] as const
const PROCESSES = [6, 'Max processes'] as const
const OPEN_FILES = [7, 'Max open files'] as const

/** What holds even for what no other limit is for: a core file holds memory, and is written outside of everything. */
export const NO_CORE: Limit = [CORE[0], 0n, 0n]

/** Largest file that can be written, in bytes. */
const MAX_FILE = 4 * 1024 ** 3

/** Most files that can be open. */
const MAX_OPEN = 16_384

/** Most processes and threads. */
const MAX_PROCESSES = 1_024

/** What engines take for themselves before an extension has begun, in MiB: they reserve more than they use. */
const RESERVED = 768

/**
 * Lists limits on what one process can use; one that is lower already stays. The number of processes is counted by user: in a user
 * namespace of its own that is the run alone, elsewhere it would be whatever else the user has running.
 *
 * @param memory most memory, in MiB; null for no limit
 */
export function listLimits(isNamespaced: boolean, memory: number | null): Limit[] {
  const present = readFileSync('/proc/self/limits', 'utf8')
  const lower = ([resource, name]: readonly [number, string], most: number): Limit => {
    const line = present.split('\n').find((each) => each.startsWith(name)) ?? ''
    const [soft, hard] = line.slice(name.length).trim().split(/\s+/)
      .map((each) =>
        /^\d+$/.test(each) && BigInt(each) < BigInt(most) ? BigInt(each) : BigInt(most)
      )
    return [resource, soft ?? BigInt(most), hard ?? BigInt(most)]
  }
  return [
    NO_CORE,
    lower(FILE_SIZE, MAX_FILE),
    lower(OPEN_FILES, MAX_OPEN),
    // Of what a process has as its own to write in: address space alone is nothing that anybody lacks then.
    ...(memory === null ? [] : [lower(DATA, (memory + RESERVED) * 1024 ** 2)]),
    ...(isNamespaced ? [lower(PROCESSES, MAX_PROCESSES)] : []),
  ]
}
