import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TrustKind, TrustRule } from '#config'
import type { PermissionRequest } from '#permissions'
import { judge } from '../../../src/registry/trust/judge.ts'
import type { TrustSubject } from '../../../src/registry/trust/judge.ts'
import { readPolicy } from '../../../src/registry/trust/policy.ts'
import { parseSource } from '../../../src/registry/source/source.ts'

const HOME = '/home/ada'
const CONTEXT = { workingDirectory: '/repository', home: HOME }

function rule(fields: Partial<TrustRule>): TrustRule {
  return {
    where: '"s:1:1"',
    source: null,
    publisher: null,
    permits: null,
    asks: null,
    decision: 'accept',
    ...fields,
  }
}

function decide(rules: readonly TrustRule[], subject: Partial<TrustSubject> = {}) {
  return judge(readPolicy({ publishers: [], rules }, HOME), {
    source: parseSource('npm:@acme/report@^1', CONTEXT),
    publisher: null,
    request: { api: { allow: [] } },
    ...subject,
  })
}

const isAccepted = (rules: readonly TrustRule[], request: PermissionRequest) =>
  decide(rules, { request }).decision === 'accept'

test('judge() asks where no rule says otherwise', () => {
  assert.deepEqual(decide([]), { decision: 'ask', rule: null, reasons: ['there is no rule'] })
  const { decision, rule: number, reasons } = decide([rule({ source: 'npm:@other/*' })])
  assert.deepEqual([decision, number], ['ask', null])
  assert.deepEqual(reasons, [
    'rule 1 (accept): does not match, as its source is not below "npm:@other/"',
    'no rule matches',
  ])
})

test('judge() takes the first rule that matches', () => {
  const rules = [
    rule({ publisher: 'acme', decision: 'refuse' }),
    rule({ source: 'npm:@acme/*' }),
    rule({ decision: 'refuse' }),
  ]
  assert.deepEqual(decide(rules).decision, 'accept')
  assert.equal(decide(rules).rule, 2)
  assert.equal(decide(rules, { publisher: 'acme' }).rule, 1)
  assert.equal(decide(rules, { source: parseSource('npm:report', CONTEXT) }).rule, 3)
})

test('judge() knows "no write, API reads only, source below this URL"', () => {
  const rules = [
    rule({
      source: 'https://packs.example/team/*',
      permits: { read: ['./', '~/data'], api: 'read' },
    }),
  ]
  const source = parseSource('https://packs.example/team/x.tgz', CONTEXT)
  const decision = (request: PermissionRequest) => decide(rules, { source, request }).decision
  const api = { allow: ['GET /groups', 'HEAD /projects'] }
  assert.equal(decision({ api }), 'accept')
  assert.equal(decision({ api, permissions: { read: ['./sub', '~/data/x'] } }), 'accept')
  for (
    const request of [
      {},
      { api: { allow: true as const } },
      { api: { allow: ['GET /groups', 'POST /groups'] } },
      { api: { allow: ['* /groups'] } },
      { api, permissions: { write: ['./'] } },
      { api, permissions: { read: true } },
      { api, permissions: { read: ['../'] } },
      { api, permissions: { read: [`${'../'.repeat(40)}etc`] } },
      { api, permissions: { read: ['~/'] } },
      { api, permissions: { read: ['/home/ada/data'] } },
      { api, permissions: { env: ['HOME'] } },
      { api, permissions: { run: ['git'] } },
      { api, permissions: { unsandboxed_run: ['git'] } },
      { api, permissions: { net: ['example.com'] } },
    ]
  ) assert.equal(decision(request), 'ask', JSON.stringify(request))
  const { reasons } = decide(rules, {
    source,
    request: { api, permissions: { read: ['./', '../x'] } },
  })
  assert.equal(
    reasons[0],
    'rule 1 (accept): does not match, as it asks for read "../x", which is not permitted',
  )
})

test('judge() permits a path that goes up for what it says, and not for what it might lead to', () => {
  const permits = { read: ['/etc'], api: 'any' as const }
  assert.ok(isAccepted([rule({ permits })], { permissions: { read: ['/etc/x'] } }))
  assert.ok(!isAccepted([rule({ permits })], { permissions: { read: ['../../../etc'] } }))
  assert.ok(
    !isAccepted([rule({ permits })], { permissions: { read: [`${'../'.repeat(1300)}etc`] } }),
  )
})

