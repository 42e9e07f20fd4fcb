import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fetchDirectory } from '../../../src/registry/source/directory.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { writeFiles } from '../../harness/write_files.ts'
import type { FileContent } from '../../harness/write_files.ts'

const FILES = { 'PhylumExt.toml': 'name = "x"', 'lib/a.ts': 'a', 'tool': { program: '#!' } }

/** Fetches a directory with the given files; answers what is there then. */
async function fetchFiles(
  files: Readonly<Record<string, FileContent>>,
  change: (directory: string) => void = () => {},
): Promise<{ paths: string[]; read: (path: string) => string; mode: (path: string) => number }> {
  return await withTemporaryDirectory(async (directory) => {
    const path = join(directory, 'source')
    const destination = join(directory, 'out')
    mkdirSync(destination)
    mkdirSync(path)
    writeFiles(path, files)
    change(path)
    try {
      const fetched = await fetchDirectory({ kind: 'directory', path }, destination)
      assert.deepEqual(fetched, {
        resolved: path,
        version: null,
        directory: destination,
        signature: null,
      })
    } catch (error) {
      assert.deepEqual(readdirSync(destination), [])
      throw error
    }
    // What happens to the source later does not matter any more.
    if (files === FILES) writeFileSync(join(path, 'lib/a.ts'), 'changed')
    const paths = (readdirSync(destination, { recursive: true }) as string[]).sort()
    const contents = new Map(
      paths.map((name) => {
        const status = statSync(join(destination, name))
        const text = status.isFile() ? readFileSync(join(destination, name), 'utf8') : ''
        return [name, { text, mode: status.mode & 0o7777 }]
      }),
    )
    return {
      paths,
      read: (name) => contents.get(name)!.text,
      mode: (name) => contents.get(name)!.mode,
    }
  })
}

async function refuses(
  message: RegExp,
  files: Readonly<Record<string, FileContent>>,
  change?: (directory: string) => void,
): Promise<void> {
  await assert.rejects(fetchFiles(files, change), { code: 'ERR_REGISTRY_PATH', message })
}

test('fetchDirectory() copies what is shared', async () => {
  const { paths, read, mode } = await fetchFiles(FILES)
  assert.deepEqual(paths, ['PhylumExt.toml', 'lib', 'lib/a.ts', 'tool'])
  assert.equal(read('lib/a.ts'), 'a')
  assert.deepEqual(['tool', 'lib', 'lib/a.ts'].map(mode), [0o700, 0o700, 0o600])
})

test('fetchDirectory() sets modes whatever the umask says', async () => {
  const umask = process.umask()
  try {
    const { mode } = await fetchFiles(FILES, () => void process.umask(0o777))
    assert.deepEqual(['tool', 'lib', 'lib/a.ts'].map(mode), [0o700, 0o700, 0o600])
  } finally {
    process.umask(umask)
  }
})

test("fetchDirectory() leaves out what is the author's own, whatever it is", async () => {
  const { paths } = await fetchFiles({
    ...FILES,
    '.git/config': 'x',
    '.env': 'SECRET=1',
    'lib/.cache': { link: '/etc' },
    'node_modules/.bin/x': { link: '../x' },
    'lib/node_modules': { link: '/tmp' },
  })
  assert.deepEqual(paths, ['PhylumExt.toml', 'lib', 'lib/a.ts', 'tool'])
})

test('I104 I107 fetchDirectory() refuses links, special files and what only some systems tell apart', async () => {
  await refuses(/"lib\/b" is a link/, { ...FILES, 'lib/b': { link: 'a.ts' } })
  await refuses(/"out" is a link/, { ...FILES, 'out': { link: '/etc' } })
  await refuses(/"none" is a link/, { ...FILES, 'none': { link: 'nowhere' } })
  await refuses(/neither a file nor a directory/, FILES, (directory) => {
    execFileSync('mkfifo', [join(directory, 'pipe')])
  })
  await refuses(/differ only in case/, { ...FILES, 'LIB/b': '' })
  await refuses(/control character/, { ...FILES, 'a\nb': '' })
  await refuses(/backslash/, { ...FILES, 'a\\b': '' })
  await refuses(/holds no file/, {})
  await refuses(/holds no file/, { '.git/config': 'x' })
})

test('D54 fetchDirectory() makes a file of its own out of a hard link', () =>
  withTemporaryDirectory(async (directory) => {
    const outside = join(directory, 'outside')
    writeFileSync(outside, 'before')
    const path = join(directory, 'source')
    const destination = join(directory, 'out')
    writeFiles(path, FILES)
    mkdirSync(destination)
    linkSync(outside, join(path, 'main.ts'))
    // Who can write the one file can write the other, as long as they are one.
    writeFileSync(outside, 'agreed')
    assert.equal(readFileSync(join(path, 'main.ts'), 'utf8'), 'agreed')
    await fetchDirectory({ kind: 'directory', path }, destination)
    writeFileSync(outside, 'after')
    assert.equal(readFileSync(join(destination, 'main.ts'), 'utf8'), 'agreed')
    assert.equal(statSync(join(destination, 'main.ts')).nlink, 1)
  }))

test('fetchDirectory() says of a path what is wrong with it', () =>
  withTemporaryDirectory(async (directory) => {
    writeFiles(directory, { 'file': 'x', 'out/kept': '' })
    const fetch = (path: string) =>
      fetchDirectory({ kind: 'directory', path: join(directory, path) }, join(directory, 'out'))
    await assert.rejects(fetch('none'), { code: 'ERR_REGISTRY_SOURCE', message: /not exist/ })
    await assert.rejects(fetch('file'), { code: 'ERR_REGISTRY_SOURCE', message: /not a directory/ })
    const holds = { code: 'ERR_REGISTRY_PATH', message: /extensions are kept in/ }
    await assert.rejects(fetch('.'), holds)
    await assert.rejects(fetch('out'), holds)
    assert.deepEqual(readdirSync(join(directory, 'out')), ['kept'])
  }))
