import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPhylumError } from '#base'
import { readPolicy } from '../../../src/server/policy/read_policy.ts'
import { policyFile } from '../../fuzz/policies.ts'
import { fuzzTest } from '../../fuzz/target.ts'

const read = (text: string) => readPolicy(new TextEncoder().encode(text), '/etc/policy.toml')

async function refusal(text: string): Promise<string> {
  const error = await read(text).then(() => undefined, (error) => error)
  assert.ok(isPhylumError(error, 'ERR_SERVER_POLICY'), String(error))
  return error.message
}

test('readPolicy() reads rules, each with its place', async () => {
  const policy = await read(`# ours
[[packages]]
name = "event-stream"
registry = "npm"
versions = "3.3.6"
reason = "it stole wallets"
severity = "critical"

[[packages]]
name = "@evil/*"

[licenses]
deny = ["AGPL-*"]
refuse_unknown = true

[[licenses.known]]
package = "npm:@acme/left-pad"
license = "WTFPL"
`)
  const [first, second] = policy.packages
  assert.deepEqual({ ...first, range: typeof first?.range }, {
    tag: 'packages[0]',
    line: 2,
    name: 'event-stream',
    registry: 'npm',
    versions: '3.3.6',
    range: 'function',
    reason: 'it stole wallets',
    severity: 'critical',
    domain: 'vulnerability',
  })
  assert.equal(second?.tag, 'packages[1]')
  assert.equal(second?.line, 9)
  assert.equal(second?.domain, 'malicious_code')
  assert.deepEqual(policy.licenses, {
    tag: 'licenses',
    line: 12,
    severity: 'medium',
    domain: 'license',
    reason: null,
    deny: ['AGPL-*'],
    refusesUnknown: true,
  })
  assert.deepEqual([...policy.known], [['npm:@acme/left-pad@*', 'WTFPL']])
})

test('readPolicy() takes an empty file, which refuses nothing', async () => {
  assert.deepEqual(await read(''), { packages: [], licenses: undefined, known: new Map() })
})

test('readPolicy() refuses a licence that nothing could have', async () => {
  for (const denied of ['NOT A LICENCE!', 'MIT OR GPL-3.0-only', '(MIT)', 'GPL_3']) {
    assert.match(
      await refusal(`[licenses]\ndeny = ["MIT", ${JSON.stringify(denied)}]\n`),
      /^Cannot use policy \/etc\/policy\.toml:2:\d+: "licenses\.deny\[1\]" is "/,
      denied,
    )
  }
  const taken = ['AGPL-*', 'GPL-2.0+', 'LicenseRef-acme', 'DocumentRef-a.b:LicenseRef-c', '*']
  const { licenses } = await read(`[licenses]\ndeny = ${JSON.stringify(taken)}\n`)
  assert.deepEqual(licenses?.deny, taken)
})

test('readPolicy() reports every fault with line and column', async () => {
  assert.match(await refusal('[[packages]\n'), /policy \/etc\/policy\.toml:1:\d+: Not valid TOML/)
  assert.match(await refusal('[[packages]]\n'), /:1:1: "packages\[0\]\.name" is missing/)
  assert.match(
    await refusal('[[package]]\nname = "a"\n'),
    /:1:1: "package" is not known and has no effect; did you mean "packages"\?/,
  )
  const several = await refusal(`[[packages]]
name = "a"
registry = "npmjs"
versions = ">=x.y"
[[licenses.known]]
package = "left-pad"
license = "MIT"
`)
  assert.match(several, /^Cannot use policy "\/etc\/policy\.toml":\n/)
  assert.match(several, /:3:1: "packages\[0\]\.registry" is "npmjs", not one of npm, pypi,/)
  assert.match(several, /:4:1: "packages\[0\]\.versions" is no range of versions: ">=x.y"/)
  assert.match(several, /:6:1: "licenses\.known\[0\]\.package" must be "REGISTRY:NAME"/)
  assert.match(
    await refusal('[[packages]]\nname = "a"\nseverity = "bad"\n'),
    /:3:1: "packages\[0\]\.severity" must be "info", "low", "medium", "high" or "critical", not "bad"/,
  )
  assert.match(await refusal('name = "\u0007"\n'), /:1:9: The character U\+0007 is not allowed/)
})

fuzzTest(policyFile, 300)
