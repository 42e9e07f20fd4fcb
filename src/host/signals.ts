import type { Guest } from '#sandbox'

/** How long a guest has to end by itself once it was asked to, in milliseconds. */
const GRACE = 2_000

/** Grace after Ctrl-C: people ask for an orderly end with it, and press it again when they have had enough. */
const INTERRUPT_GRACE = 10_000

/** Signals that ask a run to end. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

/** The signals of one run, from its first moment to its last. */
export interface Signals {
  /** The first signal that asked the run to end, if one did. */
  readonly asked: NodeJS.Signals | undefined
  /** Passes signals on to a guest from now on, and what came before it was there; to others as well. */
  follow(guest: Guest): void
  /** Calls a function when the terminal has another size, before a guest hears of it. */
  onResize(listener: () => void): void
  /** Forgets a guest that has ended. */
  leave(guest: Guest): void
  /** Leaves signals to the system again. */
  release(): void
}

/**
 * Catches the terminal's and other processes' signals: a host that died of one between its first file and its last would
 * leave a socket, a directory or a guest behind. The guest lives in a session of its own and hears none of them unless they
 * are passed on. One that does not end in time is killed.
 *
 * @param stop asks the run to end, as a signal does
 */
export function catchSignals(stop?: AbortSignal): Signals {
  let asked: NodeJS.Signals | undefined
  const guests = new Set<Guest>()
  const resized: (() => void)[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const handlers = new Map<NodeJS.Signals, () => void>()

  function end(name: NodeJS.Signals): void {
    const isAgain = asked !== undefined
    asked ??= name
    if (guests.size === 0) return
    send(isAgain && name === 'SIGINT' ? 'SIGKILL' : name)
    // One may stand still, for the user is being asked something.
    send('SIGCONT')
    limit(name)
  }

  function send(name: NodeJS.Signals): void {
    for (const guest of guests) guest.signal(name)
  }

  function limit(name: NodeJS.Signals): void {
    clearTimeout(timer)
    timer = setTimeout(() => send('SIGKILL'), name === 'SIGINT' ? INTERRUPT_GRACE : GRACE)
  }

  for (const name of ENDING) handlers.set(name, () => end(name))
  handlers.set('SIGWINCH', () => {
    for (const listener of resized) listener()
    send('SIGWINCH')
  })
  handlers.set('SIGCONT', () => send('SIGCONT'))
  handlers.set('SIGTSTP', () => {
    // Ctrl-Z: the guest cannot be in the shell's job, so it is stopped first and the host stops itself.
    send('SIGSTOP')
    process.kill(process.pid, 'SIGSTOP')
  })
  for (const [name, handler] of handlers) process.on(name, handler)
  const onStop = () => end('SIGTERM')
  if (stop?.aborted) onStop()
  stop?.addEventListener('abort', onStop)
  return {
    get asked() {
      return asked
    },
    follow(guest) {
      guests.add(guest)
      if (asked === undefined) return
      guest.signal(asked)
      limit(asked)
    },
    onResize: (listener) => void resized.push(listener),
    leave: (guest) => void guests.delete(guest),
    release() {
      clearTimeout(timer)
      stop?.removeEventListener('abort', onStop)
      for (const [name, handler] of handlers) process.off(name, handler)
    },
  }
}
