import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fetchSource } from '../../../src/registry/source/fetch_source.ts'
import type { Fetched, FetchWorld } from '../../../src/registry/source/fetched.ts'
import { archive } from '../../fuzz/archives.ts'
import { fuzzTest } from '../../fuzz/target.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { longName, makePack, makeTar, makeTgz, pax } from '../../harness/tar.ts'
import type { RawEntry } from '../../harness/tar.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { writeFiles } from '../../harness/write_files.ts'

const MANIFEST: RawEntry = { name: 'package/PhylumExt.toml', body: 'name = "x"' }
const LONG = `package/${'d'.repeat(60)}/${'f'.repeat(120)}.ts`

function world(scratch: string): FetchWorld {
  const fetch = () => Promise.reject(new Error('nothing here is on the network'))
  return { fetch, environment: {}, home: '/nowhere', log: createRecordingLog(), scratch }
}

/** Unpacks an archive into a directory, and looks at what is there afterwards, whatever happens. */
async function unpack(
  bytes: Uint8Array,
  look: (directory: string, fetched?: Fetched) => void = () => {},
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const location = join(directory, 'a.tgz')
    const destination = join(directory, 'out')
    mkdirSync(destination)
    writeFileSync(location, bytes)
    try {
      const source = { kind: 'archive', location } as const
      look(destination, await fetchSource(source, destination, world(directory)))
    } catch (error) {
      assert.deepEqual(readdirSync(destination), [], 'something was written')
      assert.deepEqual(readdirSync(directory).sort(), ['a.tgz', 'out'])
      throw error
    }
  })
}

async function refuses(message: RegExp, entries: readonly RawEntry[], what = ''): Promise<void> {
  const expected = { code: 'ERR_REGISTRY_PATH', message }
  await assert.rejects(unpack(makeTgz(entries)), expected, `${what} ${message}`)
}

function list(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).sort()
}

test('fetchSource() unpacks an archive without the directory at its top, with modes of ours', () =>
  unpack(
    makeTgz([
      { name: 'package/', type: '5', mode: 0o777 },
      MANIFEST,
      { name: 'package/lib/a.ts', body: 'a'.repeat(100_000), mode: 0o666 },
      { name: 'package/tool', body: '#!', mode: 0o755 },
      { name: 'package/none', mode: 0 },
      { name: 'package/.env', body: 'x' },
      { name: 'package/node_modules/a/build/a.node', body: 'x' },
      { name: 'package/lib/.git/hooks/post-checkout', body: 'x', mode: 0o755 },
    ]),
    (directory, fetched) => {
      assert.deepEqual(list(directory), ['PhylumExt.toml', 'lib', 'lib/a.ts', 'none', 'tool'])
      const mode = (path: string) => statSync(join(directory, path)).mode & 0o7777
      assert.equal(readFileSync(join(directory, 'lib/a.ts'), 'utf8'), 'a'.repeat(100_000))
      assert.deepEqual([mode('lib/a.ts'), mode('tool'), mode('none'), mode('lib')], [
        0o600,
        0o700,
        0o600,
        0o700,
      ])
      assert.equal(fetched?.directory, directory)
      assert.equal(fetched?.signature, null)
    },
  ))

test('I103 fetchSource() refuses an archive with a name that leads out or is none', async () => {
  const names: [string | Uint8Array, RegExp][] = [
    ['package/../../x', /leads out/],
    ['../x', /leads out/],
    ['/etc/passwd', /absolute/],
    ['C:/x', /drive letter/],
    ['package\\..\\x', /backslash/],
    ['package/a\0b', /holds a NUL/],
    ['package/a\nb', /control character/],
    ['package/a\u009bb', /control character/],
    ['package//a', /not plain/],
    ['package/./a', /not plain/],
    ['./a', /not plain/],
    ['', /is empty/],
    [new Uint8Array([0x70, 0x2f, 0xff]), /not UTF-8/],
  ]
  for (const [name, message] of names) await refuses(message, [MANIFEST, { name }], String(name))
  await refuses(/leads out/, [MANIFEST, { name: 'x', prefix: 'package/..' }])
  const long = `package/${'a'.repeat(300)}`
  await refuses(/name in it is too long/, [pax({ path: long }), { name: long }])
  const path = `package/${'b/'.repeat(3)}${`${'a'.repeat(200)}/`.repeat(50)}x`
  await refuses(/path in it is too long/, [pax({ path }), { name: path }])
  await refuses(/path in it is too long/, [longName(path), { name: path }])
})

