import { PhylumError } from '#base'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { sealDescriptors } from './descriptors.ts'
import type { Launch } from './plan.ts'

/** A guest that runs, with every process it has started. */
export interface Guest {
  /** Process id of the guest, and id of its process group. */
  pid: number
  /** How it ended: its own exit code, or the signal that killed it. */
  ended: Promise<Ending>
  /** Sends a signal to the guest and all that belongs to its group; does nothing once all of them are gone. */
  signal(name: NodeJS.Signals): void
}

/** How a process ended. */
export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

/**
 * Starts a guest in a session of its own: no controlling terminal to push keystrokes into (TIOCSTI, CVE-2017-5226), one
 * group to signal, and a terminal's Ctrl-C reaches it once, through the host.
 *
 * @throws ERR_SANDBOX_START
 */
export async function startGuest(launch: Launch): Promise<Guest> {
  sealDescriptors()
  const child = spawn(launch.command, launch.args, {
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit'],
    env: launch.environment,
  })
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const pid = await started(child)
  return {
    pid,
    ended,
    signal(name) {
      try {
        process.kill(-pid, name)
      } catch {
        // Nobody is left to take it.
      }
    },
  }
}

function started(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) return Promise.resolve(child.pid)
  return new Promise((_, reject) => {
    child.once('error', (cause) => {
      reject(new PhylumError('ERR_SANDBOX_START', 'Cannot start the engine', { cause }))
    })
  })
}
