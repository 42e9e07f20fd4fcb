import { findNamespaces, findPrograms } from '#sandbox'
import type { NamespaceSearch } from '#sandbox'
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findProgram } from '../../src/sandbox/find_program.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

function program(path: string, script: string): string {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

function searchIn(directory: string): NamespaceSearch & { written: string[] } {
  const written: string[] = []
  return {
    written,
    path: undefined,
    workingDirectory: directory,
    cacheFile: join(directory, 'namespaces.json'),
    write: (path, data) => {
      written.push(data)
      return Promise.resolve(writeFileSync(path, data))
    },
  }
}

test(
  'findNamespaces() tries what makes them once, and remembers what has worked',
  () =>
    withTemporaryDirectory(async (directory) => {
      const search = searchIn(directory)
      const first = await findNamespaces(search)
      assert.deepEqual(first.maker, { kind: 'launcher' })
      assert.equal(search.written.length, 1)
      assert.deepEqual(await findNamespaces(search), first)
      assert.equal(search.written.length, 1)
      await findNamespaces({ ...search, isFresh: true })
      assert.equal(search.written.length, 2, 'who wants to know it now is told what is now')
      for (const text of ['{ torn', '"x"', '[1, null]', '["/usr/bin/bwrap 1 2 3"]']) {
        writeFileSync(search.cacheFile, text)
        assert.deepEqual((await findNamespaces(search)).maker, first.maker, text)
      }
    }),
)

test('B22 findProgram() takes no program of the working directory, in whatever way PATH leads there', () =>
  withTemporaryDirectory((directory) => {
    const name = 'phylum-test-program'
    const mark = join(directory, 'mark')
    program(join(directory, 'work/node_modules/.bin', name), `touch ${mark}`)
    program(join(directory, 'work', name), `touch ${mark}`)
    const mine = program(join(directory, 'bin', name), 'true')
    const workingDirectory = join(directory, 'work')
    const find = (path: string) => findProgram(name, { path, workingDirectory })
    for (
      const path of [
        '.',
        '',
        ':',
        'node_modules/.bin',
        workingDirectory,
        `${workingDirectory}/node_modules/.bin`,
      ]
    ) {
      assert.equal(find(path), undefined, path)
    }
    assert.equal(find(`.:${workingDirectory}:${directory}/bin`), mine)
    assert.ok(!existsSync(mark))
    return Promise.resolve()
  }))

test('E74 findPrograms() finds programs once, with what the kernel starts in their place', () =>
  withTemporaryDirectory((directory) => {
    const script = program(join(directory, 'tool'), 'true')
    writeFileSync(join(directory, 'python'), '#!/usr/bin/env  sh -x\n', { mode: 0o755 })
    const path = `.:${directory}:/usr/bin:/bin`
    const found = findPrograms([
      'tool',
      'python',
      'sh',
      '/usr/bin/env',
      'no-such-program',
      directory,
    ], path)
    assert.deepEqual(found.programs.filter((each) => each.startsWith(directory)), [
      script,
      join(directory, 'python'),
      directory,
    ])
    assert.ok(!found.programs.some((each) => each.includes('no-such-program')))
    for (const each of ['/bin/sh', '/usr/bin/env']) {
      assert.ok(found.interpreters.includes(each), each)
    }
    assert.ok(found.interpreters.some((each) => /\/ld-/.test(each)), 'the loader of libraries')
    assert.deepEqual(findPrograms(true, path), { programs: [], interpreters: [] })
    return Promise.resolve()
  }))
