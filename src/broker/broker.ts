import type { CredentialSource, Fetch, Log } from '#base'
import { display } from '#base'
import { isNetGranted } from '#permissions'
import { CALL_PATH, CAPABILITY_HEADER, DESTINATION_HEADER, EGRESS_PATH } from '#protocol'
import { assertCapability, assertMethod, createAuthorize } from './authorize.ts'
import type { Grant } from './authorize.ts'
import { portOf } from './destination.ts'
import type { Egress } from './egress.ts'
import { renderFailure } from './failure.ts'
import { pickRequestHeaders } from './headers.ts'
import type { LookUp } from './look_up.ts'
import { findApiTarget } from './placeholder.ts'
import { createQueue } from './queue.ts'
import type { Slot } from './queue.ts'
import { filterRedirect } from './redirect.ts'
import { passCall } from './pass_call.ts'
import type { AnswerCall } from './pass_call.ts'
import { createSend } from './send.ts'
import type { Incoming } from './incoming.ts'
import { serveSocket } from './serve_socket.ts'
import { parseTarget } from './target.ts'
import type { Target } from './target.ts'
import { createUserInfo, isUserInfo } from './user_info.ts'

/** A request body up to this many bytes is read before it is sent on, so that it can be sent twice. */
const REPLAYABLE_BODY = 1024 * 1024

/** What a broker needs: its place, the run it serves, and the world. */
export interface BrokerOptions {
  /** Path of the socket, in a directory that is ours alone; at most 107 bytes. */
  socket: string
  /** What each request must show. */
  capability: string
  /** What stands for the credential where an extension makes a header of its own; worth something here, and nowhere else. */
  placeholder: string
  apiOrigin: string
  grant: Grant
  /** Puts the question for a manifest that does not say what it asks of the API. */
  ask: () => Promise<boolean>
  /** Hosts beside the API that may be reached, and visited by its redirects; no credential goes there. */
  net: true | readonly string[]
  /** Looks up the addresses of such a host; the system's own way where it is not told. */
  lookUp?: LookUp
  /** Answers what the guest asks of its host; nobody does where it is absent. */
  answerCall?: AnswerCall
  credential: CredentialSource
  fetch: Fetch
  fetchAlone: Fetch
  /** How long the API may be silent, in milliseconds. */
  timeout: number
  userAgent: string
  log: Log
}

/** A running broker. */
export interface Broker {
  /** The error that kept a credential from being used, if one did: the run's own exit code follows from it. */
  credentialError(): unknown
  /** Stops at once; requests in flight are cut. */
  close(): void
}

/** Starts the broker of one run. @throws ERR_HOST_DIRECTORY when the socket cannot be bound */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const authorize = createAuthorize(options.grant, options.ask)
  let credentialError: unknown
  const credential: CredentialSource = {
    get: () => options.credential.get().catch(remember),
    renew: (rejected) => options.credential.renew(rejected).catch(remember),
  }
  function remember(error: unknown): never {
    credentialError ??= error
    throw error
  }
  const send = createSend({ ...options, credential })
  const askUserInfo = createUserInfo(options.apiOrigin, send)
  const queue = createQueue()
  // What few extensions need is loaded for those.
  let egress: Promise<Egress> | undefined
  const openEgress = async () => (await import('./egress.ts')).createEgress(options)

  async function answer(incoming: Incoming): Promise<Response> {
    assertCapability(incoming.headers.get(CAPABILITY_HEADER), options.capability)
    if (incoming.target === CALL_PATH && options.answerCall !== undefined) {
      return await passCall(incoming, options.answerCall)
    }
    if (incoming.target !== EGRESS_PATH) return await callApi(incoming)
    const target = findApiTarget(incoming.headers, options)
    return target === undefined
      ? await (await (egress ??= openEgress()))(incoming)
      : await callApi({ ...incoming, target })
  }

  async function callApi(incoming: Incoming): Promise<Response> {
    assertMethod(incoming.method)
    const target = parseTarget(incoming.target, options.apiOrigin)
    const headers = pickRequestHeaders(incoming.headers)
    await authorize(incoming.method, target.path)
    // Before the body is read: as many bodies are held as requests run.
    const slot = await queue.enter(incoming.signal)
    try {
      return await forward(incoming, target, headers, slot)
    } catch (error) {
      slot.release()
      throw error
    }
  }

  async function forward(
    incoming: Incoming,
    target: Target,
    headers: Headers,
    slot: Slot,
  ): Promise<Response> {
    const { method, signal } = incoming
    const response = isUserInfo(method, target)
      ? await askUserInfo(signal, slot)
      : await send({ method, target, headers, body: await readReplayable(incoming), signal, slot })
    try {
      return filterRedirect(
        response,
        target.url,
        (url) => isNetGranted(options.net, url.hostname, portOf(url)),
      )
    } catch (error) {
      // Its body would be waited for until the time is over.
      await response.body?.cancel()
      throw error
    }
  }

  const server = await serveSocket(options.socket, async (incoming) => {
    const started = performance.now()
    let response: Response
    try {
      response = await answer(incoming)
    } catch (error) {
      response = renderFailure(error)
    }
    const took = (performance.now() - started).toFixed(1)
    const target = incoming.headers.get(DESTINATION_HEADER) ?? incoming.target
    options.log.debug(
      `${display(incoming.method, 20)} ${display(target)} ${response.status} ${took} ms`,
    )
    return response
  })
  return {
    credentialError: () => credentialError,
    close: () => server.close(),
  }
}

/** Reads a small body whole; a large one, or one of unknown length, stays a stream. */
async function readReplayable(
  incoming: Incoming,
): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null> {
  if (incoming.body === null) return null
  const length = incoming.headers.get('content-length')
  if (length === null || Number(length) > REPLAYABLE_BODY) return incoming.body
  return new Uint8Array(await new Response(incoming.body).arrayBuffer())
}