test('I103 fetchSource() refuses an archive whose names disagree, and takes those that agree', async () => {
  await refuses(/disagree/, [MANIFEST, pax({ path: 'package/main.ts' }), { name: 'package/a.ts' }])
  await refuses(/disagree/, [MANIFEST, longName('package/main.ts'), { name: 'package/a.ts' }])
  await refuses(/disagree/, [MANIFEST, pax({ path: LONG }), { name: 'package/a.ts' }])
  await refuses(/sizes of .* disagree/, [MANIFEST, pax({ size: '0' }), { name: 'p/a', body: 'x' }])
  await refuses(/ambiguous/, [pax({ path: LONG }), pax({ path: LONG }), { name: LONG }])
  await refuses(/ambiguous/, [pax({ path: LONG }), longName(LONG), { name: LONG }])
  const twice = pax({ path: LONG }).body as string
  await refuses(/ambiguous/, [{ name: 'x', type: 'x', body: twice + twice }, { name: LONG }])
  await refuses(/damaged/, [longName(LONG), longName(LONG), { name: LONG }])
  await refuses(/speaks for all/, [pax({ path: LONG }, 'g'), { name: LONG }])
  await refuses(/speaks for all/, [MANIFEST, pax({ comment: 'x' }, 'g'), { name: LONG }])
  await refuses(/sets "linkpath"/, [pax({ linkpath: '/etc' }), { name: LONG }])
  await refuses(/sets "GNU.sparse.size"/, [pax({ 'GNU.sparse.size': '1' }), { name: LONG }])
  await refuses(/damaged/, [{ name: 'x', type: 'x', body: '99 path=a\n' }, { name: LONG }])
  await refuses(/too large/, [pax({ comment: 'a'.repeat(70_000) }), { name: LONG }])
  await refuses(/cut off/, [MANIFEST, longName(LONG)])
  for (const extension of [pax({ path: LONG, mtime: '1.5' }), longName(LONG)]) {
    const entries = [pax({ comment: 'a'.repeat(40) }, 'g'), MANIFEST, extension, { name: LONG }]
    await unpack(makeTgz(entries), (directory) => {
      assert.ok(list(directory).includes(LONG.slice('package/'.length)))
    })
  }
})

test('I103 fetchSource() refuses an archive that goes on behind its end, or has none', async () => {
  const expected = (message: RegExp) => ({ code: 'ERR_REGISTRY_PATH', message })
  const bytes = makePack({ 'PhylumExt.toml': 'x' })
  const zeros = Buffer.alloc(1024)
  const more = makeTar([MANIFEST])
  const cases: [Uint8Array, RegExp][] = [
    [makeTgz([MANIFEST], Buffer.concat([zeros, more])), /behind its end/],
    [makeTgz([MANIFEST], Buffer.concat([Buffer.alloc(512), more])), /end is damaged/],
    [makeTgz([MANIFEST], Buffer.alloc(0)), /cut off/],
    [makeTgz([MANIFEST], Buffer.alloc(512)), /cut off/],
    [Buffer.concat([bytes, Buffer.from('garbage')]), /damaged/],
    [Buffer.concat([bytes, makePack({ 'PhylumExt.toml': 'y' })]), /damaged|behind its end/],
    [bytes.subarray(0, bytes.length - 10), /damaged, or cut off/],
    [new Uint8Array(), /is empty/],
    [Buffer.from(' <!DOCTYPE html>'), /web page/],
    [Buffer.from('PK\x03\x04'), /no gzip/],
    [more, /no gzip/],
    [gzipSync('x'.repeat(2000)), /header in it is damaged/],
  ]
  for (const [archive, message] of cases) {
    await assert.rejects(unpack(archive), expected(message), String(message))
  }
  await unpack(makeTgz([MANIFEST], Buffer.alloc(10_240)))
})

