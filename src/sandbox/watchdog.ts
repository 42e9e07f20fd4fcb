import { spawn } from 'node:child_process'

/**
 * Waits for a line that says all is well. When the pipe ends without one, the host has died without cleaning up: then
 * every process of the guest's group is killed and the run's directory removed.
 */
const SCRIPT = `read -r word || {
  kill -KILL "-$1"
  shift
  # Killed namespaces take a moment to end, and until then something may be written where it is removed.
  [ $# = 0 ] || for n in 1 2 3 4 5 6 7 8 9; do rm -rf "$1" && break; sleep 0.1; done
}`

/** A process that outlives the host by a moment. */
export interface Watchdog {
  /** Tells it that the run has ended as it should, and waits until it has ended too. */
  dismiss(): Promise<void>
}

/**
 * Starts a watchdog: a killed host (`kill -9`, out of memory) can run no handler, and its guest must not live on with
 * the terminal, nor its socket stay. A shell that reads a pipe needs no native code and knows within a millisecond.
 *
 * @param group process group of the guest
 * @param directory the run's directory, if it has one
 */
export function startWatchdog(group: number, directory?: string): Watchdog {
  const subjects = [String(group), ...(directory === undefined ? [] : [directory])]
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'phylum-watchdog', ...subjects], {
    // A session of its own: the Ctrl-C that ends the host must not end it first.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  })
  child.stdin.on('error', () => {})
  child.unref()
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  return {
    async dismiss() {
      child.ref()
      child.stdin.end('done\n')
      await ended
    },
  }
}
