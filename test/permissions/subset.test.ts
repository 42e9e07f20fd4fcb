import {
  isNetGranted,
  isNothing,
  isSubset,
  parseEndpoint,
  resolvePermissions,
  widened,
} from '#permissions'
import type { GrantedPermissions, PermissionRequest, Permissions } from '#permissions'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

const CONTEXT = { home: '/home/ada', workingDirectory: '/srv/project' }

function grant(permissions: Permissions, allow?: true | readonly string[]): GrantedPermissions {
  const request: PermissionRequest = allow === undefined
    ? { permissions }
    : { permissions, api: { allow } }
  return resolvePermissions(request, CONTEXT)
}

function lists(inner: Permissions, outer: Permissions): boolean {
  return isSubset(grant(inner), grant(outer))
}

const NAMES = {
  path: [
    '/',
    '/tmp',
    '/tmp/a',
    '/tmp/a/b',
    '/tmpfoo',
    '/etc',
    '~',
    '~/x',
    '.',
    './src',
    '../other',
  ],
  variable: ['HOME', 'PATH', 'USER'],
  program: ['git', 'sh', '/bin/sh'],
  host: ['a.com', 'a.com:443', 'b.a.com', '*.a.com', '*.b.a.com', '*.a.com:443', '1.2.3.4'],
  endpoint: [
    'GET /a',
    'HEAD /a',
    'POST /a',
    '* /a',
    'GET /a/:x',
    'GET /a/:y',
    'GET /a/b',
    'GET /a/*',
    'GET /*',
    '* /*',
    '* /a/:x?',
    'GET /a/:x+',
    'GET /api/v1/a',
  ],
}

function anyOf(values: readonly string[]): fc.Arbitrary<boolean | string[]> {
  return fc.oneof({ weight: 4, arbitrary: fc.subarray([...values]) }, fc.boolean())
}

const anyGrant: fc.Arbitrary<GrantedPermissions> = fc.record({
  permissions: fc.record({
    read: anyOf(NAMES.path),
    write: anyOf(NAMES.path),
    env: anyOf(NAMES.variable),
    run: anyOf(NAMES.program),
    unsandboxed_run: anyOf(NAMES.program),
    net: anyOf(NAMES.host),
  }),
  allow: fc.oneof(
    { weight: 4, arbitrary: fc.subarray(NAMES.endpoint) },
    fc.constantFrom<true | undefined>(true, undefined),
  ),
}).map(({ permissions, allow }) => grant(permissions, allow))

test('isSubset() compares paths by components', () => {
  assert.ok(lists({ read: ['/tmp/a/b'] }, { read: ['/tmp'] }))
  assert.ok(lists({ read: ['/tmp'] }, { read: ['/'] }))
  assert.ok(!lists({ read: ['/tmpfoo'] }, { read: ['/tmp'] }))
  assert.ok(!lists({ read: ['/tmp'] }, { read: ['/tmp/a'] }))
  assert.ok(!lists({ write: ['/tmp'] }, { read: ['/tmp'] }))
})

test('D53 isSubset() resolves dots before it compares', () => {
  for (
    const path of ['/tmp/../etc', '/tmp/./../etc', '/tmp//../etc', '/tmp/a/../../etc', '/tmpfoo']
  ) {
    assert.ok(!lists({ read: [path] }, { read: ['/tmp'] }), path)
  }
  for (const path of ['/tmp/./x', '/tmp//x', '/tmp/a/../x', '/tmp/..x']) {
    assert.ok(lists({ read: [path] }, { read: ['/tmp'] }), path)
  }
})

test('isSubset() knows that true is more than any list, and [] the least', () => {
  assert.ok(lists({ net: ['a.com'] }, { net: true }))
  assert.ok(!lists({ net: true }, { net: ['a.com', '*.a.com'] }))
  assert.ok(!lists({ read: true }, { read: ['/'] }))
  assert.ok(isSubset(grant({}, []), grant({}, [])))
  assert.ok(isSubset(grant({}, []), grant({})))
  assert.ok(!isSubset(grant({}), grant({}, [])))
  assert.ok(isSubset(grant({}), grant({}, true)))
  assert.ok(!isSubset(grant({}, ['GET /a']), grant({})))
})

test('isSubset() compares endpoints by what they match', () => {
  const api = (inner: string, outer: string) => isSubset(grant({}, [inner]), grant({}, [outer]))
  assert.ok(api('GET /groups', '* /groups'))
  assert.ok(api('HEAD /groups', 'GET /groups'))
  assert.ok(!api('GET /groups', 'HEAD /groups'))
  assert.ok(!api('* /groups', 'GET /groups'))
  assert.ok(api('GET /groups/a', 'GET /groups/:name'))
  assert.ok(!api('GET /groups/:name', 'GET /groups/a'))
  assert.ok(api('GET /groups/:name', 'GET /groups/*'))
  assert.ok(api('GET /groups/:name/members', '* /*'))
  assert.ok(!api('GET /groups/:name?', 'GET /groups/*'), '"/groups" is not below "/groups/"')
  assert.ok(!api('GET /api/v1/groups', 'GET /*'))
})

