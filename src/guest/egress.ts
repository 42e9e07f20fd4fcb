import {
  BROKER_ORIGIN,
  CAPABILITY_HEADER,
  DESTINATION_HEADER,
  EGRESS_PATH,
  ERROR_HEADER,
} from '#protocol'
import type { RunDescription } from '#protocol'
import { readError, spread } from './api.ts'
import type { Transport } from './api.ts'
import { describe } from './describe.ts'
import { followRedirect } from './redirect.ts'

/** The shape of the web's own `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What the road to other hosts needs of the engine. */
export interface EgressOptions {
  transport: Transport
  /** The engine's own, for what needs no network. */
  fetch: Fetch
  /** Builds the error that the engine throws for a host that was not granted. */
  refuse: (message: string) => Error
}

/** Codes of what the manifest does not grant; their messages are in the words of the engine. */
const REFUSALS = new Set(['ERR_BROKER_HOST', 'ERR_BROKER_ADDRESS'])

/** What goes to one host and not to the next (Fetch standard, section 4.4, step 13; engines do it for all of these). */
const BOUND_TO_ORIGIN = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key']

/**
 * Makes the `fetch` of extensions. There is no network in the sandbox: a request to a host of the manifest's `net` is sent to the
 * host of the run, which goes there in its place.
 */
export function createFetch(run: RunDescription, options: EgressOptions): Fetch {
  async function send(url: URL, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.delete('host')
    headers.set(CAPABILITY_HEADER, run.capability)
    headers.set(DESTINATION_HEADER, url.href.split('#', 1)[0]!)
    const response = await options.transport(BROKER_ORIGIN + EGRESS_PATH, {
      ...init,
      headers,
      redirect: 'manual',
    })
    if (!response.headers.has(ERROR_HEADER)) return describe(response, url, false)
    const error = await readError(response)
    throw REFUSALS.has(error.code) ? options.refuse(error.message) : error
  }

  return async (input, init) => {
    const caller = new Error()
    const url = findUrl(input)
    // Not of the network, or of a socket or client that the extension has made itself: the engine's own business.
    if (url === undefined || (init !== undefined && ('unix' in init || 'client' in init))) {
      return await options.fetch(input, init)
    }
    if (url.username !== '' || url.password !== '') {
      throw new TypeError('Cannot fetch: the URL holds a name or a password')
    }
    const request = input instanceof Request ? await spread(input, init) : { ...init }
    request.signal?.throwIfAborted()
    try {
      return await followRedirect(url, request, send, BOUND_TO_ORIGIN)
    } catch (error) {
      if (error instanceof Error) {
        error.stack = `${error.name}: ${error.message}\n${framesOf(caller)}`
      }
      throw error
    }
  }
}

function findUrl(input: string | URL | Request): URL | undefined {
  const text = input instanceof Request ? input.url : String(input)
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined
}

/** Where the extension asked: an error that came over the socket knows it no more. */
function framesOf(caller: Error): string {
  return (caller.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).join('\n')
}
