import { canonicalAddress, isAddressNamed, isPublicAddress } from '#permissions'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

/**
 * Blocks of IANA's registries of special-purpose addresses (RFC 6890 and its updates), of multicast and of what clouds keep their
 * credentials in: first and last address of each, and whether it is the open internet's.
 */
const TABLE: readonly (readonly [first: string, last: string, isPublic: boolean])[] = [
  ['0.0.0.0', '0.255.255.255', false],
  ['1.0.0.0', '9.255.255.255', true],
  ['10.0.0.0', '10.255.255.255', false],
  ['11.0.0.0', '100.63.255.255', true],
  ['100.64.0.0', '100.127.255.255', false],
  ['100.128.0.0', '126.255.255.255', true],
  ['127.0.0.0', '127.255.255.255', false],
  ['128.0.0.0', '168.63.129.15', true],
  ['168.63.129.16', '168.63.129.16', false],
  ['168.63.129.17', '169.253.255.255', true],
  ['169.254.0.0', '169.254.255.255', false],
  ['169.255.0.0', '172.15.255.255', true],
  ['172.16.0.0', '172.31.255.255', false],
  ['172.32.0.0', '191.255.255.255', true],
  ['192.0.0.0', '192.0.0.255', false],
  ['192.0.1.0', '192.0.1.255', true],
  ['192.0.2.0', '192.0.2.255', false],
  ['192.0.3.0', '192.88.98.255', true],
  ['192.88.99.0', '192.88.99.255', false],
  ['192.88.100.0', '192.167.255.255', true],
  ['192.168.0.0', '192.168.255.255', false],
  ['192.169.0.0', '198.17.255.255', true],
  ['198.18.0.0', '198.19.255.255', false],
  ['198.20.0.0', '198.51.99.255', true],
  ['198.51.100.0', '198.51.100.255', false],
  ['198.51.101.0', '203.0.112.255', true],
  ['203.0.113.0', '203.0.113.255', false],
  ['203.0.114.0', '223.255.255.255', true],
  ['224.0.0.0', '255.255.255.255', false],
  ['::', '::1', false],
  ['::2', '::fffe:ffff:ffff', false],
  ['::ffff:0:0', '::ffff:ffff:ffff', false],
  ['64:ff9b::808:808', '64:ff9b::909:909', true],
  ['64:ff9b::7f00:0', '64:ff9b::7fff:ffff', false],
  ['64:ff9b::a00:0', '64:ff9b::aff:ffff', false],
  ['64:ff9b::a9fe:a9fe', '64:ff9b::a9fe:a9fe', false],
  ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', false],
  ['100::', '100::ffff:ffff:ffff:ffff', false],
  ['100:0:0:1::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['2001:200::', '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', true],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['2001:db9::', '2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
  ['2002:7f00::', '2002:7fff:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['2002:c0a8::', '2002:c0a8:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['2002:808:808::', '2002:808:808:ffff:ffff:ffff:ffff:ffff', true],
  ['2003::', '3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['3fff:1000::', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
  ['4000::', 'fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['fd00:ec2::254', 'fd00:ec2::254', false],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
]

function toNumber(address: string): bigint {
  if (!address.includes(':')) {
    return address.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n)
  }
  const [head = '', tail] = address.split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const gap = Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...gap, ...right].reduce(
    (value, part) => value * 65536n + BigInt(`0x${part}`),
    0n,
  )
}

function toText(value: bigint, isV6: boolean): string {
  const [parts, bits, radix, sign] = isV6 ? [8, 16n, 16, ':'] as const : [4, 8n, 10, '.'] as const
  const mask = (1n << bits) - 1n
  return Array.from(
    { length: parts },
    (_, index) => ((value >> (bits * BigInt(parts - 1 - index))) & mask).toString(radix),
  ).join(sign)
}

test('C38 isPublicAddress() knows the first, the last and every other address of the registries', () => {
  for (const [first, last, isPublic] of TABLE) {
    assert.equal(isPublicAddress(first), isPublic, first)
    assert.equal(isPublicAddress(last), isPublic, last)
    const isV6 = first.includes(':')
    // Some of NAT64 and 6to4 is public and some is not, by what it leads to: its rows are tried at their ends alone.
    if (first.startsWith('64:ff9b::') && isPublic) continue
    fc.assert(
      fc.property(fc.bigInt({ min: toNumber(first), max: toNumber(last) }), (value) => {
        assert.equal(isPublicAddress(toText(value, isV6)), isPublic, toText(value, isV6))
      }),
      { numRuns: 50 },
    )
  }
})

test('C38 the table leaves no address of version 4 out', () => {
  const rows = TABLE.filter(([first]) => !first.includes(':'))
  let next = 0n
  for (const [first, last] of rows) {
    assert.equal(toNumber(first), next, first)
    next = toNumber(last) + 1n
  }
  assert.equal(next, 1n << 32n)
})

test('C38 isPublicAddress() judges an embedded address as the address itself', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 0xffffffffn }), (value) => {
    const isPublic = isPublicAddress(toText(value, false))
    const low = `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
    assert.equal(isPublicAddress(`64:ff9b::${low}`), isPublic)
    assert.equal(isPublicAddress(`2002:${low}::1`), isPublic)
    assert.equal(isPublicAddress(`::ffff:${low}`), false)
    assert.equal(isPublicAddress(`::ffff:${toText(value, false)}`), false)
    assert.equal(isPublicAddress(`::${low}`), false)
  }))
})

test('C39 what is no address is no public one', () => {
  for (
    const text of [
      '',
      'example.com',
      '2130706433',
      '0x7f.1',
      '127.1',
      '1.2.3.4.5',
      'fe80::1%eth0',
      '2600::1%1',
      '[2600::1]',
      '8.8.8.8:53',
      '8.8.8.8 ',
      '::x',
      '1::2::3',
    ]
  ) {
    assert.equal(isPublicAddress(text), false, text)
    assert.equal(canonicalAddress(text), undefined, text)
  }
})

test('C38 isAddressNamed() takes the very address, and for "localhost" the loopback ones', () => {
  const at = (host: string, address: string) => ({ host, address, port: 80 })
  assert.ok(isAddressNamed(['10.0.0.5'], at('git.example', '10.0.0.5')))
  assert.ok(isAddressNamed(['[fd00::5]:80'], at('git.example', 'fd00:0::5')))
  assert.ok(isAddressNamed(['localhost'], at('localhost', '127.0.0.1')))
  assert.ok(isAddressNamed(['localhost:80'], at('localhost', '::1')))
  for (
    const [grant, target] of [
      [true, at('10.0.0.5', '10.0.0.5')],
      [true, at('localhost', '127.0.0.1')],
      [['git.example'], at('git.example', '10.0.0.5')],
      [['10.0.0.5:81'], at('git.example', '10.0.0.5')],
      [['10.0.0.6'], at('git.example', '10.0.0.5')],
      [['localhost:81'], at('localhost', '127.0.0.1')],
      [['localhost'], at('localhost', '10.0.0.5')],
      [['localhost'], at('evil.example', '127.0.0.1')],
      [['ip6-localhost'], at('ip6-localhost', '::1')],
      [['127.0.0.1'], at('evil.example', '::ffff:127.0.0.1')],
      [['127.0.0.1'], at('evil.example', 'nothing')],
    ] as const
  ) assert.ok(!isAddressNamed(grant, target), JSON.stringify([grant, target]))
})
