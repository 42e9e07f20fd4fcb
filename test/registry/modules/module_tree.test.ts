import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeModuleTree } from '#registry'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { writeFiles } from '../../harness/write_files.ts'

const METADATA = '\n// denoCacheMetadata={"headers":{},"url":"https://x.example/a.ts","time":1}'

test('writeModuleTree() lays modules out so that they import each other by path', async () => {
  await withTemporaryDirectory((directory) => {
    const source = `import { b } from './b.js'; const s = '😀 ./b.js'; export { b } from "/b.js"
      const c = await import('./b.js'); fetch('./b.js'); import n from 'npm:left-pad'`
    writeFiles(directory, {
      'cache/a': source + METADATA,
      'cache/b': `export const b = 1${METADATA}`,
    })
    const to = (specifier: string, url = specifier) => ({ specifier, code: { specifier: url } })
    const graph = {
      modules: [
        {
          specifier: 'file:///x/main.ts',
          local: '/x/main.ts',
          mediaType: 'TypeScript',
          dependencies: [to('https://x.example/old'), to('jsr:@s/p'), to('npm:left-pad@^1/lib')],
        },
        {
          specifier: 'https://x.example/a.ts',
          local: join(directory, 'cache/a'),
          mediaType: 'TypeScript',
          dependencies: [
            to('./b.js', 'https://x.example/b.js'),
            to('/b.js', 'https://x.example/b.js'),
            to('npm:left-pad'),
          ],
        },
        {
          specifier: 'https://x.example/b.js',
          local: join(directory, 'cache/b'),
          mediaType: 'JavaScript',
        },
      ],
      redirects: {
        'https://x.example/old': 'https://x.example/a.ts',
        'jsr:@s/p': 'https://x.example/b.js',
        'npm:left-pad@^1/lib': 'npm:/left-pad@1.3.0/lib',
        'npm:left-pad': 'npm:/left-pad@1.3.0',
        // In circles.
        'https://x.example/p': 'https://x.example/q',
        'https://x.example/q': 'https://x.example/p',
      },
    }
    const imports = writeModuleTree([JSON.stringify(graph)], directory)
    const a = imports['https://x.example/a.ts'] as string
    const b = imports['https://x.example/b.js'] as string
    assert.equal(imports['https://x.example/old'], a)
    assert.equal(imports['jsr:@s/p'], b)
    assert.deepEqual(imports['npm:left-pad@^1/lib'], ['left-pad/lib', '.'])
    assert.equal(readdirSync(join(directory, 'tree')).length, 2)
    const file = `./${b.slice('tree/'.length)}`
    assert.equal(
      readFileSync(join(directory, a), 'utf8'),
      source.replace(`from './b.js'`, `from '${file}'`).replace('"/b.js"', `"${file}"`)
        .replace(`import('./b.js')`, `import('${file}')`),
    )
    assert.equal(readFileSync(join(directory, b), 'utf8'), 'export const b = 1')
    return Promise.resolve()
  })
})
