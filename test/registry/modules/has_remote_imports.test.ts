import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasRemoteImports } from '#registry'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { writeFiles } from '../../harness/write_files.ts'
import type { FileContent } from '../../harness/write_files.ts'

async function look(files: Record<string, FileContent>): Promise<boolean> {
  return await withTemporaryDirectory((directory) => {
    writeFiles(directory, files)
    return Promise.resolve(hasRemoteImports(directory))
  })
}

const YES = [
  `import { a } from 'https://x.example/a.ts'`,
  `import 'npm:left-pad'`,
  `export * from "jsr:@std/assert@1"`,
  `const a = await import('npm:left-pad@1')`,
  'const a = await import(`npm:left-pad@${version}`)',
  `import{a}from"https://x.example/a.ts"`,
  `import a from\n  /* why */ // no\n  'https://x.example/a.ts'`.replace('// no', ''),
  `import('https://x.example/a.ts')`,
  `/** @jsxImportSource npm:preact */`,
  `// @deno-types="npm:@types/x"\nimport x from './x.js'`,
  `/// <reference types="npm:@types/node" />`,
  `import 'http://x.example/a.ts'`,
]

const NO = [
  `import { api } from 'phylum'\nawait fetch('https://x.example')`,
  `// see https://x.example/a.ts`,
  `import data from './data.json' with { type: 'json' }`,
  `const url = 'npm:left-pad'`,
]

for (const text of YES) {
  test(`hasRemoteImports() sees ${JSON.stringify(text)}`, async () => {
    assert.equal(await look({ 'lib/a.ts': text }), true)
  })
}

for (const text of NO) {
  test(`hasRemoteImports() sees nothing in ${JSON.stringify(text)}`, async () => {
    assert.equal(await look({ 'main.ts': text }), false)
  })
}

for (
  const [name, text] of [
    ['comments without an end', 'from/*'.repeat(200_000)],
    ['blanks', `@types${' '.repeat(1_000_000)}from${' '.repeat(1_000_000)}`],
    ['beginnings', 'import('.repeat(200_000)],
    ['one long word', `@${'a'.repeat(1_000_000)}`],
  ] as const
) {
  test(`I129 hasRemoteImports() takes no time over ${name}`, async () => {
    const started = performance.now()
    assert.equal(await look({ 'main.ts': text }), false)
    assert.ok(performance.now() - started < 2_000)
  })
}

test('hasRemoteImports() looks at modules that are shared, and at no others', async () => {
  const text = YES[0]!
  assert.equal(
    await look({ 'notes.md': text, 'node_modules/a/a.js': text, '.x/a.js': text }),
    false,
  )
})
