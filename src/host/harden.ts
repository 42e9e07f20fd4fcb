import { openCLibrary } from './c_library.ts'

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
    return (await openCLibrary()).prctl(PR_SET_DUMPABLE, 0n) === 0
  } catch {
    return false
  }
}
