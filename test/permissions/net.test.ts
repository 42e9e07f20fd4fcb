import { isNetGranted } from '#permissions'
import { parseNetHost } from '../../src/permissions/net.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { netCover, netHost } from '../fuzz/net_hosts.ts'
import { fuzzTest } from '../fuzz/target.ts'

function refuses(value: string): void {
  assert.throws(() => parseNetHost(value), { code: 'ERR_PERMISSIONS_VALUE' }, value)
}

test('parseNetHost() answers one canonical form', () => {
  for (
    const [value, canonical] of [
      ['api.phylum.io', 'api.phylum.io'],
      ['API.Phylum.IO', 'api.phylum.io'],
      ['api.phylum.io.', 'api.phylum.io'],
      ['api.phylum.io:443', 'api.phylum.io:443'],
      ['api.phylum.io.:443', 'api.phylum.io:443'],
      ['*.phylum.io', '*.phylum.io'],
      ['*.phylum.io:8443', '*.phylum.io:8443'],
      ['localhost', 'localhost'],
      ['LOCALHOST:80', 'localhost:80'],
      ['my_host.example', 'my_host.example'],
      ['127.0.0.1', '127.0.0.1'],
      ['127.0.0.1:65535', '127.0.0.1:65535'],
      ['[::1]', '[::1]'],
      ['[2001:DB8::1]:443', '[2001:db8::1]:443'],
      ['bücher.example', 'xn--bcher-kva.example'],
      ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
      ['раураl.example', 'xn--l-7sba6dbr.example'],
    ] as const
  ) assert.equal(parseNetHost(value), canonical)
})

test('G90 parseNetHost() refuses what is not one host', () => {
  for (
    const value of [
      '',
      '*',
      '*.com',
      '*.localhost',
      '*.*.example.com',
      'a.*.com',
      'a*.example.com',
      '**.example.com',
      '*.',
      '.',
      '..',
      '.example.com',
      'a..b',
      '0.0.0.0/0',
      '0.0.0.0',
      '10.0.0.0/8',
      '[::]',
      'unix:/run/docker.sock',
      'unix:socket',
      'vsock:1:2',
      'a b',
      ' a',
      'a\n',
      'x/y',
      'https://example.com',
      'example.com/path',
      'user@example.com',
      'evil.com,api.phylum.io',
      'evil.com\u0000.api.phylum.io',
      'example.com#x',
      'example.com?x',
      '%65xample.com',
      'a\\b',
      'ex ample.com',
      '-a.com',
      'a-.com',
      `${'a'.repeat(64)}.com`,
      `${'a.'.repeat(130)}com`,
      'a;b',
      "a'b",
      '$(id)',
      '--allow-all',
    ]
  ) refuses(value)
})

test('C39 parseNetHost() refuses every other spelling of an address', () => {
  for (
    const value of [
      '2130706433',
      '2852039166',
      '0x7f.1',
      '0x7f000001',
      '017700000001',
      '0177.0.0.1',
      '127.1',
      '127.0.1',
      '127.0.0.01',
      '127.0.0.1.',
      '１２７.0.0.1',
      '127。0。0。1',
      '999.1.1.1',
      '1.2.3.4.5',
      '::1',
      '::1:80',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[0:0:0:0:0:0:0:1]',
      '[::0001]',
      '[fe80::1%eth0]',
      '[fe80::1%25eth0]',
      '[::1',
      '::1]',
      '[::1]x',
      '[]',
      '*.127.0.0.1',
      '*.[::1]',
    ]
  ) refuses(value)
})

test('C41 parseNetHost() refuses a port that is none', () => {
  for (
    const port of [
      '',
      '0',
      '65536',
      '-1',
      '+80',
      '080',
      '8e1',
      '0x50',
      ' 80',
      '443:80',
      '99999999',
      '*',
      '80/',
    ]
  ) refuses(`example.com:${port}`)
  for (const port of ['', '0', '443:80']) refuses(`[::1]:${port}`)
})

test('C40 isNetGranted() takes true subdomains alone for a wildcard', () => {
  const grant = ['*.phylum.io']
  assert.ok(isNetGranted(grant, 'api.phylum.io', 443))
  assert.ok(isNetGranted(grant, 'a.b.phylum.io', 443))
  for (
    const host of [
      'phylum.io',
      'xphylum.io',
      'a.phylum.io.evil.com',
      '.phylum.io',
      '*.phylum.io',
      '',
    ]
  ) {
    assert.ok(!isNetGranted(grant, host, 443), host)
  }
})

test('C41 isNetGranted() holds to the port', () => {
  assert.ok(isNetGranted(['example.com:443'], 'example.com', 443))
  for (const port of [22, 80, 0, 65536, -443, 443.5, NaN]) {
    assert.ok(!isNetGranted(['example.com:443'], 'example.com', port))
  }
  assert.ok(isNetGranted(['example.com'], 'example.com', 22))
  assert.ok(!isNetGranted(true, 'example.com', 0))
  assert.ok(isNetGranted(true, 'example.com', 1))
  assert.ok(!isNetGranted([], 'example.com', 443))
})

test('C39 isNetGranted() compares canonical hosts', () => {
  assert.ok(isNetGranted(['example.com'], 'EXAMPLE.com.', 443))
  assert.ok(isNetGranted(['[::1]:80'], '[::1]', 80))
  assert.ok(isNetGranted(['127.0.0.1'], '127.0.0.1', 80))
  assert.ok(isNetGranted(['localhost'], 'LOCALHOST', 80))
  for (
    const host of [
      '127.1',
      '2130706433',
      '[::ffff:127.0.0.1]',
      'evil.com\u0000.example.com',
      'evil.com:80',
      'a@example.com',
    ]
  ) assert.ok(!isNetGranted(['127.0.0.1', 'example.com', '*.example.com'], host, 80), host)
})

test('parseNetHost() is at rest once a host is canonical', () => {
  const label = fc.stringMatching(/^[A-Za-z0-9_]([A-Za-z0-9_-]{0,8}[A-Za-z0-9_])?$/)
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((all) => all.join('.'))
  const end = fc.constantFrom('', ':1', ':443', ':65535')
  fc.assert(fc.property(fc.constantFrom('', '*.'), host, end, (start, name, port) => {
    let canonical: string
    try {
      canonical = parseNetHost(start + name + port)
    } catch {
      return
    }
    assert.equal(parseNetHost(canonical), canonical)
  }))
})

test('parseNetHost() never lets anything through that a flag or a URL could read otherwise', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (value) => {
      let canonical: string
      try {
        canonical = parseNetHost(value)
      } catch {
        return
      }
      assert.match(canonical, /^(\*\.)?([a-z0-9_.-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?$/)
    }),
    { numRuns: 2000 },
  )
})

fuzzTest(netHost, 500)
fuzzTest(netCover, 300)
