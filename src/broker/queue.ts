import { PhylumError } from '#base'
import { MAX_REQUESTS } from '#protocol'

/** How many requests may wait. An honest guest sends no more than run at once; what waits here are connections of somebody else. */
const MAX_WAITING = 1_024

/** How long requests wait while every answer that is under way waits for its reader, in milliseconds. */
const STALL = 10_000

/** The place of one request among those that run. */
export interface Slot {
  /** From now on it is the guest's turn: it has to read before anything goes on. */
  pause(): void
  /** From now on it is the API's turn. */
  resume(): void
  /** Gives the place to the next; further calls do nothing. */
  release(): void
}

/** The requests of one run. */
export interface Queue {
  /**
   * Waits for a place, in the order of arrival.
   * @throws ERR_BROKER_BUSY when too many wait, or none of the answers under way is read; the signal's reason when it aborts
   */
  enter(signal: AbortSignal): Promise<Slot>
}

/** What a queue is made with; what is not given is as in an ordinary run. */
export interface QueueLimits {
  running?: number
  waiting?: number
  stall?: number
}

interface Waiting {
  admit(slot: Slot): void
  refuse(error: unknown): void
}

/**
 * Makes the queue of a run. Ten thousand requests at once would take as many sockets and bodies in the host, and fall upon the API in
 * the user's name.
 */
export function createQueue(limits: QueueLimits = {}): Queue {
  const { running = MAX_REQUESTS, waiting: most = MAX_WAITING, stall = STALL } = limits
  const waiting = new Set<Waiting>()
  /** For each request that runs: whether it waits for the guest. */
  const slots = new Map<Slot, boolean>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function open(): Slot {
    const turn = (isPaused: boolean) => {
      if (slots.has(slot)) slots.set(slot, isPaused)
      watch()
    }
    const slot: Slot = {
      pause: () => turn(true),
      resume: () => turn(false),
      release() {
        if (!slots.delete(slot)) return
        const [next] = waiting
        if (next !== undefined) next.admit(open())
        watch()
      },
    }
    slots.set(slot, false)
    return slot
  }

  /** An extension that opens answers and reads none, but asks for more, waits for itself: it is told so instead. */
  function watch(): void {
    const isStalled = waiting.size > 0 && [...slots.values()].every((isPaused) => isPaused)
    if (!isStalled) {
      clearTimeout(timer)
      timer = undefined
    } else timer ??= setTimeout(refuseAll, stall)
  }

  function refuseAll(): void {
    timer = undefined
    for (const each of waiting) {
      each.refuse(busy(`${slots.size} answers are open, and nobody reads them`))
    }
  }

  return {
    async enter(signal) {
      if (slots.size < running) return open()
      if (waiting.size >= most) throw busy(`${most} others wait already`)
      return await new Promise<Slot>((resolve, reject) => {
        const leave = () => {
          waiting.delete(entry)
          signal.removeEventListener('abort', abort)
          watch()
        }
        const abort = () => entry.refuse(signal.reason)
        const entry: Waiting = {
          admit(slot) {
            leave()
            resolve(slot)
          },
          refuse(error) {
            leave()
            reject(error)
          },
        }
        waiting.add(entry)
        signal.addEventListener('abort', abort)
        watch()
        if (signal.aborted) abort()
      })
    },
  }
}

function busy(state: string): PhylumError {
  return new PhylumError('ERR_BROKER_BUSY', `Cannot send the request: ${state}`)
}
