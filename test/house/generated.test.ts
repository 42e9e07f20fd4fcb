import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { findStale, GENERATED } from './generate.ts'
import { listFiles, ROOT } from './tree.ts'

test('each generated file is up to date', async () => {
  assert.deepEqual([...(await findStale(GENERATED, ROOT)).keys()], [], 'run npm run fix')
})

test('each file that says it is generated has a function that makes it', () => {
  const found = listFiles('src').filter((path) => path.includes('.generated.'))
  assert.deepEqual(found.filter((path) => !(`src/${path}` in GENERATED)), [])
})

test('findStale() finds files that differ or are not there', async () => {
  await withTemporaryDirectory(async (directory) => {
    mkdirSync(join(directory, 'a'))
    writeFileSync(join(directory, 'a/same'), 'text')
    writeFileSync(join(directory, 'a/other'), 'text\n')
    const make = () => Promise.resolve('text')
    const stale = await findStale({ 'a/same': make, 'a/other': make, 'a/none': make }, directory)
    assert.deepEqual([...stale], [['a/other', 'text'], ['a/none', 'text']])
  })
})
