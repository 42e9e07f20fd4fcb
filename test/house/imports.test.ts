import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readImports } from './imports.ts'
import { separate } from './separate.ts'

/** Shortens what was found to one line each. */
function read(text: string): string[] {
  return readImports(text).map(({ specifier, kind, names }) =>
    `${kind} ${specifier} ${names.join(' ')}`.trimEnd()
  )
}

test('readImports() reads every form, over several lines too', () => {
  assert.deepEqual(read("import { a, b as c } from './x.ts'"), ['static ./x.ts a b'])
  assert.deepEqual(read("import {\n  a,\n  // why\n  b,\n} from '#base'"), ['static #base a b'])
  assert.deepEqual(read("import type { A } from '#base'"), ['type #base'])
  assert.deepEqual(read("import { type A, type B } from '#base'"), ['type #base'])
  assert.deepEqual(read("import { type A, b } from '#base'"), ['static #base b'])
  assert.deepEqual(read("import type from './x.ts'"), ['static ./x.ts default'])
  assert.deepEqual(read("import a, { b } from 'x'"), ['static x b default'])
  assert.deepEqual(read("import * as a from 'x'"), ['static x *'])
  assert.deepEqual(read("import{a}from'x'"), ['static x a'])
  assert.deepEqual(read("import 'x'"), ['static x *'])
  assert.deepEqual(read("import p from './p.json' with { type: 'json' }"), [
    'static ./p.json default',
  ])
  assert.deepEqual(read("export { a } from './x.ts'"), ['static ./x.ts a'])
  assert.deepEqual(read("export type { A } from './x.ts'"), ['type ./x.ts'])
  assert.deepEqual(read("export * from './x.ts'"), ['static ./x.ts *'])
  assert.deepEqual(read("export * as x from './x.ts'"), ['static ./x.ts *'])
  assert.deepEqual(read("const a = await import(\n  './x.ts'\n)"), ['dynamic ./x.ts *'])
  assert.deepEqual(read("let yaml: typeof import('yaml')"), ['type yaml'])
})

test('readImports() tells of an import that it cannot read, rather than pass it over', () => {
  assert.deepEqual(read('await import(path)'), ['dynamic undefined *'])
  assert.deepEqual(read('await import(`./${name}.ts`)'), ['dynamic undefined *'])
  assert.deepEqual(read("import fs = require('fs')"), ['dynamic undefined *'])
  assert.deepEqual(read("import { 'a b' as c } from 'x'"), ['dynamic undefined *'])
})

test('readImports() does not take one statement for another', () => {
  const text = "export interface A { b: string }\nimport { c } from './c.ts'\nimport './d.ts'\n"
  assert.deepEqual(read(text), ['static ./c.ts c', 'static ./d.ts *'])
  assert.deepEqual(read("export const a = 1\nexport { b } from './b.ts'"), ['static ./b.ts b'])
  assert.deepEqual(read('new URL(import.meta.url)'), [])
  assert.deepEqual(read("x.import('y'); const o = { import: 1 }"), [])
})

test('readImports() finds none in comments, strings, templates and regular expressions', () => {
  assert.deepEqual(read("// import { a } from 'x'\n/* import 'y' */\n/** @see import('z') */"), [])
  assert.deepEqual(read('const a = "import { a } from \'x\'"'), [])
  assert.deepEqual(read("const a = `import 'x'`"), [])
  assert.deepEqual(read("const a = /import 'x'/"), [])
  assert.deepEqual(read("const a = `${await import('x')} import 'y'`"), ['dynamic x *'])
})

test('separate() keeps the layers apart and every place where it is', () => {
  const text = "a = 'b' // c\nd = `e${f({ g: '}' })}h` / i; return /['\"`/*]/.test(j) /* k\n*/"
  const { code, comments, literals } = separate(text)
  for (const layer of [code, comments, literals]) assert.equal(layer.length, text.length)
  assert.equal(
    code.replace(/\s+/g, ' '),
    "a = ' ' d = ` ${f({ g: ' ' })} ` / i; return / /.test(j) ",
  )
  assert.equal(comments.replace(/\s+/g, ' '), ' // c /* k */')
  assert.equal(literals.replace(/\s+/g, ''), 'be}h[\'"`/*]')
  for (const [index, char] of [...text].entries()) {
    const there = [code[index], comments[index], literals[index]]
    assert.equal(there.filter((each) => each === char).length >= 1, true, `place ${index}`)
  }
})

test('separate() ends a quote that it misread with its line', () => {
  const { code } = separate("if (x) /'/.test(y)\nfetch(z)")
  assert.match(code, /fetch\(z\)/)
})
