import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { packExtension } from '../../src/registry/pack.ts'
import { generatedPackageJson, listSharedFiles } from '../../src/registry/packed_files.ts'
import { writeTar } from '../../src/registry/write_tar.ts'
import { BUN, DENO } from '../harness/phylum.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { writeFiles } from '../harness/write_files.ts'
import type { FileContent } from '../harness/write_files.ts'

const MANIFEST = 'name = "mine"\nversion = "1.2.3"\ndescription = "Mine"\n'
const FILES = { 'PhylumExt.toml': MANIFEST, 'main.ts': 'export {}\n' }

/** Paths with bytes and a bit, as an extension may have them. */
const tree = fc.dictionary(
  fc.array(fc.stringMatching(/^[a-z0-9_é]{1,12}$/), { minLength: 1, maxLength: 3 })
    .map((parts) => `${parts.join('/')}.x`),
  fc.record({ bytes: fc.uint8Array({ maxLength: 2000 }), isExecutable: fc.boolean() }),
  { maxKeys: 6 },
)

type Tree = Record<string, { bytes: Uint8Array; isExecutable: boolean }>

function plant(directory: string, files: Tree, order: readonly string[], moment: number): void {
  writeFiles(directory, FILES)
  for (const path of order) {
    const { bytes, isExecutable } = files[path]!
    const file = join(directory, path)
    writeFiles(directory, { [path]: bytes })
    chmodSync(file, (isExecutable ? 0o700 : 0o600) | (moment % 2 === 0 ? 0o044 : 0))
    utimesSync(file, moment, moment)
  }
}

test('packExtension() makes the same bytes of the same files, in whatever order, at whatever time, with whatever mode', async () => {
  await fc.assert(
    fc.asyncProperty(tree, fc.nat(2 ** 31), fc.nat(2 ** 31), async (files, early, late) => {
      const paths = Object.keys(files)
      const packs = await withTemporaryDirectory(async (directory) => {
        plant(join(directory, 'a'), files, paths, early)
        plant(join(directory, 'b/c'), files, paths.toReversed(), late)
        return [
          await packExtension(join(directory, 'a')),
          await packExtension(join(directory, 'b/c')),
        ]
      })
      assert.deepEqual(packs[0]!.bytes, packs[1]!.bytes)
      assert.equal(packs[0]!.integrity, packs[1]!.integrity)
    }),
    { numRuns: 25 },
  )
})

test('packExtension() makes other bytes of another name, content or executable bit', async () => {
  await withTemporaryDirectory(async (directory) => {
    const seen = new Set<string>()
    const pack = async (files: Record<string, FileContent>) => {
      const place = join(directory, String(seen.size))
      writeFiles(place, { ...FILES, ...files })
      seen.add((await packExtension(place)).integrity)
    }
    await pack({})
    await pack({ a: '' })
    await pack({ b: '' })
    await pack({ a: 'x' })
    await pack({ a: { program: 'x' } })
    assert.equal(seen.size, 5)
  })
})

test('packExtension() makes the same bytes under Bun and Deno', async () => {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(directory, {
      ...FILES,
      'data/large.bin': new Uint8Array(300_000).map((_, i) => (i * i) >> 3),
      'text.md': 'words and words '.repeat(4000),
      'run.sh': { program: '#!/bin/sh\n' },
    })
    const script = fileURLToPath(new URL('./pack_bytes.ts', import.meta.url))
    const printed = [[BUN], [DENO, 'run', '-A', '--no-check', '--no-lock']].map(
      ([runtime, ...words]) => {
        const run = spawnSync(runtime!, [...words, script, directory], { encoding: 'utf8' })
        assert.equal(run.status, 0, run.stderr)
        return run.stdout.trim()
      },
    )
    const { bytes, integrity } = await packExtension(directory)
    assert.deepEqual(printed, [integrity, integrity])
    assert.equal(integrity, `sha512-${createHash('sha512').update(bytes).digest('base64')}`)
  })
})

test('packExtension() makes what these bytes were when this test was written', async () => {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(directory, FILES)
    // A change breaks every lock file and every signature there is: whoever means it says so in the changelog.
    assert.equal(
      (await packExtension(directory)).integrity,
      'sha512-n2Oj5MRMe8aVfDqT0xydZEsLfiKWvoNbjZrGTYkwjsS3yuLfhWVsSPjF7hqi+8Rx886W7yUI9c81A0xslGpZTA==',
    )
  })
})

test('a pack is an archive that tar unpacks, with the files that were in it', async () => {
  await withTemporaryDirectory(async (directory) => {
    const long = `${'d'.repeat(60)}/${'e'.repeat(80)}/${'f'.repeat(60)}.ts`
    writeFiles(join(directory, 'x'), {
      ...FILES,
      [long]: 'long',
      'ünïcode.txt': 'ü',
      'bin/run': { program: 'run' },
      empty: '',
    })
    const { bytes, files } = await packExtension(join(directory, 'x'))
    writeFileSync(join(directory, 'x.tgz'), bytes)
    const list = spawnSync('tar', [
      'tvzf',
      'x.tgz',
      '--full-time',
      '--utc',
      '--quoting-style=literal',
    ], {
      cwd: directory,
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    })
    assert.equal(list.status, 0, list.stderr)
    const rows = list.stdout.trim().split('\n').map((line) => line.split(/\s+/))
    assert.deepEqual(rows.map((row) => row[5]), files.map((path) => `package/${path}`))
    assert.ok(
      rows.every((row) => row[1] === '0/0' && row[3] === '1985-10-26' && row[4] === '08:15:00'),
    )
    assert.deepEqual(
      rows.filter((row) => row[0] !== '-rw-r--r--').map((row) => [row[0], row[5]]),
      [['-rwxr-xr-x', 'package/bin/run']],
    )
    assert.equal(spawnSync('tar', ['xzf', 'x.tgz'], { cwd: directory }).status, 0)
    assert.equal(readFileSync(join(directory, 'package', long), 'utf8'), 'long')
    assert.equal(readFileSync(join(directory, 'package/PhylumExt.toml'), 'utf8'), MANIFEST)
    // Unpacked and packed again, it is the same.
    assert.deepEqual((await packExtension(join(directory, 'package'))).bytes, bytes)
  })
})

