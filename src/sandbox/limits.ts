/** Numbers of resources (setrlimit(2)); they are the same on all machines that are known here. */
const RLIMIT_FSIZE = 1
const RLIMIT_DATA = 2
const RLIMIT_CORE = 4
const RLIMIT_NPROC = 6
const RLIMIT_NOFILE = 7

/** What holds even for what no other limit is for: a core file holds memory, and is written outside of everything. */
export const NO_CORE: readonly [resource: number, most: number] = [RLIMIT_CORE, 0]

/** Largest file that can be written, in bytes. */
const MAX_FILE = 4 * 1024 ** 3

/** Most files that can be open. */
const MAX_OPEN = 16_384

/** Most processes and threads. */
const MAX_PROCESSES = 1_024

/** What engines take for themselves before an extension has begun, in MiB: they reserve more than they use. */
const RESERVED = 768

/**
 * Lists limits on what one process can use. The number of processes is counted by user: in a user namespace of its own that is the
 * run alone, elsewhere it would be whatever else the user has running.
 *
 * @param memory most memory, in MiB; null for no limit
 */
export function listLimits(
  isNamespaced: boolean,
  memory: number | null,
): (readonly [resource: number, most: number])[] {
  return [
    NO_CORE,
    [RLIMIT_FSIZE, MAX_FILE],
    [RLIMIT_NOFILE, MAX_OPEN],
    // Of what a process has as its own to write in: address space alone is nothing that anybody lacks then.
    ...(memory === null
      ? []
      : [[RLIMIT_DATA, (memory + RESERVED) * 1024 ** 2] as [number, number]]),
    ...(isNamespaced ? [[RLIMIT_NPROC, MAX_PROCESSES] as [number, number]] : []),
  ]
}
