import { readdirSync, readFileSync } from 'node:fs'

/**
 * Lists a process, its first child, the first child of that, and so on: what was started, what it keeps in namespaces, and at
 * the end the guest (proc_pid_task(5), `children`). What a guest starts is its own matter.
 *
 * @param most how many of them there are at most
 */
export function readLine(pid: number, most: number): number[] {
  const line = [pid]
  while (line.length < most) {
    const child = firstChild(line.at(-1)!)
    if (child === undefined) break
    line.push(child)
  }
  return line
}

/**
 * Finds the process group that a guest lives in. In namespaces it is not the one that was started: what makes the namespaces stays
 * outside and would die of a signal that the guest may want to answer, and the launcher has begun a session of its own.
 *
 * @param line as `readLine()` gives it
 */
export function findGroup(line: readonly number[]): number {
  const [outer] = line
  return line.find((pid) => pid !== outer && statOf(pid)?.group === pid) ?? outer!
}

/** Answers whether a process runs; one that has ended and waits to be buried does not. */
export function isRunning(pid: number): boolean {
  const state = statOf(pid)?.state
  if (state === undefined || state === 'X') return false
  return state !== 'Z' || hasThreads(pid)
}

/** The first thread of a process may have ended before the others, and what ends with the process ends with the last of them. */
function hasThreads(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1
  } catch {
    return false
  }
}

/** Answers whether no thread of a process runs any more, for now or for good. */
export function hasStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const state = statOf(`${pid}/task/${thread}`)?.state
      return state === undefined || 'TtXZ'.includes(state)
    })
  } catch {
    return true
  }
}

function firstChild(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return child ? Number(child) : undefined
  } catch {
    return undefined
  }
}

/** Fields 3 and 5 of proc_pid_stat(5). */
function statOf(pid: number | string): { state: string | undefined; group: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state, group: Number(group) }
  } catch {
    return undefined
  }
}
