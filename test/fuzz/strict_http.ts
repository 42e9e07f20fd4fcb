import { parseTarget } from '#broker'
import { BROKER_ORIGIN, CAPABILITY_HEADER } from '#protocol'

/**
 * What must come of a request: `taken` may reach the API, and need not; `refused` must never reach it; `broken` may begin to, and
 * must never end there, for its body is no body.
 */
export type Verdict = 'taken' | 'refused' | 'broken'

/** A request as a strict reader finds it in a stream of bytes. */
export interface Found {
  /** Where its head begins and where its body ends. */
  start: number
  end: number
  verdict: Verdict
  /** What is broken means nothing, whatever it is: the request may be sent without it. */
  isEmpty?: boolean
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
/** Headers that reach the API, or decide what does. */
const SENT_ON = new Set([
  'accept',
  'content-type',
  'if-match',
  'range',
  'host',
  'content-length',
  'transfer-encoding',
  CAPABILITY_HEADER,
])
const HOST = new URL(BROKER_ORIGIN).host
const ORIGIN = 'https://api.example'

/**
 * Reads requests as RFC 9112 has them, and nothing that it merely tolerates. Where the standard leaves a choice, the verdict is
 * `taken`, so that either choice is right. Behind bytes of which nobody can say where they end, nothing is a request any more; behind
 * one that is well-formed and not allowed, another may be.
 *
 * @param text the bytes, as latin1
 */
export function readStrictly(text: string, capability: string): Found[] {
  const found: Found[] = []
  for (let at = 0; at < text.length;) {
    // Section 2.2: empty lines before a request may be ignored, and a line feed alone may end one.
    const start = at + /^(?:\r?\n)*/.exec(text.slice(at))![0].length
    if (start >= text.length) break
    const one = readOne(text, start, capability)
    found.push(one)
    at = one.end
  }
  return found
}

function readOne(text: string, start: number, capability: string): Found {
  const end = text.indexOf('\r\n\r\n', start)
  const refused: Found = { start, end: text.length, verdict: 'refused' }
  // A head that never ends reaches nobody.
  if (end === -1) return refused
  const head = text.slice(start, end)
  const [line = '', ...fields] = head.split('\r\n')
  if (/[\r\n\0]/.test(head.replaceAll('\r\n', ''))) return refused
  const headers = readFields(fields)
  // Section 3: several spaces may be taken for one.
  const [method = '', target = '', version = '', ...more] = line.split(/ +/)
  if (headers === undefined || !TOKEN.test(method) || more.length > 0) return refused
  if (!/^HTTP\/1\.[01]$/.test(version)) return refused
  const found = readBody(text, { start, body: end + 4, headers, refused })
  const isAllowed = METHODS.has(method) && isAllowedTarget(target) &&
    headers.get('host')?.join('\n') === HOST &&
    headers.get(CAPABILITY_HEADER)?.join('\n') === capability
  if (!isAllowed) return { ...found, verdict: 'refused' }
  // RFC 9110, section 9.3.1: what stands in the body of such a request means nothing, so it need not be read before it is sent.
  return /^(GET|HEAD)$/.test(method) && found.verdict === 'broken'
    ? { ...found, isEmpty: true }
    : found
}

function isAllowedTarget(target: string): boolean {
  // Section 3.2.2: of the absolute form, Bun shows the path and, as the authority, what Host says. That is ours, or it is refused.
  const path = target.replace(/^https?:\/\/[^/?#]*(?=\/)/i, '')
  return isTarget(path) || isTarget(normalize(path))
}

function isTarget(path: string): boolean {
  try {
    parseTarget(path, ORIGIN)
    return true
  } catch {
    return false
  }
}

/** What Bun shows of a path: the URL Standard's form of it, with dots resolved. It is checked and sent in that form. */
function normalize(path: string): string {
  const { pathname = '', search = '' } = URL.parse(ORIGIN + path) ?? {}
  return pathname + search
}

function readFields(fields: readonly string[]): Map<string, string[]> | undefined {
  const headers = new Map<string, string[]>()
  for (const field of fields) {
    const colon = field.indexOf(':')
    const name = field.slice(0, colon)
    // Section 5.1: no white space before the colon; section 5.2: no folded lines.
    if (colon === -1 || !TOKEN.test(name)) return undefined
    const value = field.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    // Section 5.5 of RFC 9110: of what is not sent on, nobody will see the other control characters.
    // deno-lint-ignore no-control-regex
    if (SENT_ON.has(name.toLowerCase()) && /[\x00-\x08\x0a-\x1f\x7f]/.test(value)) return undefined
    headers.set(name.toLowerCase(), [...headers.get(name.toLowerCase()) ?? [], value])
  }
  return headers
}

interface Head {
  start: number
  /** Where the body begins. */
  body: number
  headers: ReadonlyMap<string, readonly string[]>
  refused: Found
}

function readBody(text: string, { start, body, headers, refused }: Head): Found {
  const lengths = [
    ...new Set(headers.get('content-length')?.flatMap((value) => value.split(/[ \t]*,[ \t]*/))),
  ]
  const codings = headers.get('transfer-encoding')?.join().split(/[ \t]*,[ \t]*/).filter((each) =>
    each !== ''
  )
  if (codings !== undefined) {
    // Section 6.1: both together are how requests are smuggled.
    if (lengths.length > 0 || !/^(chunked)?$/i.test(codings.join())) return refused
    // RFC 9110, section 5.6.1: empty elements of a list are none.
    return codings.length === 0
      ? { start, end: body, verdict: 'taken' }
      : readChunks(text, start, body)
  }
  if (lengths.length > 1) return refused
  const [length] = lengths
  if (length === undefined) return { start, end: body, verdict: 'taken' }
  if (!/^[0-9]+$/.test(length) || Number(length) > Number.MAX_SAFE_INTEGER) return refused
  return { start, end: Math.min(text.length, body + Number(length)), verdict: 'taken' }
}

function readChunks(text: string, start: number, body: number): Found {
  const broken: Found = { start, end: text.length, verdict: 'broken' }
  for (let at = body;;) {
    const end = text.indexOf('\n', at)
    // It may go on, and is not over.
    if (end === -1) return broken
    const size = /^0*([0-9a-f]{1,13})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r$/i.exec(
      text.slice(at, end),
    )?.[1]
    if (size === undefined) return broken
    const length = parseInt(size, 16)
    if (length === 0) return readTrailer(text, start, end + 1)
    at = end + 1 + length
    if (text.slice(at, at + 2) !== '\r\n') return broken
    at += 2
  }
}

function readTrailer(text: string, start: number, from: number): Found {
  // The body has ended before; of fields behind it, none is sent on.
  const broken: Found = { start, end: text.length, verdict: 'broken', isEmpty: true }
  if (text.startsWith('\r\n', from)) return { start, end: from + 2, verdict: 'taken' }
  const end = text.indexOf('\r\n\r\n', from)
  if (end === -1 || readFields(text.slice(from, end).split('\r\n')) === undefined) return broken
  return { start, end: end + 4, verdict: 'taken' }
}
