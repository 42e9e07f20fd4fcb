import { isNetGranted, resolvePermissions, widened } from '#permissions'
import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import fc from 'fast-check'
import { hostileText, refusal } from './hostile.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

const CONTEXT = { home: '/home/ada', workingDirectory: '/work' }

const NAMES = [
  'a.com',
  'A.com',
  'b.a.com',
  'xa.com',
  'a.com.evil.example',
  'a.com.',
  'localhost',
  'LOCALHOST.',
  '127.0.0.1',
  '127.1',
  '0x7f.1',
  '0177.1',
  '2130706433',
  '0.0.0.0',
  '[::]',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[fe80::1%25eth0]',
  '169.254.169.254',
  '[64:ff9b::7f00:1]',
  'xn--e1afmkfd.com',
  'пример.com',
  'a。com',
  'ａ.com',
  'a\u00adb.com',
  'a_b.com',
  '-a.com',
  'a..com',
  '1.2.3.4.5',
  '256.1.1.1',
  '1.2.3',
  'com',
]

const host = fc.tuple(
  fc.constantFrom('', '', '', '*.', '*', '**.', '.'),
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...NAMES) }, hostileText(3)),
  fc.constantFrom('', '', ':443', ':0', ':65536', ':+1', ':01', ':443:80', ':', ':٣'),
).map((parts) => parts.join(''))

function grant(value: string): readonly string[] | undefined {
  const granted = quickly(() =>
    refusal(
      () => resolvePermissions({ permissions: { net: [value] }, api: { allow: [] } }, CONTEXT),
      /^ERR_PERMISSIONS_VALUE$/,
    )
  )
  return granted?.net as readonly string[] | undefined
}

/** What an independent reader makes of a canonical entry. */
function split(entry: string): { name: string; isWide: boolean; port: string | undefined } {
  const [, wide, name = '', port] = /^(\*\.)?(\[[0-9a-f:.]+\]|[^:]+)(?::(\d+))?$/.exec(entry) ?? []
  return { name, isWide: wide !== undefined, port }
}

/** Hosts that a manifest may name, and addresses in their many spellings. */
export const netHost: Target = {
  name: 'permissions/net',
  promise: 'C39 C40 C41 G90 a host of a manifest is one host, and matches itself alone',
  inputs: 30_000,
  open: () => ({
    property: fc.property(host, host, fc.integer({ min: -1, max: 65537 }), (value, other, port) => {
      const [entry] = grant(value) ?? []
      if (entry === undefined) return
      assert.deepEqual(grant(entry), [entry], 'the canonical form is canonical')
      const { name, isWide, port: own } = split(entry)
      assert.match(name, /^([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:]+\])$/)
      assert.equal(new URL(`http://${name}`).hostname, name, 'no other spelling')
      const address = isIP(name.replace(/^\[|\]$/g, ''))
      if (address !== 0) {
        assert.ok(!isWide && !['0.0.0.0', '[::]'].includes(name) && !name.startsWith('[::ffff:'))
      }
      if (own !== undefined) assert.ok(Number(own) >= 1 && Number(own) <= 65535)

      for (
        const asked of [
          other,
          name,
          `x.${name}`,
          `x${name}`,
          `${name}.x`,
          `${name}.`,
          name.toUpperCase(),
        ]
      ) {
        const isAllowed = quickly(() => isNetGranted([entry], asked, port))
        const isPort = port >= 1 && port <= 65535 && (own === undefined || own === String(port))
        const lower = asked.toLowerCase().replace(/\.$/, '')
        const isName = isWide
          ? lower.endsWith(`.${name}`) && lower.length > name.length + 1
          : lower === name
        if (isAllowed) {
          assert.ok(
            isPort && (isName || isSameHost(asked, entry)),
            `${entry} allows ${asked}:${port}`,
          )
        }
      }
      if (!isWide && port >= 1 && port <= 65535 && (own === undefined || own === String(port))) {
        assert.ok(isNetGranted([entry], name, port), 'and itself always')
      }
    }),
  }),
}

/** Answers whether two spellings of a name are one to the URL Standard; isNetGranted() may know that, and need not. */
function isSameHost(asked: string, entry: string): boolean {
  const { name, isWide } = split(entry)
  const canonical = URL.parse(`http://${asked}`)?.hostname.replace(/\.$/, '')
  if (canonical === undefined) return false
  return isWide ? canonical.endsWith(`.${name}`) : canonical === name
}

/** What of one grant another covers. */
export const netCover: Target = {
  name: 'permissions/net cover',
  promise: 'widened() forgets no host that was not agreed to',
  inputs: 15_000,
  open: () => ({
    property: fc.property(
      host,
      host,
      host,
      fc.constantFrom(80, 443, 8443),
      (before, after, asked, port) => {
        const [first, second] = [before, after].map((each) =>
          refusal(
            () => resolvePermissions({ permissions: { net: [each] }, api: { allow: [] } }, CONTEXT),
            /^ERR_PERMISSIONS_VALUE$/,
          )
        )
        if (first === undefined || second === undefined) return
        const added = widened(first, second).net
        const [entry = ''] = second.net as readonly string[]
        for (const name of [asked, split(entry).name, `x.${split(entry).name}`]) {
          if (!isNetGranted(second.net, name, port) || isNetGranted(first.net, name, port)) continue
          assert.deepEqual(added, second.net, `${name}:${port} is new`)
        }
      },
    ),
  }),
}
