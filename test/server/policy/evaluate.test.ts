import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describePackage } from '../../../src/server/policy/describe_package.ts'
import { evaluate, isRejected } from '../../../src/server/policy/evaluate.ts'
import { findDenied } from '../../../src/server/policy/match_license.ts'
import { matchName } from '../../../src/server/policy/match_name.ts'
import type { Package } from '../../../src/server/policy/package.ts'
import type { Ecosystem } from '../../../src/server/policy/package_name.ts'
import { readPolicy } from '../../../src/server/policy/read_policy.ts'
import { renderOutput, renderReport } from '../../../src/server/policy/render_report.ts'
import { judgedPackage } from '../../fuzz/policies.ts'
import { fuzzTest } from '../../fuzz/target.ts'

const POLICY = await readPolicy(
  new TextEncoder().encode(`
[[packages]]
name = "event-stream"
registry = "npm"
versions = ">=3.3.6 <4"
reason = "it stole wallets"
severity = "critical"
[[packages]]
name = "Foo_Bar"
registry = "pypi"
[[packages]]
name = "@evil/*"
[licenses]
deny = ["AGPL-*", "GPL-3.0-only"]
refuse_unknown = true
[[licenses.known]]
package = "npm:left-pad"
license = "WTFPL"
[[licenses.known]]
package = "npm:left-pad@9.0.0"
license = "AGPL-3.0-only"
`),
  'policy.toml',
)

function pack(registry: Ecosystem, name: string, version: string, license = 'MIT'): Package {
  return { registry, name, version, license, lockfile: null }
}

function titles(one: Package): string[] {
  return evaluate(POLICY, [one]).flatMap(({ rejections }) => rejections.map(({ title }) => title))
}

test('evaluate() refuses what a rule names, and says which rule', () => {
  const [dependency] = evaluate(POLICY, [pack('npm', 'event-stream', '3.3.6')])
  assert.deepEqual(dependency, {
    purl: 'pkg:npm/event-stream@3.3.6',
    registry: 'npm',
    name: 'event-stream',
    version: '3.3.6',
    rejections: [{
      title: 'event-stream is refused',
      source: {
        type: 'policy',
        tag: 'packages[0]',
        domain: 'vulnerability',
        severity: 'critical',
        description: 'it stole wallets',
        reason: 'the rule is for versions >=3.3.6 <4 (rule packages[0], line 2 of the policy)',
      },
      suppression_reason: null,
    }],
  })
  assert.deepEqual(titles(pack('npm', 'event-stream', '3.3.5')), [])
  assert.deepEqual(titles(pack('npm', 'event-stream', '4.0.0')), [])
  assert.deepEqual(titles(pack('cargo', 'event-stream', '3.3.6')), [])
})

test('evaluate() is not got round by another spelling, or by a version that cannot be compared', () => {
  assert.deepEqual(titles(pack('pypi', 'foo-bar', '1')), ['Foo_Bar is refused'])
  assert.deepEqual(titles(pack('pypi', 'FOO.bar', '1')), ['Foo_Bar is refused'])
  assert.deepEqual(titles(pack('npm', 'foo-bar', '1')), [])
  assert.deepEqual(titles(pack('npm', '@evil/x', '1')), ['@evil/* is refused'])
  assert.deepEqual(titles(pack('npm', 'event-stream', 'latest')), ['event-stream is refused'])
})

test('evaluate() judges licences: what the policy knows wins over what the sender says', () => {
  assert.deepEqual(titles(pack('npm', 'a', '1', 'AGPL-3.0-or-later')), [
    'Licence AGPL-3.0-or-later is refused',
  ])
  assert.deepEqual(titles({ ...pack('npm', 'a', '1'), license: null }), [
    'Its licence is not known',
  ])
  assert.deepEqual(titles({ ...pack('npm', 'left-pad', '1.0.0'), license: null }), [])
  assert.deepEqual(titles(pack('npm', 'left-pad', '9.0.0')), ['Licence AGPL-3.0-only is refused'])
})

