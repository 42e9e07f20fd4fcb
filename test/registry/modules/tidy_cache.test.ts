import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tidyCache } from '#registry'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { writeFiles } from '../../harness/write_files.ts'

test('tidyCache() keeps what a run loads, with packages where no configuration is needed', async () => {
  await withTemporaryDirectory((directory) => {
    const npm = { 'a@1.0.0': {}, '@team/b@2.0.0_a@1.0.0': {}, 'JSONStream@1.3.5': {} }
    writeFiles(directory, {
      'deno.lock': JSON.stringify({ npm }),
      'npm/git.example/api/npm/a/1.0.0/package.json': '{}',
      // A package's own file of that name.
      'npm/git.example/api/npm/a/1.0.0/registry.json': '{}',
      'npm/git.example/api/npm/a/registry.json': '{}',
      'npm/other.example/@team/b/2.0.0/index.js': '',
      'npm/other.example/@team/b/registry.json': '{}',
      'npm/registry.npmjs.org/_jjju6tsts5zgkylnq/1.3.5/index.js': '',
      'npm/registry.npmjs.org/_jjju6tsts5zgkylnq/registry.json': '{}',
      'npm/registry.npmjs.org/_jjju6tsts5zgkylnq/1.3.5/.scripts-warned-123': '',
      'remote/https/x.example/0': '',
      'gen/https/x.example/0.js': '',
      'gen/file/home/ann/main.ts.js': '',
      'dep_analysis_cache_v2': '',
    })
    tidyCache(directory, 'deno.lock', [])
    const files = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile()).map((each) =>
        join(each.parentPath, each.name).slice(directory.length + 1)
      )
    assert.deepEqual(files.sort(), [
      'deno.lock',
      'npm/registry.npmjs.org/@team/b/2.0.0/index.js',
      'npm/registry.npmjs.org/_jjju6tsts5zgkylnq/1.3.5/index.js',
      'npm/registry.npmjs.org/a/1.0.0/package.json',
      'npm/registry.npmjs.org/a/1.0.0/registry.json',
      'remote/https/x.example/0',
    ])
    return Promise.resolve()
  })
})
