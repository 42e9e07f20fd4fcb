import { isPhylumError } from '#base'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describePackage } from '../../src/server/policy/describe_package.ts'
import { evaluate } from '../../src/server/policy/evaluate.ts'
import { readPackage } from '../../src/server/policy/package.ts'
import { parsePurl, renderPurl } from '../../src/server/policy/purl.ts'
import { readPolicy } from '../../src/server/policy/read_policy.ts'
import { renderOutput, renderReport } from '../../src/server/policy/render_report.ts'
import { Refusal } from '../../src/server/refusal.ts'
import { hostileText, refusalOf } from './hostile.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

/** What policies are made of; what TOML parsers stumble over is manifests' matter. */
const PIECES = [
  '[[packages]]\nname = "',
  '"\n',
  '"\nversions = "',
  '"\nregistry = "',
  '"\nseverity = "',
  '[licenses]\ndeny = ["',
  '"]\n',
  '[[licenses.known]]\npackage = "',
  '"\nlicense = "',
  'npm',
  'npm:a@1',
  'high',
  '>=',
  '^',
  '~',
  ' - ',
  ' || ',
  '1.x',
  '1.2.3',
  '*',
  '9'.repeat(400),
]

/** Policies, as bytes on the disk. */
export const policyFile: Target = {
  name: 'server/policy_file',
  promise: 'readPolicy() survives any text, and every place that it reports lies in the file',
  inputs: 5_000,
  open: () => ({
    property: fc.asyncProperty(hostileText(16, PIECES), async (text) => {
      const bytes = new TextEncoder().encode(text)
      const read = await refusalOf(readPolicy(bytes, '/x/policy.toml'), /^ERR_SERVER_POLICY$/)
      if (!isPhylumError(read)) return
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(read.message.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u202e\u2028]/)
      const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\n')
      for (const [, line, column] of read.message.matchAll(/\/x\/policy\.toml:(\d+):(\d+)/g)) {
        const content = lines[Number(line) - 1]
        assert.ok(content !== undefined && Number(column) <= content.length + 1, read.message)
      }
    }),
  }),
}

const POLICY = await readPolicy(
  new TextEncoder().encode(`
[[packages]]
name = "*a*"
versions = "^1.2 || <=0.5 || 3 - 4.x"
[[packages]]
name = "evil.example"
[licenses]
deny = ["GPL-*"]
refuse_unknown = true
`),
  'policy.toml',
)

const word = fc.oneof(hostileText(6), fc.constantFrom('1.2.3', 'latest', `${'1.'.repeat(300)}x`))
const sent = fc.oneof(
  fc.record({
    name: word,
    version: word,
    type: fc.constantFrom('npm', 'pypi', 'maven', 'golang', 'deb'),
    license: fc.option(word),
  }),
  fc.record({ purl: word.map((text) => `pkg:npm/${text}@${text}`) }),
)

/** Packages, as programs send them. */
export const judgedPackage: Target = {
  name: 'server/judged_package',
  promise:
    'evaluate() judges any package, soon, and what it says holds nothing that a reader is fooled with',
  inputs: 10_000,
  open: () => ({
    property: fc.property(sent, (each) => {
      let one
      try {
        one = readPackage(each, 'packages[0]')
      } catch (error) {
        assert.ok(error instanceof Refusal && error.status === 400, String(error))
        return
      }
      const dependencies = quickly(() => evaluate(POLICY, [one]))
      for (const text of [renderOutput(dependencies), renderReport(dependencies)]) {
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(text.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u202e\u2028]/)
      }
      assert.ok(describePackage(POLICY, one).riskScores.total <= 1)
      if (!('name' in each)) return
      // What is written can be read, but for what a package URL cannot tell: empty parts between slashes.
      const again = parsePurl(renderPurl(one))
      if (one.name !== '' && one.version !== '' && !/^[/:]|[/:]{2}|[/:]$/.test(one.name)) {
        assert.equal(again?.version, one.version)
      }
    }),
  }),
}
