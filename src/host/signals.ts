import type { Guest } from '#sandbox'

/** How long a guest has to end by itself once it was asked to, in milliseconds. */
const GRACE = 2_000

/** Grace after Ctrl-C: people ask for an orderly end with it, and press it again when they have had enough. */
const INTERRUPT_GRACE = 10_000

/** Signals that ask a run to end. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

/**
 * Passes the terminal's and other processes' signals on to the guest, which lives in a session of its own and hears none
 * of them otherwise. A guest that does not end in time is killed.
 *
 * @returns the function that stops passing them on
 */
export function forwardSignals(guest: Guest): () => void {
  let isAsked = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const handlers = new Map<NodeJS.Signals, () => void>()

  function end(name: NodeJS.Signals): void {
    guest.signal(isAsked && name === 'SIGINT' ? 'SIGKILL' : name)
    isAsked = true
    clearTimeout(timer)
    timer = setTimeout(() => guest.signal('SIGKILL'), name === 'SIGINT' ? INTERRUPT_GRACE : GRACE)
  }

  for (const name of ENDING) handlers.set(name, () => end(name))
  handlers.set('SIGWINCH', () => guest.signal('SIGWINCH'))
  handlers.set('SIGCONT', () => guest.signal('SIGCONT'))
  handlers.set('SIGTSTP', () => {
    // Ctrl-Z: the guest cannot be in the shell's job, so it is stopped first and the host stops itself.
    guest.signal('SIGSTOP')
    process.kill(process.pid, 'SIGSTOP')
  })
  for (const [name, handler] of handlers) process.on(name, handler)
  return () => {
    clearTimeout(timer)
    for (const [name, handler] of handlers) process.off(name, handler)
  }
}
