import { display, PhylumError } from '#base'
import type { ErrorCode } from '#base'
import { parseTarget } from '#broker'
import type { Send, Target } from '#broker'
import { STATUS_CODES } from '#protocol'

/** Longest answer that a command of our own reads, in bytes. */
const MAX_ANSWER = 16 * 1024 * 1024

/** Calls the API for a command of the host's own, over the same road as an extension's request. */
export interface ApiClient {
  /**
   * Sends a request and gives the parsed answer, or `undefined` where there is none.
   * @param path below the API's current version, "/groups"
   * @throws ERR_API_STATUS, ERR_API_NOT_FOUND, ERR_API_EXISTS, ERR_API_RATE_LIMITED, ERR_API_RESPONSE, ERR_AUTH_FAILED and what
   * keeps a request from reaching the API
   */
  call(method: string, path: string, body?: unknown): Promise<unknown>
  /** The same for a path of ours that is not below the API's version, "/locksmith/v1/tokens". */
  callAt(method: string, path: string, body?: unknown): Promise<unknown>
}

/** Makes the client. */
export function createApiClient(apiOrigin: string, send: Send): ApiClient {
  async function ask(method: string, target: Target, body: unknown): Promise<unknown> {
    const headers = new Headers({ accept: 'application/json' })
    if (body !== undefined) headers.set('content-type', 'application/json')
    const response = await send({
      method,
      target,
      headers,
      body: body === undefined ? null : new TextEncoder().encode(JSON.stringify(body)),
    })
    const text = await readText(response)
    if (!response.ok) throw describeStatus(response, text)
    return text === '' ? undefined : parseJson(text)
  }
  return {
    call: (method, path, body) => ask(method, parseTarget(`/api/v0${path}`, apiOrigin), body),
    callAt: (method, path, body) =>
      ask(method, { path, search: '', url: new URL(path, apiOrigin) }, body),
  }
}

/** Reads an answer, and no more of it than a command can have use for: its length may be a lie, or that of a bomb that is packed. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length
      // Leaving the loop cancels the rest.
      if (length > MAX_ANSWER) {
        throw new PhylumError(
          'ERR_API_RESPONSE',
          `Cannot read the answer of the API: it is longer than ${MAX_ANSWER / 1024 / 1024} MiB`,
        )
      }
      text += decoder.decode(chunk, { stream: true })
    }
  } catch (error) {
    if (error instanceof PhylumError) throw error
    throw new PhylumError(
      'ERR_BROKER_CONNECT',
      'Cannot read the answer of the API: the connection broke before its end',
      { hints: ['try again'], cause: error },
    )
  }
  return text + decoder.decode()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new PhylumError(
      'ERR_API_RESPONSE',
      `Cannot read the answer of the API: it is not JSON but "${display(text, 60)}"`,
      {
        hints: ['check the API URI: `phylum auth status` shows which one is in use'],
      },
    )
  }
}

const CODES: Partial<Record<number, ErrorCode>> = STATUS_CODES

/** Turns an error answer into an error of ours: the API's own words where it has some. */
function describeStatus(response: Response, text: string): PhylumError {
  const description = readDescription(text) ?? `it answered with status ${response.status}`
  const hints = response.status === 401
    ? [
      'log in again: `phylum auth login`',
      '`phylum auth explain` tells where the credential is from',
    ]
    : []
  return new PhylumError(
    CODES[response.status] ?? 'ERR_API_STATUS',
    `The API refused: ${display(description)}`,
    { hints },
  )
}

/** Reads `{"error":{"description":…}}`. */
function readDescription(text: string): string | undefined {
  try {
    const description = JSON.parse(text)?.error?.description
    return typeof description === 'string' && description !== '' ? description : undefined
  } catch {
    return undefined
  }
}
