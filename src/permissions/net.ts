import { canonicalAddress, isLoopbackAddress } from './address.ts'
import { refusal } from './refusal.ts'

const KIND = 'net'

/** One label of a host name (RFC 1123, section 2.1), with the underscore that real zones hold. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Longest host name, in characters (RFC 1035, section 2.3.4, without the length bytes). */
const MAX_NAME = 253

/**
 * Parses a host of a manifest: "host", "host:port", "*.host", an IPv4 address, an IPv6 address in brackets. Every address has many
 * spellings ("0x7f.1" is the machine itself); the canonical one alone passes, so that what is shown is what is reached.
 *
 * @returns the canonical form: lower case, punycode, no trailing dot
 * @throws ERR_PERMISSIONS_VALUE
 */
export function parseNetHost(value: string): string {
  if (value === '') throw refusal(KIND, value, 'it is empty')
  if (value.startsWith('unix:')) throw refusal(KIND, value, 'sockets of this machine are not hosts')
  if (value.includes('://')) throw refusal(KIND, value, 'it is a URL; name the host alone')
  // deno-lint-ignore no-control-regex
  const foreign = /[\u0000-\u0020\u007f/\\@?#%,<>^|"`{}]/.exec(value)
  if (foreign !== null) {
    throw refusal(
      KIND,
      value,
      `it holds ${nameOf(foreign[0])}; name one host, such as "example.com:443"`,
    )
  }
  const { host, port } = splitPort(value)
  const rest = host.startsWith('*.') ? host.slice(2) : host
  if (rest.includes('*')) {
    throw refusal(
      KIND,
      value,
      'a wildcard stands for whole names at the beginning, as in "*.example.com"',
    )
  }
  const canonical = canonicalHost(rest, value)
  if (rest === host) return canonical + port
  if (isAddress(canonical)) throw refusal(KIND, value, 'an address has no subdomains')
  if (!canonical.includes('.')) {
    throw refusal(KIND, value, `it stands for everything below ".${canonical}"; name a domain`)
  }
  return `*.${canonical}${port}`
}

/**
 * Answers whether a host may be reached on a port.
 *
 * @param host as in `URL.hostname`; in another spelling of an allowed one it is not allowed
 */
export function isNetGranted(grant: true | readonly string[], host: string, port: number): boolean {
  if (!Number.isInteger(port) || port < 1 || port > 65535) return false
  if (grant === true) return true
  let wanted: string
  try {
    wanted = parseNetHost(`${host}:${port}`)
  } catch {
    return false
  }
  return !wanted.startsWith('*') && grant.some((each) => coversHost(each, wanted))
}

/**
 * Answers whether an address that is not the open internet's may be reached on a port: it must be named itself, and `true` names
 * none. A name is not enough, because its owner decides what it resolves to, and can decide anew at any time (DNS rebinding); but
 * "localhost" has no owner.
 *
 * @param host by which the address was found, as in `URL.hostname`
 */
export function isAddressNamed(
  grant: true | readonly string[],
  { host, address, port }: { host: string; address: string; port: number },
): boolean {
  const canonical = canonicalAddress(address)
  if (grant === true || canonical === undefined) return false
  if (isNetGranted(grant, canonical, port)) return true
  return host === 'localhost' && isLoopbackAddress(address) && isNetGranted(grant, host, port)
}

/** Answers whether all that one canonical host entry allows is allowed by another. */
export function coversHost(outer: string, inner: string): boolean {
  const wide = splitPort(outer)
  const narrow = splitPort(inner)
  if (wide.port !== '' && wide.port !== narrow.port) return false
  if (wide.host === narrow.host) return true
  // "*.example.com" stands for true subdomains: neither "example.com" nor "badexample.com".
  return wide.host.startsWith('*.') && narrow.host.endsWith(wide.host.slice(1))
}

/** Separates the port, with its colon, from the host. */
function splitPort(value: string): { host: string; port: string } {
  const colon = value.indexOf(':', value.lastIndexOf(']') + 1)
  if (colon === -1) return { host: value, port: '' }
  const port = value.slice(colon)
  if (value.indexOf(':', colon + 1) !== -1 && !value.includes('[')) {
    throw refusal(KIND, value, 'an IPv6 address stands in brackets, as in "[::1]:443"')
  }
  if (!/^:[1-9][0-9]{0,4}$/.test(port) || Number(port.slice(1)) > 65535) {
    throw refusal(KIND, value, 'its port is not a number from 1 to 65535')
  }
  return { host: value.slice(0, colon), port }
}

function canonicalHost(host: string, value: string): string {
  let canonical: string
  try {
    canonical = new URL(`http://${host}`).hostname
  } catch {
    throw refusal(KIND, value, 'it is not the name of a host')
  }
  if (isAddress(canonical)) {
    if (canonical !== host.toLowerCase()) {
      throw refusal(KIND, value, `it is another spelling of the address "${canonical}"`)
    }
    if (canonical === '0.0.0.0' || canonical === '[::]') {
      throw refusal(KIND, value, 'it is no address that can be reached')
    }
    if (canonical.startsWith('[::ffff:')) {
      throw refusal(KIND, value, 'it is an IPv4 address in disguise; write it with dots')
    }
    return canonical
  }
  const name = canonical.endsWith('.') ? canonical.slice(0, -1) : canonical
  if (name.length > MAX_NAME || !name.split('.').every((label) => LABEL.test(label))) {
    throw refusal(KIND, value, 'it is not the name of a host')
  }
  return name
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || /^[0-9]+(\.[0-9]+){3}$/.test(host)
}

function nameOf(character: string): string {
  if (character === ' ') return 'a space'
  return character < ' ' || character === '\u007f' ? 'a control character' : `"${character}"`
}
