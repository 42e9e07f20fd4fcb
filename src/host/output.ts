import type { Guest } from '#sandbox'
import { fstatSync, readdirSync, readFileSync } from 'node:fs'
import { openCLibrary } from './c_library.ts'

/** How often it is looked whether anybody still reads, in milliseconds. */
const INTERVAL = 100

/** For how many looks in a row a guest must have been at work before it is taken to spin. */
const LOOKS = 20

/** A watch over the reader of stdout. */
export interface OutputWatch {
  /** Whether the guest was killed because it went on writing to nobody. */
  readonly isUnread: boolean
  stop(): void
}

/**
 * Ends a guest that writes on and on after its reader has gone (`| head -1`). A program of the system dies of SIGPIPE then;
 * the engine ignores that signal and its `console.log` the error, so a loop that prints would go on for ever. What waits for
 * something is left alone: it may have work to finish, and ends by itself at its next line.
 */
export function watchOutput(guest: Guest): OutputWatch {
  let isUnread = false
  let looks = 0
  const timer = isPipe(1) ? setInterval(look, INTERVAL) : undefined

  async function look(): Promise<void> {
    looks = await isReaderGone(1) && isAtWork(guest.pid) ? looks + 1 : 0
    if (looks < LOOKS) return
    clearInterval(timer)
    isUnread = true
    guest.signal('SIGKILL')
  }

  return {
    get isUnread() {
      return isUnread
    },
    stop: () => clearInterval(timer),
  }
}

function isPipe(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor)
    return status.isFIFO() || status.isSocket()
  } catch {
    return false
  }
}

/** `POLLERR` and `POLLHUP` of poll(2): the other end is closed. */
const POLL_GONE = 0x18

/** Answers whether the other end of a pipe is closed; where that cannot be asked, it is not. */
async function isReaderGone(descriptor: number): Promise<boolean> {
  // struct pollfd: int fd, short events, short revents.
  const entry = new DataView(new ArrayBuffer(8))
  entry.setInt32(0, descriptor, true)
  try {
    const { poll } = await openCLibrary()
    poll(new Uint8Array(entry.buffer), 1n, 0)
  } catch {
    return false
  }
  return (entry.getInt16(6, true) & POLL_GONE) !== 0
}

/** Answers whether a process, or one that it has started, runs or could run; without /proc, none does. */
function isAtWork(root: number): boolean {
  try {
    const family = new Set([root])
    for (const { pid, parent } of listProcesses()) if (family.has(parent)) family.add(pid)
    return [...family].some((pid) =>
      readdirSync(`/proc/${pid}/task`).some((task) =>
        readState(`/proc/${pid}/task/${task}`)[0] === 'R'
      )
    )
  } catch {
    return false
  }
}

/** Lists processes with their parents, older ones first. */
function listProcesses(): { pid: number; parent: number }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
  return pids.sort((left, right) => left - right)
    .map((pid) => ({ pid, parent: Number(readState(`/proc/${pid}`)[1]) }))
}

/** Reads the fields of proc_pid_stat(5) from the third on: the state, the parent, … */
function readState(place: string): string[] {
  try {
    const stat = readFileSync(`${place}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
