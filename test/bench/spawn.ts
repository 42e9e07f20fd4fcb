import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Command } from './world.ts'

/** Starts a command; what it prints on stderr is shown, and its failure is an error. */
export function start({ words, directory, environment }: Command) {
  return Bun.spawn([...words], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Runs a command to its end and gives how long that took, in milliseconds. */
export async function time(command: Command): Promise<number> {
  const started = performance.now()
  const child = start(command)
  const code = await child.exited
  const took = performance.now() - started
  if (code !== 0) throw new Error(`"${command.words.join(' ')}" ended with ${code}`)
  return took
}

/**
 * Times commands in turns, A B C A B C: whatever slows the machine down for a while slows all of them. The order is
 * reversed every other round, so that none always comes after the same one.
 *
 * @param rounds how often, after one round that is not counted
 */
export async function timeInTurns<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(commands) as Name[]
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const took = await time(commands[name])
      if (round > 0) times[name].push(took)
    }
  }
  return times
}

/** Largest resident memory of a command, in bytes. */
export interface Peak {
  /** Of the process that was started. */
  own: number
  /** Of the largest process that it has started; 0 when there is none. */
  child: number
}

/**
 * Runs a command and watches its memory, and that of its children, until it ends. What the system reports after the end would be
 * too much: where a process is started with vfork(2), it counts in what its parent had.
 *
 * @param interval how often to look, in milliseconds
 */
export async function watchMemory(
  command: Command,
  interval: number,
): Promise<{ peak: Peak; output: string }> {
  const child = start(command)
  const output = new Response(child.stdout).text()
  const peak = { own: 0, child: 0 }
  const look = () => {
    peak.own = Math.max(peak.own, readPeak(child.pid))
    for (const pid of childrenOf(child.pid)) peak.child = Math.max(peak.child, readPeak(pid))
  }
  const timer = setInterval(look, interval)
  look()
  const code = await child.exited
  clearInterval(timer)
  if (code !== 0) throw new Error(`"${command.words.join(' ')}" ended with ${code}`)
  return { peak, output: await output }
}

/** Reads `VmHWM` of proc_pid_status(5), in bytes; 0 for a process that has ended. */
function readPeak(pid: number): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kibibytes ?? 0) * 1024
  } catch {
    return 0
  }
}

function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return []
  return readdirSync(tasks).flatMap((task) => {
    try {
      return readFileSync(`${tasks}/${task}/children`, 'utf8').split(' ').filter(Boolean).map(
        Number,
      )
    } catch {
      return []
    }
  })
}
