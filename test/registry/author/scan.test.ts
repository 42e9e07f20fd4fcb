import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scanApiCalls } from '../../../src/registry/author/scan_api_calls.ts'
import { scanImports } from '../../../src/registry/author/scan_imports.ts'
import { scanUses } from '../../../src/registry/author/scan_uses.ts'
import { HOLE, tokenize } from '../../../src/registry/author/tokenize.ts'

function uses(source: string) {
  const tokens = tokenize(source)
  const { uses, unseen } = scanUses(tokens, scanImports(tokens))
  return {
    uses: uses.map(({ kind, value }) => value === undefined ? kind : `${kind} ${value}`),
    unseen: [...unseen].sort().join(' '),
  }
}

function calls(source: string) {
  const tokens = tokenize(source)
  const { calls, isUnseen } = scanApiCalls(tokens, scanImports(tokens))
  return {
    calls: calls.map(({ method, pattern }) => `${method ?? '?'} ${pattern}`),
    isUnseen,
  }
}

test('tokenize() tells code from comments, strings, templates and regular expressions', () => {
  const source =
    "a /* fetch('x') */ = 'it\\'s \\u0041' // Deno.x\nb = /['\"`/]+/.test(c) / d / e; f(`g${h('i')}j`, `k`)"
  assert.deepEqual(tokenize(source).map(({ kind, text }) => `${kind}:${text}`), [
    ...['word:a', 'sign:=', "string:it's A", 'word:b', 'sign:=', 'sign:.', 'word:test', 'sign:('],
    ...['word:c', 'sign:)', 'sign:/', 'word:d', 'sign:/', 'word:e', 'sign:;', 'word:f', 'sign:('],
    ...[`template:g${HOLE}j`, 'word:h', 'sign:(', 'string:i', 'sign:)', 'sign:,', 'string:k'],
    'sign:)',
  ])
})

test('tokenize() comes to an end with whatever it is given', () => {
  for (const text of ["'", '`', '`${', '`${`${', '/*', '/', '//', '\\', '}}', '`${}', "'\\"]) {
    assert.ok(Array.isArray(tokenize(text)), text)
  }
  assert.ok(tokenize('`${'.repeat(5_000)).length > 0)
})

test('scanImports() finds imports of every form, and none that is written about', () => {
  const source = `
    import a, { b as c } from './1.ts'
    import * as d from "./2.ts"
    import './3.ts'
    import type { E } from './4.ts'
    export { f } from './5.ts'
    export * from './6.ts'
    const g = await import('./7.ts')
    const h = require('./8.ts')
    // import './no.ts'
    const text = "import './no.ts'"
    export const from = 'no'
    loader.import('./no.ts')
    import(name)
    import data from './9.json' with { type: 'json' }`
  const found = scanImports(tokenize(source))
  assert.deepEqual(found.map(({ specifier }) => specifier), [
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => `./${number}.ts`),
    undefined,
    './9.json',
  ])
  assert.deepEqual([...found[0]!.renamed], [['b', 'c']])
})

test('scanUses() finds what engines, modules of theirs and the web offer', () => {
  assert.deepEqual(uses("Deno.readTextFileSync('x'); await Deno.writeFile(a, b)").uses, [
    'read',
    'write',
  ])
  assert.deepEqual(uses("import { readFile } from 'node:fs/promises'").uses, ['read', 'write'])
  assert.deepEqual(uses("new Deno.Command('git', {})").uses, ['run git'])
  assert.deepEqual(uses("Bun.spawn(['ls', '-l'])").uses, ['run ls'])
  assert.deepEqual(uses("globalThis.Deno.env.get('HOME') + process.env.A + Bun.env['B']").uses, [
    'env HOME',
    'env A',
    'env B',
  ])
  assert.deepEqual(
    uses("fetch('https://a.example/x'); globalThis.fetch(`http://b.example:8080/${c}`)").uses,
    ['net https://a.example', 'net http://b.example:8080'],
  )
  assert.deepEqual(uses("api.fetch('/x'); cache.fetch('https://a.example')").uses, [])
  assert.deepEqual(uses("const a = 'Deno.env' // fetch('https://a.example')"), {
    uses: [],
    unseen: '',
  })
})

test('scanUses() knows what it cannot see', () => {
  assert.equal(uses('fetch(url)').unseen, 'net')
  assert.equal(uses('fetch(`https://${host}/`)').unseen, 'net')
  assert.equal(uses('Deno.env.get(name)').unseen, 'env')
  assert.equal(uses('const { A } = process.env').unseen, 'env')
  assert.equal(uses('new Deno.Command(program)').unseen, 'run')
  assert.equal(uses("import { spawn } from 'child_process'").unseen, 'run')
  assert.equal(uses('const { readTextFile } = Deno').uses.length, 5)
  assert.equal(uses('import(name)').unseen, 'api env net run')
  assert.equal(uses('eval(text)').unseen, 'api env net run')
  assert.equal(uses("typeof Deno; 'Deno' in globalThis").unseen, '')
  assert.match(uses('Phylum.runSandboxed({})').unseen, /run/)
})

test('scanApiCalls() reads paths, methods and operations', () => {
  const source = `
    import { api as other } from 'phylum'
    await api.fetch('/groups')
    await api.fetch(\`/groups/\${encodeURIComponent(a)}?x=\${b}\`, { method: 'DELETE', signal })
    await other.fetch('projects', { headers: { method: 'no' } })
    await invocation.api.groups.members.list('acme')
    export default async ({ api, args }: Invocation): Promise<void> => {}
    async function run({ api }: Invocation) { await api.groups.create('x') }`
  assert.deepEqual(calls(source), {
    calls: [
      'GET /groups',
      'DELETE /groups/:value',
      'GET /projects',
      'GET /groups/:group/members',
      'POST /groups',
    ],
    isUnseen: false,
  })
})

test('scanApiCalls() knows what it cannot see', () => {
  for (
    const source of [
      'api.fetch(path)',
      'api.fetch(`/${everything}/${of}x`)',
      "api.fetch('https://api.example/api/v0/groups')",
      'helper(api)',
      'run({ api, args })',
      'const groups = api.groups',
      'const { fetch } = api',
      "import * as phylum from 'phylum'",
      "Phylum.fetch('v0/', '/groups')",
      'this.api = invocation.api',
    ]
  ) assert.equal(calls(source).isUnseen, true, source)
  for (const init of ['init', '{ method }', "{ ...init, method: 'GET' }", '{ method: how() }']) {
    assert.deepEqual(calls(`api.fetch('/groups', ${init})`).calls, ['? /groups'], init)
  }
})