test('I104 I105 I106 archives are unpacked by tar as they are, with all that must not be in them', () =>
  withTemporaryDirectory((directory) => {
    const entries: RawEntry[] = [
      MANIFEST,
      { name: 'package/link', type: '2', link: '/etc/passwd' },
      { name: 'package/hard', type: '1', link: 'package/PhylumExt.toml' },
      { name: 'package/pipe', type: '6' },
      { name: 'package/setuid', mode: 0o4755 },
      { name: 'package/PhylumExt.toml', body: 'name = "another"' },
      { name: 'other/main.ts' },
    ]
    writeFileSync(join(directory, 'a.tgz'), makeTgz(entries))
    execFileSync('tar', ['-xpzf', 'a.tgz', '--no-same-owner'], { cwd: directory })
    const status = (path: string) => lstatSync(join(directory, 'package', path))
    assert.equal(status('link').isSymbolicLink(), true)
    assert.equal(status('pipe').isFIFO(), true)
    assert.equal(status('setuid').mode & 0o7777, 0o4755)
    assert.equal(
      readFileSync(join(directory, 'package/PhylumExt.toml'), 'utf8'),
      'name = "another"',
    )
    assert.deepEqual(readdirSync(directory).sort(), ['a.tgz', 'other', 'package'])
    return Promise.resolve()
  }))

test('I104 fetchSource() refuses an archive with a link of either kind, before it is written through', async () => {
  await refuses(/a symbolic link/, [
    { name: 'package/out', type: '2', link: '/tmp' },
    { name: 'package/out/x', body: 'x' },
  ])
  await refuses(/a hard link/, [
    MANIFEST,
    { name: 'package/a', type: '1', link: 'package/PhylumExt.toml' },
  ])
  await refuses(/a symbolic link/, [MANIFEST, { name: 'package/a', type: '2', link: 'nowhere' }])
  await refuses(/a symbolic link/, [MANIFEST, { name: 'package/.a', type: '2', link: 'main.ts' }])
})

test('I105 fetchSource() refuses an archive in which one name means two files', async () => {
  await refuses(/in it twice/, [MANIFEST, MANIFEST])
  await refuses(/differ only in case/, [MANIFEST, { name: 'package/phylumext.toml' }])
  await refuses(/differ only in case/, [{ name: 'package/\u00e9' }, { name: 'package/e\u0301' }])
  await refuses(/differ only in case/, [{ name: 'package/a/x' }, { name: 'package/A/y' }])
  await refuses(/in it twice/, [{ name: 'package/a' }, { name: 'package/a/b' }])
  await refuses(/in it twice/, [{ name: 'package/a/b' }, { name: 'package/a' }])
  await refuses(/leads out/, [MANIFEST, { name: 'package/../../PhylumExt.toml' }])
  await refuses(/one directory/, [MANIFEST, { name: 'other/main.ts' }])
  await refuses(/one directory/, [{ name: 'PhylumExt.toml' }])
  await refuses(/no file/, [{ name: 'package', type: '5' }])
  await refuses(/no file/, [])
})

test('I106 fetchSource() refuses an archive with what is no file, or claims false sizes', async () => {
  for (const [type, what] of [['3', 'device'], ['4', 'device'], ['6', 'pipe'], ['S', 'sparse']]) {
    await refuses(new RegExp(what!), [MANIFEST, { name: 'package/x', type: type! }])
  }
  for (const type of ['7', 'V', 'M', 'D', 'A', 'K', '9', '\xff']) {
    await refuses(/unknown kind|a link/, [MANIFEST, { name: 'package/x', type }])
  }
  await refuses(/setuid/, [MANIFEST, { name: 'package/x', mode: 0o4755 }])
  await refuses(/setuid/, [MANIFEST, { name: 'package/x', mode: 0o2755 }])
  await refuses(/larger than 256 MiB/, [{ name: 'package/x', size: 2 ** 33 - 1 }])
  await refuses(/too large/, [{ name: 'package/x', size: '\x80\0\0\0\0\0\x17\x48\x76\xe8\0\0' }])
  await refuses(/is none/, [{ name: 'package/x', size: '-0000000001' }])
  await refuses(/is none/, [{ name: 'package/x', size: '0x10' }])
  await refuses(/damaged/, [{ name: 'package/x', damage: (header) => header.write('y') }])
  await refuses(/unknown kind/, [{
    name: 'package/x',
    patch: (header) => header.fill(0, 257, 265),
  }])
  await refuses(/has a content/, [{ name: 'package/x', type: '5', body: 'x' }])
  await refuses(
    /too deep/,
    [{ name: `p/${'a/'.repeat(70)}x`, patch: () => {} }].flatMap(
      ({ name }) => [pax({ path: name }), { name }],
    ),
  )
})

