import { display, type Fetch, PhylumError } from '#base'

/** Most bytes of an answer of the login service; discovery documents have about 10 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024

/** What is done with the answers. */
export interface Narrowing {
  /** Builds the error for an answer that cannot be used. */
  fail(state: string, cause?: unknown): PhylumError
  /** Answers what is left of a JSON object, and of its status; called for each answer to `request`. */
  narrow(answer: Answer, request: { method: string; url: string }): Answer | Promise<Answer>
}

/** A JSON object that a service answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Makes the `fetch` through which the OpenID client talks to the API and the login service: it follows no redirect, reads a bounded answer,
 * and leaves of an answer only what is used.
 */
export function createNarrowFetch(fetch: Fetch, { fail, narrow }: Narrowing): Fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const host = `"${display(new URL(url).host)}"`
    try {
      // A redirect would carry the code or the token, in the body of the request, to wherever the answer says.
      const response = await fetch(input, { ...init, redirect: 'manual' })
      const bytes = await readBounded(
        response,
        () => fail(`the answer of ${host} is larger than ${MAX_ANSWER_BYTES / 1024} KiB`),
      )
      const body = parseObject(bytes)
      if (body === undefined) return rebuild(response, response.status, bytes)
      const request = { method: init?.method ?? 'GET', url }
      const answer = await narrow({ status: response.status, body }, request)
      return rebuild(
        response,
        answer.status,
        answer.body === body ? bytes : new TextEncoder().encode(JSON.stringify(answer.body)),
      )
    } catch (error) {
      if (error instanceof PhylumError) throw error
      const isLate = init?.signal?.aborted === true
      throw fail(`${host} ${isLate ? 'did not answer in time' : 'cannot be reached'}`, error)
    }
  }
}

async function readBounded(
  response: Response,
  tooLarge: () => PhylumError,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
}

// Of the headers only what the client reads; the length and the encoding are no longer those of the body.
function rebuild(response: Response, status: number, bytes: Uint8Array<ArrayBuffer>): Response {
  const headers = new Headers()
  for (const name of ['content-type', 'www-authenticate', 'retry-after']) {
    const value = response.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const hasBody = ![204, 205, 304].includes(status)
  return new Response(hasBody ? bytes : null, { status, headers })
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const isObject = typeof answer === 'object' && answer !== null && !Array.isArray(answer)
    return isObject ? answer as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}
