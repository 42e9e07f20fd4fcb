import { PhylumError } from '#base'
import { reclaim } from './reclaim.ts'

/** A timer that is so late, in milliseconds, was not late for the work of this process. */
const STANDSTILL = 250

/** How long an answer may take to be seen after that, in milliseconds. */
const GRACE = 2_000

/** A watch over one request: that the API is not silent for too long, and that the guest is still there. */
export interface Silence {
  /** Aborts the request when the limit has passed or the guest has gone. */
  signal: AbortSignal
  /** From now on, silence counts. */
  start(): void
  /** Silence does not count until the next start. */
  pause(): void
  /** Ends the watch. */
  stop(): void
  /** Ends the watch, and the request with it. */
  abort(): void
  /**
   * Waits for one step of the request, and no longer than the watch lasts. The signal alone is not enough: where a platform
   * derives its own signal from it, the link can be collected as garbage and the abort never arrives (seen under Deno).
   */
  guard<T>(step: Promise<T>): Promise<T>
  /** Counts each chunk of an upload as a sign of life. */
  watch(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>
  /** The error to show when the time limit, and nothing else, ended the request. */
  expired(origin: string, whom?: string): PhylumError | undefined
}

/**
 * Starts to watch.
 *
 * @param limit longest silence in milliseconds
 * @param guest aborts when the guest has gone
 */
export function watchSilence(limit: number, guest: AbortSignal | undefined): Silence {
  const controller = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
  })
  aborted.catch(() => {})
  let since: number | undefined
  let isExpired = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let due = 0

  function wait(time: number): void {
    due = performance.now() + time
    timer = setTimeout(check, time)
  }

  // One timer per wait would cost more than the chunk it guards, so the timer looks at the clock when it fires.
  function check(): void {
    const now = performance.now()
    const left = since === undefined ? limit : since + limit - now
    if (left > 0) wait(left)
    else if (now - due > STANDSTILL) {
      // This process stood still itself (Ctrl-Z, a laptop that slept). The API may have answered long ago; that has yet to be seen.
      since = now - limit + Math.min(limit, GRACE)
      wait(Math.min(limit, GRACE))
    } else {
      isExpired = true
      controller.abort()
    }
  }
  const abort = () => controller.abort()
  const silence: Silence = {
    signal: controller.signal,
    start() {
      since = performance.now()
    },
    pause() {
      since = undefined
    },
    stop() {
      clearTimeout(timer)
      guest?.removeEventListener('abort', abort)
    },
    abort() {
      silence.stop()
      controller.abort()
    },
    guard: (step) => Promise.race([step, aborted]),
    watch(body) {
      return body.pipeThrough(
        new TransformStream({
          async transform(chunk, stream) {
            silence.start()
            await reclaim(chunk.length)
            stream.enqueue(chunk)
          },
        }),
      )
    },
    expired(origin, whom = 'the API') {
      if (!isExpired) return undefined
      const seconds = Math.round(limit / 100) / 10
      const host = new URL(origin).host
      return new PhylumError(
        'ERR_BROKER_TIMEOUT',
        `Cannot wait for ${whom} any longer: "${host}" was silent for ${seconds} s`,
      )
    },
  }
  silence.start()
  wait(limit)
  if (guest?.aborted) controller.abort()
  else guest?.addEventListener('abort', abort, { once: true })
  return silence
}
