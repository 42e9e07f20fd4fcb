import { compareVersions, findEngine } from '#sandbox'
import type { EngineSearch } from '#sandbox'
import assert from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

/** Runs a test with a directory and the means to put programs into it. */
async function withPrograms(
  body: (
    directory: string,
    program: (name: string, script: string) => string,
    search: EngineSearch,
  ) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-engine-'))
  const program = (name: string, script: string) => {
    const path = join(directory, name)
    writeFileSync(path, `#!/bin/sh\n${script}\n`)
    chmodSync(path, 0o755)
    return path
  }
  const search: EngineSearch = {
    chosen: undefined,
    candidates: [],
    path: undefined,
    cacheFile: join(directory, 'engines.json'),
    write: (path, data) => Promise.resolve(writeFileSync(path, data)),
  }
  try {
    await body(directory, program, search)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

test('findEngine() takes the engine that the user chose, and asks it once', () =>
  withPrograms(async (directory, program, search) => {
    const log = join(directory, 'asked')
    const chosen = program(
      'mine',
      `[ "$1" = eval ] || echo x >> ${log}; echo "deno 2.9.6 (stable, release, x86_64)"`,
    )
    assert.equal((await findEngine('deno', { ...search, chosen })).path, chosen)
    assert.equal((await findEngine('deno', { ...search, chosen })).path, chosen)
    assert.equal(readFileSync(log, 'utf8'), 'x\n')
    program('mine', `[ "$1" = eval ] || echo x >> ${log}; echo "deno 2.9.7 (other bytes)"`)
    await findEngine('deno', { ...search, chosen })
    assert.equal(
      readFileSync(log, 'utf8'),
      'x\nx\n',
      'another program at the same place is asked again',
    )
  }))

test('N197 findEngine() refuses an engine that is too old, no Deno, broken or missing', () =>
  withPrograms(async (directory, program, search) => {
    const faulty = {
      old: program('old', 'echo "deno 2.9.3 (stable)"'),
      ancient: program('ancient', 'echo "deno 1.46.3"'),
      other: program('other', 'echo "bun 1.4.4"'),
      failing: program('failing', 'echo "deno 2.9.6"; exit 3'),
      missing: join(directory, 'nowhere'),
      directory,
      relative: 'deno',
    }
    for (const [name, chosen] of Object.entries(faulty)) {
      await assert.rejects(findEngine('deno', { ...search, chosen }), {
        code: 'ERR_SANDBOX_ENGINE',
      }, name)
    }
    await assert.rejects(findEngine('deno', search), { code: 'ERR_SANDBOX_ENGINE' })
  }))

test('N197 findEngine() does not trust a cache that says an old engine is new', () =>
  withPrograms(async (_, program, search) => {
    const chosen = program('old', 'echo "deno 2.9.3"')
    writeFileSync(
      search.cacheFile,
      JSON.stringify([
        { path: chosen, size: 1, modified: 1, inode: 1, version: '9.9.9' },
        null,
        'x',
      ]),
    )
    await assert.rejects(findEngine('deno', { ...search, chosen }), { code: 'ERR_SANDBOX_ENGINE' })
    writeFileSync(search.cacheFile, '{ torn')
    await assert.rejects(findEngine('deno', { ...search, chosen }), { code: 'ERR_SANDBOX_ENGINE' })
  }))

test('B22 findEngine() looks at no relative or empty entry of PATH', () =>
  withPrograms(async (directory, program, search) => {
    program('deno', 'echo "deno 2.9.6"')
    for (const path of ['.', '', ':', '..', 'bin:.']) {
      await assert.rejects(
        findEngine('deno', { ...search, path }),
        { code: 'ERR_SANDBOX_ENGINE' },
        path,
      )
    }
    assert.equal(
      (await findEngine('deno', { ...search, path: `.:${directory}` })).path,
      join(directory, 'deno'),
    )
  }))

test('findEngine() prefers the engine that came with phylum, and resolves links', () =>
  withPrograms(async (directory, program, search) => {
    const real = program('real', 'echo "deno 2.10.0"')
    const link = join(directory, 'link')
    symlinkSync(real, link)
    program('deno', 'echo "deno 2.9.6"')
    const candidates = [join(directory, 'none'), link]
    assert.equal((await findEngine('deno', { ...search, candidates, path: directory })).path, real)
  }))

test('compareVersions() compares numbers, not text', () => {
  assert.ok(compareVersions('2.10.0', '2.9.4') > 0)
  assert.ok(compareVersions('2.9.3', '2.9.4') < 0)
  assert.equal(compareVersions('2.9.4', '2.9.4'), 0)
})

test('findEngine() looks behind a script that starts the engine, as npm installs one', () =>
  withPrograms(async (directory, program, search) => {
    const real = join(directory, 'real')
    copyFileSync('/bin/true', real)
    // The real one is a program here that is told from a script, and says nothing of its own.
    const script = program('npm', `[ "$1" = eval ] && echo ${real} || echo "deno 2.9.6"`)
    await assert.rejects(findEngine('deno', { ...search, chosen: script }), (error: Error) => {
      assert.match(error.message, /real" does not tell its version/)
      return true
    })
    const lost = program('lost', '[ "$1" = eval ] && echo relative || echo "deno 2.9.6"')
    assert.equal((await findEngine('deno', { ...search, chosen: lost })).path, lost)
  }))