test('npm publish takes a pack as it is', async () => {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(join(directory, 'x'), FILES)
    const { bytes, integrity } = await packExtension(join(directory, 'x'))
    writeFileSync(join(directory, 'mine.tgz'), bytes)
    const run = spawnSync('npm', ['publish', '--dry-run', '--json', '--offline', './mine.tgz'], {
      cwd: directory,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        HOME: directory,
        npm_config_registry: 'http://127.0.0.1:9/',
        npm_config_update_notifier: 'false',
      },
    })
    assert.equal(run.status, 0, run.stderr)
    const { mine } = JSON.parse(run.stdout)
    assert.deepEqual([mine.id, mine.integrity, mine.entryCount], ['mine@1.2.3', integrity, 3])
  })
})

test('what is shared leaves out hidden files, node_modules and a package.json that was generated', async () => {
  await withTemporaryDirectory(async (directory) => {
    const facts = { name: 'mine', version: '1.2.3', description: 'Mine' }
    writeFiles(directory, {
      ...FILES,
      '.env': 'SECRET=1',
      '.git/config': '',
      'node_modules/a/index.js': '',
      'sub/node_modules/b.js': '',
      'sub/.npmrc': '//registry/:_authToken=1',
      'sub/x.ts': '',
      'package.json': generatedPackageJson(facts),
      'sub/package.json': generatedPackageJson(facts),
    })
    const paths = () => listSharedFiles(directory, facts).map(({ path }) => path)
    assert.deepEqual(paths(), ['PhylumExt.toml', 'main.ts', 'sub/package.json', 'sub/x.ts'])
    const { leftOut, files, isPackageGenerated, bytes } = await packExtension(directory)
    assert.deepEqual(leftOut, ['.env', '.git', 'node_modules', 'sub/.npmrc', 'sub/node_modules'])
    assert.deepEqual([files.includes('package.json'), isPackageGenerated], [true, true])
    assert.doesNotMatch(new TextDecoder().decode(gunzipSync(bytes)), /SECRET|_authToken/)
    writeFileSync(join(directory, 'package.json'), '{"name": "@team/mine", "version": "1.2.3"}')
    assert.ok(paths().includes('package.json'))
    assert.equal((await packExtension(directory)).isPackageGenerated, false)
  })
})

test('I104 I105 I106 packExtension() refuses links, special files and names that are told apart here alone', async () => {
  const refuses = async (state: RegExp, plant: (directory: string) => void) => {
    await withTemporaryDirectory(async (directory) => {
      writeFiles(directory, FILES)
      await packExtension(directory)
      plant(directory)
      await assert.rejects(packExtension(directory), { code: 'ERR_REGISTRY_PATH', message: state })
    })
  }
  await refuses(/"key" is a symbolic link/, (at) => symlinkSync('/etc/hostname', join(at, 'key')))
  await refuses(/"in" is a symbolic link/, (at) => symlinkSync('main.ts', join(at, 'in')))
  await refuses(/"etc" is a symbolic link/, (at) => symlinkSync('/etc', join(at, 'etc')))
  await refuses(/"pipe" is neither/, (at) => {
    assert.equal(spawnSync('mkfifo', [join(at, 'pipe')]).status, 0)
  })
  await refuses(
    /"Main\.ts" and "main\.ts" differ only|"main\.ts" and "Main\.ts"/,
    (at) => writeFiles(at, { 'Main.ts': '' }),
  )
  await refuses(/differ only/, (at) => writeFiles(at, { 'é': '', 'e\u0301': '' }))
  await refuses(/backslash or a control/, (at) => writeFiles(at, { 'a\\b': '' }))
  await refuses(/backslash or a control/, (at) => writeFiles(at, { 'a\nb': '' }))
  await refuses(/too long for an archive/, (at) => writeFiles(at, { ['n'.repeat(120)]: '' }))
  await refuses(
    /nothing is shared/,
    (at) =>
      writeFiles(at, { 'PhylumExt.toml': 'name = "x"\nentry_point = ".h/m.ts"', '.h/m.ts': '' }),
  )
  await refuses(/nothing is shared/, (at) => {
    mkdirSync(join(at, 'node_modules'))
    writeFiles(at, {
      'node_modules/m.ts': '',
      'PhylumExt.toml': 'name = "x"\nentry_point = "node_modules/m.ts"',
    })
  })
})

test('writeTar() divides a path where the format can hold it, and refuses one that it cannot', () => {
  const refuse = (path: string) => new Error(`refused ${path.length}`)
  const write = (path: string) =>
    writeTar([{ path, isExecutable: false, bytes: new Uint8Array() }], refuse)
  assert.equal(write('a').length, 3 * 512)
  for (const path of ['x'.repeat(100), `${'p'.repeat(155)}/${'n'.repeat(100)}`]) write(path)
  for (
    const path of ['x'.repeat(101), `${'p'.repeat(156)}/${'n'.repeat(100)}`, `p/${'n'.repeat(101)}`]
  ) assert.throws(() => write(path), /refused/)
})
