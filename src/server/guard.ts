import { Refusal } from './refusal.ts'

/**
 * Headers of every answer of the API. There is none of CORS among them, so no page of another origin reads an answer.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  // What one caller may see is kept by no cache on the way, and not by the browser's.
  'cache-control': 'no-store',
  // Should a browser be brought to show an answer, then as data: nothing in it runs, loads, or is framed.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** Answers whether an address can be reached from this machine alone. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)
}

const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^\s:/@,[\]]+)(?::\d{1,5})?$/

/**
 * Makes the check that a request was meant for this server: for a loopback name, or for one that it was told.
 *
 * This is what stops DNS rebinding. A web page may give its own name the address 127.0.0.1, and the browser then takes
 * this server for a part of that site; but it still sends the site's name.
 *
 * @param names further names of this server, without port
 */
export function createGuard(names: readonly string[]): (request: Request) => void {
  const allowed = new Set([...LOOPBACK, ...names.map(writeAsHost)])
  return function assertHost(request) {
    // Both are looked at: in a request with an absolute URL, Deno takes the host from there, Bun from the header.
    const header = request.headers.get('host')
    const name = header === null ? undefined : AUTHORITY.exec(header.toLowerCase())?.[1]
    if (header !== null && (name === undefined || !allowed.has(name))) throw misdirected()
    if (!allowed.has(hostOf(request.url) ?? '')) throw misdirected()
  }
}

/** Writes a name as a URL has it: in lower case, and an IPv6 address in brackets. */
function writeAsHost(name: string): string {
  return name.includes(':') && !name.startsWith('[')
    ? `[${name}]`.toLowerCase()
    : name.toLowerCase()
}

/** Reads the host name of an absolute URL; Bun gives a bare path where a request came without a host. */
function hostOf(url: string): string | undefined {
  const start = url.indexOf('://') + 3
  if (start === 2) return undefined
  const end = url.indexOf('/', start)
  return AUTHORITY.exec(url.slice(start, end === -1 ? undefined : end))?.[1]
}

function misdirected(): Refusal {
  // RFC 9110, section 15.5.20. The name is not repeated: it is the sender's text.
  return new Refusal(421, 'Cannot serve the request: its host is not a name of this server')
}
