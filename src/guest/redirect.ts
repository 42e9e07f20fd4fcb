import { ApiError } from './api_error.ts'
import { describe } from './describe.ts'

/** Longest chain of redirects (Fetch standard, section 4.4, "HTTP-redirect fetch", step 5). */
const MAX_REDIRECTS = 20

/**
 * Follows redirects as the Fetch standard says. Each hop is a request of its own to the broker, which decides on it as on
 * any other; the broker lets no redirect through that leaves the API, unless the manifest's `net` names its host.
 *
 * @param passing headers that go along where a redirect leads to another origin; where they are not told, nothing at all does
 */
export async function followRedirect(
  url: URL,
  init: RequestInit,
  send: (url: URL, init: RequestInit) => Promise<Response>,
  passing?: readonly string[],
): Promise<Response> {
  let request = init
  let place = url
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await send(place, request)
    const location = response.headers.get('location')
    if (!isRedirect(response.status) || location === null || request.redirect === 'manual') {
      return hop === 0 ? response : describe(response, place, true)
    }
    if (request.redirect === 'error') {
      throw new ApiError('ERR_BROKER_REDIRECT', 'Cannot follow a redirect: the request forbids it')
    }
    await response.body?.cancel()
    const next = new URL(location, place)
    request = rewrite(request, response.status)
    if (next.origin !== place.origin) {
      // Another host than the API: it is asked for as the extension itself would, and nothing of this request goes along.
      if (passing === undefined) return await fetch(next, { signal: request.signal ?? null })
      const headers = [...new Headers(request.headers)].filter(([name]) => passing.includes(name))
      request = { ...request, headers }
    }
    place = next
  }
  throw new ApiError('ERR_BROKER_REDIRECT', `Cannot follow more than ${MAX_REDIRECTS} redirects`)
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}

/** Turns the request into the one that the answer asks for (Fetch standard, section 4.4, steps 10 to 14). */
function rewrite(init: RequestInit, status: number): RequestInit {
  const method = (init.method ?? 'GET').toUpperCase()
  const becomesGet = status === 303
    ? method !== 'GET' && method !== 'HEAD'
    : (status === 301 || status === 302) && method === 'POST'
  if (becomesGet) {
    const headers = new Headers(init.headers)
    for (const name of ['content-type', 'content-language']) headers.delete(name)
    return { ...init, method: 'GET', body: null, headers }
  }
  if (init.body instanceof ReadableStream) {
    throw new ApiError(
      'ERR_BROKER_REDIRECT',
      'Cannot follow a redirect: the body was a stream and is spent',
    )
  }
  return init
}
