import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLanguage } from './language.ts'
import { readSources } from './tree.ts'

function judge(text: string, path = 'cli/a.ts'): string {
  return checkLanguage([{ path, text }]).join('\n')
}

test('src does without any, enums, namespaces, default exports, silenced errors and notes to self', () => {
  assert.deepEqual(checkLanguage(readSources()), [])
})

/** For each line that no file may hold: the rule that must be named. */
const BAD: readonly (readonly [rule: string, line: string])[] = [
  ['any', 'const a = b as any'],
  ['any', 'function f(a: any) {}'],
  ['any', 'type A = Record<string, any>'],
  ['any', 'const a: any[] = []'],
  ['@ts-ignore', '// @ts-ignore'],
  ['@ts-ignore', '// @ts-expect-error it is wrong'],
  ['@ts-ignore', '// @ts-nocheck'],
  ['enum', 'export enum Kind { A }'],
  ['enum', 'const enum Kind { A }'],
  ['namespace', 'namespace A { export const b = 1 }'],
  ['namespace', 'declare global { var a: string }'],
  ['default export', 'export default function f() {}'],
  ['default export', 'export { f as default }'],
  ['TODO', '// TODO: later'],
  ['TODO', '/* FIXME */'],
  ['TODO', '/** XXX */'],
]

for (const [rule, line] of BAD) {
  test(`checkLanguage() refuses ${JSON.stringify(line)}`, () => {
    assert.ok(judge(`const first = 1\n${line}\n`).startsWith(`src/cli/a.ts:2: ${rule}`))
  })
}

test('checkLanguage() passes over words that only look so', () => {
  assert.equal(judge("await Promise.any(all); AbortSignal.any([a]); const many = 'as any'"), '')
  assert.equal(judge('// takes any value; the enum of the standard\nenumerate(words)'), '')
  assert.equal(judge("mkdtemp('XXXXXX'); const o = { default: 1, any: 2, namespace: 3 }"), '')
  assert.equal(
    judge('declare namespace Deno {\n  const args: string[]\n}', 'guest/engine.d.ts'),
    '',
  )
})
