import { OPERATIONS, STATUS_CODES } from '#protocol'
import type { CallOptions, Operations } from '#protocol'
import { ApiError } from './api_error.ts'

type Fetch = (path: string, init: RequestInit) => Promise<Response>
type Call = (...given: unknown[]) => Promise<unknown>

/** Makes a function of each operation of the API, `groups.list()`, from the table that is made from the server's routes. */
export function createOperations(fetch: Fetch): Operations {
  const root: Record<string, unknown> = {}
  for (const line of OPERATIONS) {
    const [name = '', method = '', path = '', input] = line.split(' ')
    const words = name.split('.')
    const last = words.pop()!
    let place = root
    for (const word of words) place = (place[word] ??= {}) as Record<string, unknown>
    const call: Call = async (...given) => {
      const target = path.replace(/:(\w+)/g, (_, key) => segment(name, key, given.shift()))
      const told = input === undefined ? undefined : given.shift()
      const options = given.shift() as CallOptions | undefined
      return await send(fetch, target, method, input, told, options)
    }
    // What is listed by name may have something below it, too.
    place[last] = Object.assign(call, place[last])
  }
  return root as unknown as Operations
}

async function send(
  fetch: Fetch,
  path: string,
  method: string,
  input: string | undefined,
  told: unknown,
  options: CallOptions = {},
): Promise<unknown> {
  const headers = new Headers(options.headers)
  const init: RequestInit = { method, headers, signal: options.signal ?? null }
  let query = ''
  if (input === '?') {
    const pairs = Object.entries(told ?? {}).filter(([, value]) => value !== undefined)
    query = String(new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])))
  } else if (input !== undefined) {
    headers.set('content-type', 'application/json')
    init.body = JSON.stringify(input === '{}' ? told : { [input]: told })
  }
  const response = await fetch(query === '' ? path : `${path}?${query}`, init)
  const text = await response.text()
  if (!response.ok) throw refusal(response.status, text)
  return text === '' ? undefined : parse(text, response.status)
}

/** Writes a value as a segment of a path. "..", and its like, would make it another path. */
function segment(name: string, key: string, value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value)
  if (text === '' || /^\.{1,2}$/.test(text)) {
    throw new TypeError(`Cannot call api.${name}: "${text}" cannot be its ${key}`)
  }
  return encodeURIComponent(text)
}

/** Reads why the API, or the broker in its place, has refused. */
function refusal(status: number, text: string): ApiError {
  const codes: Readonly<Record<number, string>> = STATUS_CODES
  let told: { code?: unknown; message?: unknown; description?: unknown } = {}
  try {
    told = JSON.parse(text).error ?? {}
  } catch {
    // A gateway's own page, say.
  }
  const code = typeof told.code === 'string' ? told.code : codes[status] ?? 'ERR_API_STATUS'
  const reason = told.message ?? told.description ?? `it answered with status ${status}`
  return new ApiError(code, `The API refused: ${reason}`, status)
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const state = `it is not JSON but "${text.slice(0, 60)}"`
    throw new ApiError('ERR_API_RESPONSE', `Cannot read the answer of the API: ${state}`, status)
  }
}
