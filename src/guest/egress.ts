import {
  BROKER_ORIGIN,
  CAPABILITY_HEADER,
  DESTINATION_HEADER,
  EGRESS_PATH,
  ERROR_HEADER,
} from '#protocol'
import type { RunDescription } from '#protocol'
import { DENIED, readError, reportDenied, spread } from './api.ts'
import type { OnDenied, Transport } from './api.ts'
import { describe } from './describe.ts'
import type { Engine } from './engine.ts'
import { followRedirect } from './redirect.ts'

/** The shape of the web's own `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What the road to other hosts needs of the engine. */
export interface EgressOptions {
  transport: Transport
  /** The engine's own, for what needs no network. */
  fetch: Fetch
  refuse: Engine['refuse']
  onDenied: OnDenied
}

/** Codes of what the manifest does not grant; their messages are in the words of the engine. */
const REFUSALS = new Set(['ERR_BROKER_HOST', 'ERR_BROKER_ADDRESS'])

/**
 * Headers that go along to another host. A list of what passes: what an extension shows to one host, by whatever header, is not for
 * the next; engines keep back two or three that they know.
 */
const PASSING = [
  'accept',
  'accept-language',
  'content-language',
  'content-type',
  'range',
  'user-agent',
]

/**
 * Makes the `fetch` of extensions. There is no network in the sandbox: a request to a host of the manifest's `net` is sent to the
 * host of the run, which goes there in its place.
 */
export function createFetch(run: RunDescription, options: EgressOptions): Fetch {
  async function send(url: URL, init: RequestInit, caller: Error): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.delete('host')
    headers.set(CAPABILITY_HEADER, run.capability)
    headers.set(DESTINATION_HEADER, url.href.split('#', 1)[0]!)
    const response = await options.transport(BROKER_ORIGIN + EGRESS_PATH, {
      ...init,
      headers,
      redirect: 'manual',
    })
    const fault = response.headers.get(ERROR_HEADER)
    // A request to the API, by what stands for the credential; refused as `api.fetch` refuses.
    if (fault === DENIED) await reportDenied(response, caller, options.onDenied)
    if (fault === null || fault === DENIED) return describe(response, url, false)
    const error = await readError(response)
    throw REFUSALS.has(error.code) ? options.refuse(error.message, caller) : error
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
    return await followRedirect(
      url,
      request,
      (place, init) => send(place, init, caller),
      PASSING,
    )
  }
}

function findUrl(input: string | URL | Request): URL | undefined {
  const text = input instanceof Request ? input.url : String(input)
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined
}