test('I106 fetchSource() stops a bomb at its limits', async () => {
  const bomb = gzipSync(
    Buffer.concat([
      makeTar([{ name: 'package/zeros', size: 24 * 1024 * 1024 }], Buffer.alloc(0)),
      Buffer.alloc(24 * 1024 * 1024 + 1024),
    ]),
  )
  const expected = (message: RegExp) => ({ code: 'ERR_REGISTRY_PATH', message })
  await assert.rejects(unpack(bomb), expected(/grows without measure/))
  const many = Array.from({ length: 10_001 }, (_, index) => ({ name: `package/.x/${index}` }))
  await refuses(/more than 10000 files/, many)
})

test('fetchSource() takes what tar, npm and git pack', () =>
  withTemporaryDirectory(async (directory) => {
    const files = {
      'PhylumExt.toml': 'name = "x"',
      'package.json': '{"name":"x","version":"1.0.0"}',
      'lib/ü.ts': 'export {}',
      [`${'long/'.repeat(30)}${'f'.repeat(90)}.ts`]: 'long',
      'tool.sh': { program: '#!/bin/sh' },
    }
    writeFiles(join(directory, 'package'), files)
    const run = (command: string, ...args: string[]) =>
      execFileSync(command, args, { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] })
    for (const format of ['ustar', 'gnu', 'pax']) {
      run('tar', `--format=${format}`, '-czf', `${format}.tgz`, 'package')
    }
    run('git', 'init', '-q', 'package')
    run('git', '-C', 'package', 'add', '.')
    run('git', '-C', 'package', '-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-qm', 'x')
    run('git', '-C', 'package', 'archive', '-o', '../git.tgz', '--prefix=x-1/', 'HEAD')
    const expected = Object.keys(files).sort()
    for (const name of ['ustar', 'gnu', 'pax', 'git']) {
      await unpack(readFileSync(join(directory, `${name}.tgz`)), (out) => {
        const found = list(out).filter((path) => statSync(join(out, path)).isFile())
        assert.deepEqual(found, expected, name)
        assert.equal(statSync(join(out, 'tool.sh')).mode & 0o777, 0o700)
      })
    }
  }))

test('fetchSource() reads the signature beside an archive', () =>
  withTemporaryDirectory(async (directory) => {
    const location = join(directory, 'a.tgz')
    const destination = join(directory, 'out')
    mkdirSync(destination)
    writeFileSync(location, makePack({ 'PhylumExt.toml': 'x' }))
    writeFileSync(`${location}.jws`, 'a..b\n')
    const source = { kind: 'archive', location } as const
    const { signature } = await fetchSource(source, destination, world(directory))
    assert.equal(signature, 'a..b')
    rmSync(join(destination, 'PhylumExt.toml'))
    truncateSync(`${location}.jws`, 1e6)
    await assert.rejects(fetchSource(source, destination, world(directory)), {
      code: 'ERR_REGISTRY_SOURCE',
      message: /a\.tgz\.jws": it is larger than 64 KiB/,
    })
    assert.deepEqual(readdirSync(destination), [])
  }))

test('fetchSource() says of a file what is wrong with it', () =>
  withTemporaryDirectory(async (directory) => {
    mkdirSync(join(directory, 'dir.tgz'))
    execFileSync('mkfifo', [join(directory, 'pipe.tgz')])
    const fetch = (name: string) =>
      fetchSource(
        { kind: 'archive', location: join(directory, name) },
        directory,
        world(directory),
      )
    const expected = (message: RegExp) => ({ code: 'ERR_REGISTRY_SOURCE', message })
    await assert.rejects(fetch('none.tgz'), expected(/does not exist/))
    await assert.rejects(fetch('dir.tgz'), expected(/not a regular file/))
    await assert.rejects(fetch('pipe.tgz'), expected(/not a regular file/))
  }))

fuzzTest(archive, 200)
