import { display, type Fetch, PhylumError } from '#base'

/** Most bytes of an answer of the login service; discovery documents have about 10 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024

/** Longest life of an access token that is believed, in seconds. */
const MAX_LIFETIME = 366 * 24 * 60 * 60

/**
 * Makes the `fetch` through which the exchange talks to the API and the login service: it follows no redirect, reads a bounded answer, and
 * leaves of a token answer only what is used. An odd lifetime, or an ID token that nobody reads, must not make the client throw the
 * answer away: by then the old refresh token is spent, and the new one is in it.
 */
export function createNarrowFetch(fetch: Fetch): Fetch {
  return async (input, init) => {
    const host = new URL(input instanceof Request ? input.url : input).host
    try {
      // A redirect would carry the refresh token, in the body of the request, to wherever the answer says.
      const response = await fetch(input, { ...init, redirect: 'manual' })
      const bytes = await readBounded(response, host)
      const isTokenAnswer = init?.method === 'POST' && response.status === 200
      return rebuild(response, isTokenAnswer ? narrow(bytes) : bytes)
    } catch (error) {
      if (error instanceof PhylumError) throw error
      const state = init?.signal?.aborted === true ? 'did not answer in time' : 'cannot be reached'
      throw cannotExchange(`"${display(host)}" ${state}`, error)
    }
  }
}

async function readBounded(response: Response, host: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) {
      throw cannotExchange(
        `the answer of "${display(host)}" is larger than ${MAX_ANSWER_BYTES / 1024} KiB`,
      )
    }
    chunks.push(chunk)
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
}

// Of the headers only what the client reads; the length and the encoding are no longer those of the body.
function rebuild(response: Response, bytes: Uint8Array<ArrayBuffer>): Response {
  const headers = new Headers()
  for (const name of ['content-type', 'www-authenticate']) {
    const value = response.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const hasBody = ![204, 205, 304].includes(response.status)
  return new Response(hasBody ? bytes : null, { status: response.status, headers })
}

function narrow(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let answer: unknown
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return bytes
  }
  if (typeof answer !== 'object' || answer === null) return bytes
  const { access_token, token_type, refresh_token, expires_in } = answer as Record<string, unknown>
  // RFC 6749, section 5.1, recommends `expires_in` and does not demand it; what is no sensible time counts as absent.
  const lifetime = typeof expires_in === 'string' ? Number(expires_in) : expires_in
  const isSensible = typeof lifetime === 'number' && lifetime > 0 && lifetime <= MAX_LIFETIME
  const kept = {
    access_token,
    token_type,
    ...(typeof refresh_token === 'string' && refresh_token !== '' ? { refresh_token } : {}),
    ...(isSensible ? { expires_in: lifetime } : {}),
  }
  return new TextEncoder().encode(JSON.stringify(kept))
}

/** Builds the error for an exchange that did not come about. */
export function cannotExchange(state: string, cause?: unknown): PhylumError {
  return new PhylumError('ERR_AUTH_EXCHANGE', `Cannot exchange the refresh token: ${state}`, {
    cause,
  })
}
