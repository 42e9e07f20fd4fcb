import { writeFileSync } from 'node:fs'
import { startListener } from './start_process.ts'

/** Name of the file in a run directory that names the process group of its guest. */
const GROUP_FILE = 'guest_group'

/**
 * Waits for a line that says all is well. When the pipe ends without one, the host has died without cleaning up: then
 * every process of the guest's group, if there is a guest, is killed and the run's directory removed.
 */
const OF_RUN = `read -r word || {
  [ -f "$1/${GROUP_FILE}" ] && read -r group < "$1/${GROUP_FILE}" && kill -KILL "-$group"
  # Killed namespaces take a moment to end, and until then something may be written where it is removed.
  for n in 1 2 3 4 5 6 7 8 9; do rm -rf "$1" && break; sleep 0.1; done
}`

/** The same for a command, which has no directory. */
const OF_COMMAND = 'read -r word || kill -KILL "-$1"'

/** A process that outlives the host by a moment. */
export interface Watchdog {
  /** Tells it that all has ended as it should, and waits until it has ended too. */
  dismiss(): Promise<void>
}

/** The watchdog of a run. */
export interface RunWatchdog extends Watchdog {
  /** Tells it whom to kill. */
  guard(group: number): void
}

/**
 * Starts the watchdog of a run: a killed host (`kill -9`, out of memory) can run no handler, and its guest must not live on
 * with the terminal, nor its socket stay. A shell that reads a pipe needs no native code and knows within a millisecond.
 *
 * It is started before the guest, so that there is no moment at which a guest has none.
 *
 * @param directory the run's directory
 */
export function startWatchdog(directory: string): RunWatchdog {
  return {
    ...startShell(OF_RUN, directory),
    guard(group) {
      // Not through the pipe, which is written to in a later turn: a host can be killed before it.
      writeFileSync(`${directory}/${GROUP_FILE}`, `${group}\n`, { mode: 0o600 })
    },
  }
}

/** Starts the watchdog of a command that runs without a directory of its own. */
export function startCommandWatchdog(group: number): Watchdog {
  return startShell(OF_COMMAND, String(group))
}

function startShell(script: string, subject: string): Watchdog {
  const tell = startListener({
    command: '/bin/sh',
    args: ['-c', script, 'phylum-watchdog', subject],
    environment: { PATH: '/usr/bin:/bin' },
  })
  return { dismiss: () => tell('done\n') }
}