test('judge() takes "any" for everything of a kind, and nothing for an absent kind', () => {
  const all = { read: true, write: true, env: true, run: true, unsandboxed_run: true, net: true }
  const any = Object.fromEntries([...Object.keys(all), 'api'].map((kind) => [kind, 'any']))
  assert.ok(isAccepted([rule({ permits: any })], { permissions: all, api: { allow: true } }))
  assert.ok(
    isAccepted([rule({ permits: any })], { permissions: all }),
    'asks later, at most for all',
  )
  for (const kind of Object.keys(all)) {
    const { [kind]: _, ...rest } = any
    assert.ok(!isAccepted([rule({ permits: rest })], { permissions: all }), kind)
  }
})

test('judge() refuses what asks for a kind', () => {
  const rules = [rule({ asks: ['unsandboxed_run', 'write'], decision: 'refuse' }), rule({})]
  assert.ok(isAccepted(rules, { permissions: { read: true } }))
  assert.equal(decide(rules, { request: { permissions: { write: ['x'] } } }).decision, 'refuse')
  const api = [rule({ asks: ['api'], decision: 'ask' }), rule({})]
  assert.ok(!isAccepted(api, {}), 'without [api] it may ask for everything')
  assert.ok(isAccepted(api, { api: { allow: [] } }))
})

test('a pattern stands for what is below it, and for nothing that begins alike', () => {
  const matches = (pattern: string, source: string) =>
    decide([rule({ source: pattern })], { source: parseSource(source, CONTEXT) }).rule === 1
  for (
    const [pattern, source] of [
      ['npm:@acme/*', 'npm:@acme/report@^1'],
      ['npm:report', 'npm:report@2'],
      ['github:acme/*', 'github:acme/tools#v2//sub'],
      ['github:acme/tools', 'https://github.com/acme/tools.git'],
      ['https://github.com/acme/*', 'github:acme/tools'],
      ['https://Packs.Example/a/*', 'https://packs.example/a/b/x.tgz'],
      ['git+https://git.example/t/*', 'git+https://git.example/t/x#main'],
      ['git@git.example:team/*', 'git@git.example:team/x.git'],
      ['ssh://git@git.example/t/*', 'ssh://git@git.example/t/x'],
      ['~/src/*', '/home/ada/src/x'],
      ['/repository/*', './x'],
      ['/repository/x', './x'],
    ] as const
  ) assert.ok(matches(pattern, source), `${pattern} ${source}`)
  for (
    const [pattern, source] of [
      ['npm:@acme/*', 'npm:@acme-evil/report'],
      ['npm:report', 'npm:reports'],
      ['github:acme/*', 'github:acme-evil/tools'],
      ['github:acme/tools', 'github:acme/tools-evil'],
      ['https://packs.example/a/*', 'https://packs.example.evil.example/a/x.tgz'],
      ['https://packs.example/a/*', 'https://packs.example/ab/x.tgz'],
      ['https://packs.example/a/*', 'https://packs.example/a/../b/x.tgz'],
      ['https://packs.example/a/*', 'https://packs.example/a/%2e%2e/b/x.tgz'],
      ['https://packs.example/a/*', 'https://packs.example/a/..%2fb/x.tgz'],
      ['https://packs.example/a/*', 'https://packs.example/a/..%5cb/x.tgz'],
      ['https://127.0.0.1/a/*', 'http://127.0.0.1/a/x.tgz'],
      ['/repository/*', '/repository2/x'],
      ['/repository/*', '/repository/../etc/x'],
      ['~/src/*', '/home/adam/src/x'],
    ] as const
  ) assert.ok(!matches(pattern, source), `${pattern} ${source}`)
})

test('readPolicy() refuses values that mean nothing', () => {
  const refuses = (fields: Partial<TrustRule>, state: RegExp) =>
    assert.throws(() => decide([rule(fields)]), { code: 'ERR_CONFIG_TYPE', message: state })
  refuses({ source: 'npm:@acme*' }, /"\*" stands at its end/)
  refuses({ source: 'https://host*' }, /"\*" stands/)
  refuses({ source: 'https://*/x/*' }, /"\*" stands/)
  refuses({ source: 'https:' }, /no source/)
  refuses({ source: 'https://host/team/' }, /ends with "\/": write "\/\*"/)
  refuses({ source: '*' }, /"\*" stands/)
  refuses({ source: 'report' }, /no source/)
  refuses({ source: 'npm:@acme/x@^1' }, /names a version/)
  refuses({ source: 'github:acme/x#v1' }, /"\?" or "#"/)
  refuses({ source: '/a/../*' }, /"\.\."/)
  refuses({ permits: { read: ['*'] } }, /permits.*patterns/)
  refuses({ permits: { api: ['groups'] } }, /permits/)
  refuses({ permits: { net: ['*.com'] } }, /permits/)
})

