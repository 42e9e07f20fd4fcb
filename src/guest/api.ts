import { BROKER_ORIGIN, CAPABILITY_HEADER, ERROR_HEADER, MAX_REQUESTS } from '#protocol'
import type { Operations, RunDescription, WireError } from '#protocol'
import { ApiError } from './api_error.ts'
import { describe } from './describe.ts'
import { createOperations } from './operations.ts'
import { followRedirect } from './redirect.ts'
import { createTurns } from './turns.ts'

/**
 * How an extension reaches the API: `fetch` for whatever it may have, and a function with typed parameters and a typed answer for
 * each operation that is known.
 *
 * @example
 * ```ts
 * import { api, ApiError } from 'phylum'
 *
 * try {
 *   const { groups } = await api.groups.list()
 *   console.log(groups.map((group) => group.group_name))
 * } catch (error) {
 *   if (error instanceof ApiError && error.code === 'ERR_BROKER_DENIED') console.error(error.message)
 *   else throw error
 * }
 * ```
 */
export interface Api extends Operations {
  /**
   * Calls the API with the user's credential: the web's own `fetch`, except that the host attaches the credential, and
   * that only what the manifest's `[api]` table lists is sent.
   *
   * A path is relative to the API's current version ("/groups"); one that begins with "/api/" is taken as it is. An
   * absolute URL must be on the API's own origin.
   *
   * A request that the manifest does not grant is answered with status 403 and a JSON body whose `error.grant` is the
   * manifest line that would allow it.
   *
   * @throws ApiError when the API cannot be reached: `code` is `ERR_BROKER_CONNECT`, `ERR_BROKER_DNS`, `ERR_BROKER_TLS`,
   * `ERR_BROKER_TIMEOUT`, `ERR_BROKER_BUSY`, `ERR_BROKER_REDIRECT`, `ERR_BROKER_REQUEST`, `ERR_AUTH_REQUIRED` or `ERR_AUTH_FAILED`
   *
   * @example
   * ```ts
   * import { api } from 'phylum'
   *
   * const response = await api.fetch('/groups')
   * const { groups } = await response.json()
   * ```
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
}

/** Sends one request through the broker's socket. */
export type Transport = (url: string, init: RequestInit) => Promise<Response>

/** Called with the manifest line for a request that was refused. */
export type OnDenied = (message: string, grant: string, stack: string) => void

/** Code of a request that the manifest does not grant. It is an answer, status 403, and no error. */
export const DENIED = 'ERR_BROKER_DENIED'

/** Says which line of the manifest would have allowed a request. */
export async function reportDenied(
  response: Response,
  caller: Error,
  onDenied: OnDenied,
): Promise<void> {
  const { error } = (await response.clone().json()) as WireError
  onDenied(error.message, error.grant ?? '', caller.stack ?? '')
}

/** Makes the extension's `api`. */
export function createApi(run: RunDescription, transport: Transport, onDenied: OnDenied): Api {
  const takeTurn = createTurns(MAX_REQUESTS)

  async function send(url: URL, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set(CAPABILITY_HEADER, run.capability)
    const target = BROKER_ORIGIN + url.pathname + url.search
    const sent = { ...init, headers, redirect: 'manual' as const }
    const response = await takeTurn(() => transport(target, sent), init.signal ?? undefined)
    if (response.headers.has(ERROR_HEADER) && response.status !== 403) {
      throw await readError(response)
    }
    return describe(response, url, false)
  }

  const fetch: Api['fetch'] = async (input, init) => {
    const caller = new Error()
    const request = input instanceof Request ? await spread(input, init) : { ...init }
    const url = resolve(input instanceof Request ? input.url : input, run.apiOrigin)
    request.signal?.throwIfAborted()
    const response = await followRedirect(url, request, send)
    if (response.headers.has(ERROR_HEADER)) await reportDenied(response, caller, onDenied)
    return response
  }
  return { fetch, ...createOperations(fetch) }
}

/** Finds the URL that an extension means. */
function resolve(input: string | URL, apiOrigin: string): URL {
  const text = String(input)
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) {
    const url = new URL(text)
    if (url.origin === apiOrigin && url.username === '' && url.password === '') return url
    throw new ApiError(
      'ERR_BROKER_REQUEST',
      `Cannot send the request: "${url.origin}" is not the API`,
    )
  }
  const path = text.startsWith('/') ? text : `/${text}`
  // Appended, not resolved: against a base, "//host" would name another host.
  return new URL(apiOrigin + (path.startsWith('/api/') ? path : `/api/v0${path}`))
}

/** Takes a `Request` apart, `init` winning as it does for `fetch`. */
export async function spread(request: Request, init: RequestInit = {}): Promise<RequestInit> {
  // Before its body is read: Bun derives the content type from that, and forgets it with it.
  const headers = new Headers(request.headers)
  const body = init.body ?? (request.body === null ? null : await request.arrayBuffer())
  return {
    method: request.method,
    headers,
    redirect: request.redirect,
    signal: request.signal,
    ...init,
    body,
  }
}

/** Reads the broker's own answer. */
export async function readError(response: Response): Promise<ApiError> {
  const { error } = (await response.json()) as WireError
  return new ApiError(error.code, error.message)
}