test('widened() names what is new, and nothing else', () => {
  const before = grant({ read: ['.', '/tmp'], env: ['HOME'], net: ['*.a.com'] }, ['GET /a'])
  const after = grant(
    { read: ['/tmp/a', '/etc'], env: true, net: ['x.a.com', 'b.com'], run: ['git'] },
    ['HEAD /a', 'POST /a'],
  )
  assert.deepEqual(widened(before, after), {
    ...grant({ read: ['/etc'], env: true, net: ['b.com'], run: ['git'] }),
    api: widened(before, after).api,
  })
  assert.deepEqual((widened(before, after).api as readonly unknown[]).map(String), ['POST /a'])
  assert.ok(isNothing(widened(after, after)))
})

test('I122 widened() finds nothing in another order or another spelling', () => {
  const before = grant({ read: ['/tmp', './src'], net: ['a.com', 'b.com:443'] }, [
    'GET /a',
    'POST /b',
  ])
  const after = grant({ read: ['src/', '/tmp/./'], net: ['B.com:443', 'A.COM.'] }, [
    'POST /api/v0/b',
    'GET /a',
  ])
  assert.ok(isNothing(widened(before, after)))
  assert.ok(isNothing(widened(after, before)))
})

test('isSubset() is reflexive', () => {
  fc.assert(fc.property(anyGrant, (each) => isSubset(each, each)))
})

test('isSubset() is transitive', () => {
  fc.assert(fc.property(anyGrant, anyGrant, anyGrant, (low, middle, high) => {
    const wider = union(middle, low)
    const widest = union(high, wider)
    assert.ok(isSubset(low, wider) && isSubset(wider, widest) && isSubset(low, widest))
    if (isSubset(low, middle) && isSubset(middle, high)) assert.ok(isSubset(low, high))
  }))
})

test('isSubset() holds for each part of a union, and for what is left of one', () => {
  fc.assert(fc.property(anyGrant, anyGrant, (one, other) => {
    const both = union(one, other)
    assert.ok(isSubset(one, both) && isSubset(other, both))
    assert.ok(isSubset(widened(one, other), other))
    assert.ok(isSubset(other, union(one, widened(one, other))))
    assert.equal(isNothing(widened(one, other)), isSubset(other, one))
  }))
})

test('a subset never reaches a host that the whole does not', () => {
  const host = fc.constantFrom('a.com', 'b.a.com', 'c.b.a.com', 'xa.com', '1.2.3.4')
  fc.assert(
    fc.property(anyGrant, anyGrant, host, fc.constantFrom(80, 443), (low, high, name, port) => {
      const within = union(low, high)
      if (isNetGranted(low.net, name, port)) assert.ok(isNetGranted(within.net, name, port))
      if (isSubset(low, high) && isNetGranted(low.net, name, port)) {
        assert.ok(isNetGranted(high.net, name, port))
      }
    }),
  )
})

test('an endpoint that is covered never matches what the covering one does not', () => {
  const entry = fc.constantFrom(...NAMES.endpoint)
  const path = fc.constantFrom('/a', '/a/', '/a/b', '/a/b/c', '/b', '/').map((each) =>
    `/api/v0${each}`
  )
  fc.assert(
    fc.property(
      entry,
      entry,
      fc.constantFrom('GET', 'HEAD', 'POST'),
      path,
      (one, two, method, target) => {
        const [outer, inner] = [parseEndpoint(one), parseEndpoint(two)]
        if (outer.covers(inner) && inner.matches(method, target)) {
          assert.ok(outer.matches(method, target), `${one} does not match ${method} ${target}`)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

/** The least set of permissions that holds two others. */
function union(one: GrantedPermissions, other: GrantedPermissions): GrantedPermissions {
  const join = (left: true | readonly string[], right: true | readonly string[]) =>
    left === true || right === true || [...left, ...right]
  const apis = [one.api, other.api]
  return {
    read: join(one.read, other.read),
    write: join(one.write, other.write),
    env: join(one.env, other.env),
    run: join(one.run, other.run),
    unsandboxedRun: join(one.unsandboxedRun, other.unsandboxedRun),
    net: join(one.net, other.net),
    api: Array.isArray(one.api) && Array.isArray(other.api)
      ? [...one.api, ...other.api]
      : apis.includes(true) || apis.some((api) => Array.isArray(api) && api.length > 0)
      ? true
      : 'ask',
  }
}