test('evaluate() judges each package once, and leaves what is ignored without effect', () => {
  const bad = pack('npm', 'event-stream', '3.3.6')
  const all = evaluate(POLICY, [bad, { ...bad, lockfile: 'b' }, pack('npm', 'b', '1')], [bad])
  assert.equal(all.length, 2)
  assert.ok(!all.some(isRejected))
  assert.equal(all[0]?.rejections[0]?.suppression_reason, 'the request ignores this package')
})

test('evaluate() takes little time for many packages and many rules', () => {
  const many = Array.from({ length: 5000 }, (_, index) => pack('npm', `p${index}`, '1.0.0'))
  const rules = Array.from({ length: 5000 }, (_, index) => ({
    ...POLICY.packages[0]!,
    name: `p${index}`,
    range: undefined,
  }))
  const begin = performance.now()
  assert.ok(evaluate({ ...POLICY, packages: rules }, many).every(isRejected))
  assert.ok(performance.now() - begin < 3000)
})

test('findDenied() reads SPDX expressions', () => {
  const deny = ['GPL-*', 'AGPL-3.0-only']
  for (
    const [expression, found] of [
      ['MIT', undefined],
      ['GPL-3.0-only', 'GPL-3.0-only'],
      ['gpl-3.0-only', 'gpl-3.0-only'],
      ['LGPL-3.0-only', undefined],
      ['MIT OR GPL-3.0-only', undefined],
      ['AGPL-3.0-only OR GPL-3.0-only', 'AGPL-3.0-only'],
      ['MIT AND GPL-3.0-only', 'GPL-3.0-only'],
      ['(MIT OR GPL-3.0-only) AND ISC', 'GPL-3.0-only'],
      ['GPL-2.0-only WITH Classpath-exception-2.0', 'GPL-2.0-only'],
    ] as const
  ) assert.equal(findDenied(expression, deny), found, expression)
})

test('matchName() takes "*" for any characters, in little time', () => {
  for (const [form, text] of [['a', 'a'], ['*', ''], ['a*', 'a'], ['*b*', 'abc'], ['a*a', 'aa']]) {
    assert.ok(matchName(form!, text!), `${form} ${text}`)
  }
  for (const [form, text] of [['a', 'b'], ['a*a', 'a'], ['*b', 'bc'], ['a*b*c', 'acb']]) {
    assert.ok(!matchName(form!, text!), `${form} ${text}`)
  }
  assert.ok(!matchName(`${'a*'.repeat(200)}b`, 'a'.repeat(500)))
})

test('renderOutput() and renderReport() name package and rule, and let no name be more than text', () => {
  const all = evaluate(POLICY, [
    pack('npm', 'event-stream', '3.3.6'),
    pack('npm', '@evil/[x](http://a)|\u001b[2J', '1'),
  ])
  const output = renderOutput(all)
  assert.match(output, /^The policy refuses 2 of 2 packages\n\npkg:npm\/event-stream@3\.3\.6\n/)
  assert.match(
    output,
    /\[critical\] event-stream is refused\n.*rule packages\[0\], line 2.*\n.*it stole wallets/,
  )
  const report = renderReport(all)
  assert.match(report, /^## Supply chain: failed\n/)
  for (const text of [output, report]) assert.ok(!text.includes('\u001b'))
  assert.ok(!report.includes('](http'))
  assert.match(
    renderReport(evaluate(POLICY, [pack('npm', 'a', '1')])),
    /passed\n\n.*none of 1 package$/,
  )
})

test('describePackage() scores by the worst that was found', () => {
  const { riskScores, issues, license, id } = describePackage(
    POLICY,
    pack('npm', 'event-stream', '3.3.6', 'AGPL-3.0-only'),
  )
  assert.equal(riskScores.total, 0.1)
  assert.equal(riskScores.vulnerability, 0.1)
  assert.equal(riskScores.license, 0.65)
  assert.equal(riskScores.author, 1)
  assert.equal(issues.length, 2)
  assert.equal(license, 'AGPL-3.0-only')
  assert.equal(id, 'npm:event-stream:3.3.6')
})

fuzzTest(judgedPackage, 300)
