import { PhylumError } from '#base'
import type { Credential, CredentialSource, Fetch } from '#base'
import { describeTransportError } from './failure.ts'
import { ACCEPTED_CODINGS, assertUnpacked, pickResponseHeaders } from './headers.ts'
import { reclaim } from './reclaim.ts'
import type { Slot } from './queue.ts'
import { createScrubber } from './scrub.ts'
import type { Scrubber } from './scrub.ts'
import { watchSilence } from './silence.ts'
import type { Silence } from './silence.ts'
import type { Target } from './target.ts'

/** Bodies up to this many bytes are handled whole: cheaper, and they can be sent again after a renewed exchange. */
const WHOLE_BODY = 64 * 1024

/** A request as it leaves the broker, without its credential. */
export interface Outgoing {
  method: string
  target: Target
  /** What the extension may set; the credential is attached after them, so none of them can replace it. */
  headers: Headers
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null
  /** Aborts when the guest has gone. */
  signal?: AbortSignal
  /** Its place among the requests of a run, given back when the answer is through. */
  slot?: Slot
}

/** What sending needs from the world. */
export interface SendOptions {
  /** Origin of the API: the only one to which the credential is ever attached. */
  apiOrigin: string
  credential: CredentialSource
  fetch: Fetch
  /**
   * Sends over a connection of its own. A server that answers without having read the body leaves its rest on the
   * connection, where it is taken for the next request; seen with both platforms' pools.
   */
  fetchAlone: Fetch
  /** How long the API may be silent, in milliseconds: before its answer begins, and within it. */
  timeout: number
  userAgent: string
}

/** Sends a request with the credential and gives the answer without it. */
export type Send = (outgoing: Outgoing) => Promise<Response>

/**
 * Makes the function that attaches the credential and sends.
 *
 * A 401 is answered by one renewed exchange and one retry, where the credential can be renewed and the body still exists.
 */
export function createSend(options: SendOptions): Send {
  let scrubbing: { credential: Credential; scrubber: Scrubber } | undefined

  function scrubberFor(credential: Credential): Scrubber {
    if (scrubbing?.credential !== credential) {
      scrubbing = { credential, scrubber: createScrubber(credential.secrets) }
    }
    return scrubbing.scrubber
  }

  async function sendOnce(outgoing: Outgoing, credential: Credential): Promise<Response> {
    // A credential is bound to one origin; this holds even if a target were ever built elsewhere.
    if (outgoing.target.url.origin !== options.apiOrigin) {
      throw new PhylumError(
        'ERR_BROKER_REQUEST',
        'Cannot send the request: it would leave the origin of the API',
      )
    }
    const silence = watchSilence(options.timeout, outgoing.signal)
    try {
      const headers = new Headers(outgoing.headers)
      headers.set('user-agent', options.userAgent)
      headers.set('accept-encoding', ACCEPTED_CODINGS)
      headers.set('authorization', `Bearer ${credential.bearer.reveal()}`)
      const init: RequestInit & { duplex?: 'half' } = {
        method: outgoing.method,
        headers,
        // A redirect that the platform followed would carry the credential on.
        redirect: 'manual',
        signal: silence.signal,
      }
      if (outgoing.body !== null) {
        init.body = outgoing.body instanceof Uint8Array
          ? outgoing.body
          : silence.watch(outgoing.body)
        init.duplex = 'half'
      }
      const fetch = outgoing.body === null ? options.fetch : options.fetchAlone
      const response = await silence.guard(fetch(outgoing.target.url, init))
      return await clean(response, outgoing, scrubberFor(credential), silence)
    } catch (error) {
      silence.stop()
      if (error instanceof PhylumError) throw error
      throw silence.expired(options.apiOrigin) ?? describeTransportError(error, options.apiOrigin)
    }
  }

  return async (outgoing) => {
    const credential = await options.credential.get()
    const response = await sendOnce(outgoing, credential)
    if (response.status !== 401) return response
    const renewed = await options.credential.renew(credential)
    if (renewed === undefined || outgoing.body instanceof ReadableStream) return response
    await response.body?.cancel()
    return await sendOnce(outgoing, renewed)
  }
}

/** Builds the answer for the guest: listed headers, scrubbed values, scrubbed body. */
async function clean(
  response: Response,
  outgoing: Outgoing,
  scrubber: Scrubber,
  silence: Silence,
): Promise<Response> {
  const headers = pickResponseHeaders(response.headers, (value) => scrubber.text(value))
  const init = { status: response.status, headers }
  const location = response.headers.get('location')
  if (location !== null) headers.set('location', scrubber.text(location))
  if (response.body === null || outgoing.method === 'HEAD' || isBodiless(response.status)) {
    silence.stop()
    await response.body?.cancel()
    outgoing.slot?.release()
    return new Response(null, init)
  }
  try {
    assertUnpacked(response.headers)
  } catch (error) {
    await response.body.cancel()
    throw error
  }
  const length = Number(headers.get('content-length') ?? Infinity)
  if (length <= WHOLE_BODY) {
    const bytes = await silence.guard(response.bytes())
    silence.stop()
    outgoing.slot?.release()
    return new Response(scrubber.bytes(bytes) as Uint8Array<ArrayBuffer>, init)
  }
  return new Response(scrubStream(response.body, scrubber, silence, outgoing.slot), init)
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

/** Passes a body on, chunk by chunk at the reader's pace. */
function scrubStream(
  body: ReadableStream<Uint8Array>,
  scrubber: Scrubber,
  silence: Silence,
  slot: Slot | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader()
  const scrub = scrubber.stream()
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      slot?.pause()
      silence.signal.addEventListener('abort', () => {
        slot?.release()
        controller.error(silence.signal.reason)
        reader.cancel().catch(() => {})
      })
    },
    async pull(controller) {
      try {
        for (;;) {
          silence.start()
          slot?.resume()
          const { done, value } = await reader.read()
          // The reader's own slowness is not the API's silence.
          silence.pause()
          slot?.pause()
          if (!done) await reclaim(value.length)
          const passed = done ? scrub.end() : scrub.push(value)
          if (passed !== undefined) controller.enqueue(passed as Uint8Array<ArrayBuffer>)
          if (done) {
            silence.stop()
            slot?.release()
            controller.close()
          }
          if (done || passed !== undefined) return
        }
      } catch (error) {
        silence.stop()
        slot?.release()
        controller.error(error)
      }
    },
    async cancel(reason) {
      silence.abort()
      slot?.release()
      await reader.cancel(reason).catch(() => {})
    },
  }, { highWaterMark: 0 })
}