const value = fc.oneof(
  fc.constant(true),
  fc.uniqueArray(fc.constantFrom('a', 'a/b', '/etc', '~/x', '../up'), { maxLength: 3 }),
)
const names = fc.uniqueArray(fc.constantFrom('git', 'sh'), { maxLength: 2 })
const request: fc.Arbitrary<PermissionRequest> = fc.record({
  permissions: fc.record({
    read: value,
    write: value,
    env: fc.oneof(fc.constant(true), fc.uniqueArray(fc.constantFrom('A', 'B'))),
    run: fc.oneof(fc.constant(true), names),
    unsandboxed_run: names,
    net: fc.uniqueArray(fc.constantFrom('*.example.com', 'a.example.com', 'b.example.com:1')),
  }, { requiredKeys: [] }),
  api: fc.record({
    allow: fc.oneof(
      fc.constant(true as const),
      fc.uniqueArray(fc.constantFrom('GET /a', 'GET /a/*', 'POST /a', '* /b')),
    ),
  }),
}, { requiredKeys: ['permissions'] })

const KINDS: TrustKind[] = ['read', 'write', 'env', 'run', 'unsandboxed_run', 'net', 'api']
const conditions = {
  source: fc.constantFrom(null, 'npm:@acme/*', 'npm:@other/*'),
  publisher: fc.constantFrom(null, 'acme', 'other'),
}
const permits = fc.record({
  read: fc.constantFrom('none', 'any', ['a', '/etc'] as const),
  write: fc.constantFrom('none', 'any', ['a'] as const),
  env: fc.constantFrom('none', 'any'),
  run: fc.constantFrom('none', 'any', ['git'] as const),
  unsandboxed_run: fc.constantFrom('none', 'any'),
  net: fc.constantFrom('none', 'any', ['*.example.com'] as const),
  api: fc.constantFrom('none', 'read', 'any', ['GET /a/*'] as const),
}, { requiredKeys: [] })
const rules = fc.array(
  fc.oneof(
    fc.record({
      ...conditions,
      permits: fc.option(permits as fc.Arbitrary<NonNullable<TrustRule['permits']>>),
      decision: fc.constant('accept' as const),
    }),
    fc.record({
      ...conditions,
      asks: fc.option(fc.uniqueArray(fc.constantFrom(...KINDS), { minLength: 1 })),
      decision: fc.constantFrom('ask' as const, 'refuse' as const),
    }),
  ).map(rule),
  { maxLength: 5 },
)

/** Everything that either of two requests asks for. */
function both(left: PermissionRequest, right: PermissionRequest): PermissionRequest {
  const join = (a: unknown, b: unknown) =>
    a === true || b === true ? true : [...(a as string[] ?? []), ...(b as string[] ?? [])]
  const permissions = Object.fromEntries(
    KINDS.filter((kind) => kind !== 'api')
      .map((kind) => [kind, join(left.permissions?.[kind], right.permissions?.[kind])]),
  )
  if (left.api === undefined || right.api === undefined) {
    return { permissions, ...(left.api === undefined ? {} : { api: { allow: true } }) }
  }
  return { permissions, api: { allow: join(left.api.allow, right.api.allow) as string[] } }
}

test('to ask for more never turns "ask" or "refuse" into "accept"', () => {
  const seen = { accept: 0, ask: 0, refuse: 0 }
  fc.assert(
    fc.property(
      rules,
      request,
      request,
      fc.constantFrom(null, 'acme'),
      (each, less, more, publisher) => {
        const before = decide(each, { request: less, publisher }).decision
        const after = decide(each, { request: both(less, more), publisher }).decision
        seen[before]++
        if (before !== 'accept') assert.notEqual(after, 'accept')
      },
    ),
    { numRuns: 2000 },
  )
  assert.ok(Object.values(seen).every((count) => count > 20), JSON.stringify(seen))
})
