import { display } from '#base'
import { Refusal } from './refusal.ts'

/** Longest body of a request, in bytes. */
export const MAX_BODY = 1 << 20

/** Deepest nesting of arrays and objects in a body; the API's own bodies have one level. */
const MAX_DEPTH = 16

const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i

/** Reports the first fault of a value, or nothing when it has the form that is wanted. */
export type Check = (value: unknown) => { path: string; message: string } | undefined

/**
 * Reads the body of a request as JSON of a given form.
 *
 * @throws ERR_SERVER_REQUEST when it is too long, of another type, not JSON, or not of the form
 */
export async function readJson(
  request: Request,
  check: Check,
  limit = MAX_BODY,
): Promise<unknown> {
  // Only a script of the page's own origin may send this type without asking first (CORS), a form never can.
  const type = request.headers.get('content-type')
  if (type === null || !JSON_TYPE.test(type)) {
    throw refuse(415, 'it must have the content type "application/json"')
  }
  const value = parseJson(await readBytes(request, limit))
  const fault = check(value)
  if (fault === undefined) return value
  const where = fault.path === '' ? '' : ` at "${display(fault.path)}"`
  throw refuse(400, fault.message.toLowerCase() + where)
}

/**
 * Refuses a body where none is expected, rather than to ignore what its sender believes to have said.
 *
 * @throws ERR_SERVER_REQUEST when there is one
 */
export async function refuseBody(request: Request): Promise<void> {
  if ((await readBytes(request)).length > 0) throw refuse(400, 'this operation takes none')
}

/**
 * Reads the body of a request, whatever it is.
 *
 * @throws ERR_SERVER_REQUEST when it is longer than the limit, or does not arrive whole
 */
export async function readBytes(request: Request, limit = MAX_BODY): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  // An announced length is believed only when it is too long; what really arrives is counted.
  if (Number(request.headers.get('content-length')) > limit) throw tooLong(limit)
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of request.body) {
      length += chunk.length
      // Leaving the loop cancels the stream: the rest of a body without end is not kept.
      if (length > limit) throw tooLong(limit)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof Refusal ? error : refuse(400, 'it did not arrive whole')
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refuse(400, 'it is not UTF-8')
  }
  // Checked before parsing: a parser, or whatever walks its result, may run out of stack on "[[[[…".
  if (isDeeper(text, MAX_DEPTH)) throw refuse(400, `it nests deeper than ${MAX_DEPTH} levels`)
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the body, so it is not passed on.
    throw refuse(400, 'it is not valid JSON')
  }
}

function isDeeper(text: string, limit: number): boolean {
  let depth = 0
  let quoted = false
  // One pass, and no regular expression: on a body made of escaped quotes alone, that one would take quadratic time.
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') quoted = !quoted
    else if (quoted) at += character === '\\' ? 1 : 0
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth--
    if (depth > limit) return true
  }
  return false
}

function tooLong(limit: number): Refusal {
  // The connection is given up, so that the rest need not be taken in to find the next request.
  return refuse(413, `it is longer than ${limit} bytes`, { connection: 'close' })
}

function refuse(
  status: 400 | 413 | 415,
  reason: string,
  headers?: Readonly<Record<string, string>>,
): Refusal {
  return new Refusal(status, `Cannot accept the request body: ${reason}`, headers)
}
