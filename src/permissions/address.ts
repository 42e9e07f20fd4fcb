/**
 * Blocks of addresses that are not the open internet: IANA's registries of special-purpose addresses (RFC 6890 and its updates),
 * multicast (RFC 5771), and what clouds put where their machines ask for credentials.
 */
const SPECIAL_V4: readonly string[] = [
  '0.0.0.0/8', // this host on this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared behind carriers; metadata of one cloud
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // metadata of one cloud, in its provider's public block
  '169.254.0.0/16', // link-local; metadata of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; metadata of one cloud
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays, deprecated
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved; broadcast
]

/** Exceptions within the part of IPv6 that is handed out (2000::/3); all else outside of it is special. */
const SPECIAL_V6: readonly string[] = [
  '2001::/23', // protocol assignments, with Teredo (an IPv4 address in disguise) and ORCHID
  '2001:db8::/32', // documentation
  '3fff::/20', // documentation
]

const GLOBAL_V6 = '2000::/3'

/** Blocks whose addresses hold an IPv4 address, to which they lead: where it lies, as bits from the right. */
const EMBEDDING = [
  { block: '64:ff9b::/96', shift: 0n }, // NAT64 (RFC 6052)
  { block: '2002::/16', shift: 80n }, // 6to4 (RFC 3056)
]

const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128']

interface Address {
  value: bigint
  width: 32 | 128
}

interface Block extends Address {
  length: number
}

/** Answers whether an address is one of the open internet, and not of this machine or a network around it. */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text)
  return address !== undefined && isPublic(address)
}

/** Answers whether an address is this machine's own name for itself. */
export function isLoopbackAddress(text: string): boolean {
  const address = parseAddress(text)
  return address !== undefined && LOOPBACK.some((block) => lies(address, block))
}

/** Writes an address as a URL does, brackets and all; `undefined` for what is none, or has a zone. */
export function canonicalAddress(text: string): string | undefined {
  const isV6 = text.includes(':')
  if (!/^[0-9a-f:.]+$/i.test(text) || (!isV6 && !/^[0-9]+(\.[0-9]+){3}$/.test(text))) {
    return undefined
  }
  try {
    return new URL(`http://${isV6 ? `[${text}]` : text}`).hostname
  } catch {
    return undefined
  }
}

function isPublic(address: Address): boolean {
  if (address.width === 32) return !SPECIAL_V4.some((block) => lies(address, block))
  const embedding = EMBEDDING.find(({ block }) => lies(address, block))
  if (embedding !== undefined) {
    return isPublic({ value: (address.value >> embedding.shift) & 0xffffffffn, width: 32 })
  }
  return lies(address, GLOBAL_V6) && !SPECIAL_V6.some((block) => lies(address, block))
}

function lies(address: Address, text: string): boolean {
  const block = parseBlock(text)
  const rest = BigInt(block.width - block.length)
  return address.width === block.width && address.value >> rest === block.value >> rest
}

/** What was read of a block; read when it is asked for, because most runs ask for none. */
const blocks = new Map<string, Block>()

function parseBlock(text: string): Block {
  const known = blocks.get(text)
  if (known !== undefined) return known
  const [start = '', length] = text.split('/')
  const address = parseAddress(start)
  if (address === undefined) throw new RangeError(`"${text}" is no block of addresses`)
  const block = { ...address, length: Number(length) }
  blocks.set(text, block)
  return block
}

function parseAddress(text: string): Address | undefined {
  const canonical = canonicalAddress(text)
  if (canonical === undefined) return undefined
  if (!canonical.startsWith('[')) return { value: join(canonical.split('.'), 8n), width: 32 }
  const [head = '', tail] = canonical.slice(1, -1).split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const gap: string[] = Array(8 - left.length - right.length).fill('0')
  const groups = [...left, ...gap, ...right].map((group) => `0x${group}`)
  return { value: join(groups, 16n), width: 128 }
}

function join(parts: readonly string[], bits: bigint): bigint {
  return parts.reduce((value, part) => (value << bits) | BigInt(part), 0n)
}
