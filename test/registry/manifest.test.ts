import { readManifest } from '#registry'
import { PhylumError } from '#base'
import { resolvePermissions } from '#permissions'
import { spawnSync } from 'node:child_process'
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseManifest } from '../../src/registry/manifest.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { writeFiles } from '../harness/write_files.ts'
import type { FileContent } from '../harness/write_files.ts'
import { manifest } from '../fuzz/manifests.ts'
import { fuzzTest } from '../fuzz/target.ts'

const MAIN = { 'main.ts': 'export {}\n' }

/** Reads a manifest from a fresh directory; answers its error's lines, or undefined. */
async function failure(
  manifest: FileContent,
  files: Record<string, FileContent> = MAIN,
  code = 'ERR_REGISTRY_MANIFEST',
): Promise<string> {
  return await withTemporaryDirectory(async (directory) => {
    writeFiles(directory, { ...files, 'PhylumExt.toml': manifest })
    try {
      await readManifest(directory)
    } catch (error) {
      assert.ok(error instanceof PhylumError, String(error))
      assert.equal(error.code, code, error.message)
      return error.message.replaceAll(directory, 'DIR')
    }
    assert.fail(`nothing wrong with ${JSON.stringify(manifest)}`)
  })
}

test('readManifest() reads a manifest and fills in its defaults', async () => {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(directory, { ...MAIN, 'PhylumExt.toml': 'name = "groups"\n' })
    const { manifest, entryPoint, warnings } = await readManifest(directory)
    assert.deepEqual({ ...manifest }, { name: 'groups', entry_point: 'main.ts', engine: 'deno' })
    assert.equal(entryPoint, join(directory, 'main.ts'))
    assert.deepEqual(warnings, [])
  })
})

test('readManifest() reads all that a manifest can say, and permissions are made of it', async () => {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(directory, {
      'src/run.mts': '',
      'PhylumExt.toml': [
        'name = "all"',
        'description = "Everything"',
        'version = "1.2.3"',
        'entry_point = "./src/run.mts"',
        'engine = "bun"',
        '[permissions]',
        'read = ["./", "~/x"]',
        'write = false',
        'env = ["HOME"]',
        'run = []',
        'unsandboxed_run = true',
        'net = ["*.example.com:443"]',
        '[api]',
        'allow = ["GET /groups"]',
      ].join('\r\n'),
    })
    const { manifest, entryPoint } = await readManifest(directory)
    assert.equal(entryPoint, join(directory, 'src/run.mts'))
    const granted = resolvePermissions(manifest, { home: '/home/ada', workingDirectory: '/work' })
    assert.deepEqual({ ...granted, api: String(granted.api) }, {
      read: ['/work', '/home/ada/x'],
      write: [],
      env: ['HOME'],
      run: [],
      unsandboxedRun: true,
      net: ['*.example.com:443'],
      api: 'GET /groups',
    })
  })
})

test('readManifest() reports one fault in one line', async () => {
  assert.equal(
    await failure('\nname = "A"'),
    'Cannot use manifest DIR/PhylumExt.toml:2:1: "name" must begin with a letter and hold at most 64 lowercase letters, digits, "-" and "_"',
  )
})

test('readManifest() reports every fault at once, each with its place', async () => {
  const message = await failure([
    'nam = "x"',
    'engine = "node"',
    '',
    '[permissions]',
    'read = ["./", "*",',
    '  3]',
    'env = { PHYLUM_API_KEY = true }',
    'net = ["example.com", "*.com"]',
    '[api]',
    'allow = ["GET groups"]',
  ].join('\n'))
  const [first, ...lines] = message.split('\n')
  assert.equal(first, 'Cannot use manifest "DIR/PhylumExt.toml":')
  assert.deepEqual(
    lines.map((line) => line.trim().replace(/^DIR\/PhylumExt\.toml:/, '').slice(0, 40)),
    [
      '1:1: "name" is missing',
      '1:1: "nam" is not known and has no effec',
      '2:1: "engine" must be "deno" or "bun", n',
      '5:15: Cannot grant read "*": it holds "*',
      '6:3: "permissions.read[2]" must be a str',
      '7:1: "permissions.env" must be true, fal',
      '8:23: Cannot grant net "*.com": it stand',
      '10:10: Cannot grant api "GET groups": it',
    ],
  )
})

test('readManifest() warns of keys that it does not know', async () => {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(directory, {
      ...MAIN,
      'PhylumExt.toml': 'name = "x"\n[permissions]\n  reads = true\n[other]\n',
    })
    const { manifest, warnings } = await readManifest(directory)
    const file = join(directory, 'PhylumExt.toml')
    assert.deepEqual(warnings, [
      `${file}:3:3: "permissions.reads" is not known and has no effect; did you mean "read"?`,
      `${file}:4:1: "other" is not known and has no effect`,
    ])
    const granted = resolvePermissions(manifest, { home: '/', workingDirectory: '/' })
    assert.deepEqual(granted.read, [], 'what is not known grants nothing')
  })
})

test('readManifest() says where TOML ends, and shows nothing of the file', async () => {
  for (
    const [text, place] of [
      ['name = "x"\nname = "y"', '2:'],
      ['[a]\n[a]', '2:'],
      ['name = "x', '1:'],
      ['name =\n', '1:'],
      ['name = "x"\n  = secret-word', '2:'],
      ['name = "\\q"', '1:'],
      ['secret-word', '1:'],
    ] as const
  ) {
    const message = await failure(text)
    assert.ok(message.startsWith(`Cannot use manifest DIR/PhylumExt.toml:${place}`), message)
    assert.match(message, /Not valid TOML/)
    assert.doesNotMatch(message, /secret-word|\n/)
  }
})

test('I117 readManifest() refuses what is no text', async () => {
  assert.match(await failure('\ufeffname = "x"'), /:1:1: .*byte order mark/)
  assert.match(await failure('name = "x"\n# \u0000'), /:2:3: .*U\+0000/)
  assert.match(await failure(new Uint8Array([0x6e, 0x0a, 0x20, 0xff, 0x3d])), /:2:2: .*UTF-8/)
  assert.match(await failure(new Uint8Array([0xff, 0xfe, 0x6e, 0x00])), /UTF-8/)
  assert.match(await failure('name = "x\u001b[2J"'), /U\+001B/)
  assert.match(await failure(''), /"name" is missing/)
})

test('I117 readManifest() refuses deep nesting, dangerous keys and 10 MB of noise', async () => {
  assert.match(await failure(`a = ${'['.repeat(20_000)}`), /Not valid TOML/)
  assert.match(await failure(`a = ${'['.repeat(30)}${']'.repeat(30)}`), /Not valid TOML/)
  assert.match(await failure('__proto__ = 1'), /Not valid TOML/)
  assert.match(await failure('[constructor]\nprototype = 1'), /Not valid TOML/)
  assert.match(await failure(new Uint8Array(10 * 1024 * 1024).fill(0x61)), /larger than 64 KiB/)
  const many = await failure(`name = "x"\n[permissions]\nread = [${'1,'.repeat(900)}]`)
  assert.match(many, /and 880 more$/)
})

test('readManifest() refuses what is no regular file', async () => {
  await withTemporaryDirectory(async (directory) => {
    const refuses = (name: string, state: RegExp) =>
      assert.rejects(readManifest(join(directory, name)), {
        code: 'ERR_REGISTRY_MANIFEST',
        message: state,
      })
    mkdirSync(join(directory, 'directory/PhylumExt.toml'), { recursive: true })
    writeFiles(directory, {
      'outside.toml': 'name = "x"',
      'link/PhylumExt.toml': { link: '../outside.toml' },
      'dangling/PhylumExt.toml': { link: 'nowhere' },
      'empty/x': '',
      'pipe/x': '',
      'file': '',
    })
    assert.equal(spawnSync('mkfifo', [join(directory, 'pipe/PhylumExt.toml')]).status, 0)
    await refuses('directory', /is a directory/)
    await refuses('link', /symbolic link/)
    await refuses('dangling', /symbolic link/)
    await refuses('empty', /does not exist/)
    await refuses('nowhere', /does not exist/)
    await refuses('pipe', /not a regular file/)
    await refuses('file', /not a directory/)
  })
})

test('I115 readManifest() takes an entry point inside the directory alone', async () => {
  const refuses = async (entryPoint: string, state: RegExp, files = {}) => {
    const message = await failure(
      `name = "x"\nentry_point = ${JSON.stringify(entryPoint)}`,
      { ...MAIN, ...files },
      'ERR_REGISTRY_PATH',
    )
    assert.match(message, state, message)
    assert.match(message, /DIR\/PhylumExt\.toml:2:1/)
  }
  await refuses('../../other/main.ts', /"\.\."/)
  await refuses('a/../main.ts', /"\.\."/)
  await refuses('/etc/passwd', /absolute/)
  await refuses('https://evil.example/main.ts', /URL/)
  await refuses('data:text/javascript,1', /URL/)
  await refuses('file:///etc/hostname', /URL/)
  await refuses('npm:evil', /URL/)
  await refuses('-A', /begins with "-"/)
  await refuses('missing.ts', /does not exist/)
  await refuses('.', /not a regular file/)
  await refuses('sub.ts', /not a regular file/, { 'sub.ts/x': '' })
  await refuses('main.wasm', /not a module/, { 'main.wasm': '' })
  await refuses('main', /not a module/, { main: '' })
  await refuses('main.d.json', /not a module/, { 'main.d.json': '' })
  await refuses('out.ts', /leads out/, { 'out.ts': { link: '/etc/hostname' } })
  await refuses('up/hostname', /leads out/, { up: { link: '/etc' } })
  await refuses('loop.ts', /symbolic link/, { 'loop.ts': { link: 'loop.ts' } })
  await refuses('.git/main.ts', /nothing that is run/, { '.git/main.ts': '' })
  await refuses('git.ts', /nothing that is run/, {
    '.git/main.ts': '',
    'git.ts': { link: '.git/main.ts' },
  })
  await refuses('fake.ts', /not a module/, { 'data.bin': '', 'fake.ts': { link: 'data.bin' } })
  await refuses('a\\b.ts', /backslash/)
  assert.match(
    await failure('name = "x"\nentry_point = "a\\u0000.ts"', MAIN, 'ERR_REGISTRY_PATH'),
    /control/,
  )
})

test('I115 readManifest() takes every kind of module, and links that stay inside', async () => {
  for (
    const name of [
      'a.ts',
      'a.js',
      'a.mts',
      'a.mjs',
      'a.tsx',
      'a.jsx',
      '...ts',
      'sub/a.ts',
      './sub//a.ts',
    ]
  ) {
    await withTemporaryDirectory(async (directory) => {
      writeFiles(directory, {
        [name]: '',
        'link.ts': { link: name },
        'PhylumExt.toml': `name = "x"\nentry_point = "link.ts"`,
      })
      const { entryPoint } = await readManifest(directory)
      assert.equal(entryPoint, join(directory, name))
      writeFileSync(join(directory, 'PhylumExt.toml'), `name = "x"\nentry_point = "${name}"`)
      assert.equal((await readManifest(directory)).entryPoint, join(directory, name))
    })
  }
})

test('readManifest() tells a workspace from an extension', async () => {
  assert.match(await failure('[workspace]\nmembers = ["extensions/*"]'), /lists several/)
  assert.match(await failure('[workspace]\nmembers = ["../*"]'), /:2:12: .*relative directory/)
})

test('the manifest of this repository is a workspace without a fault', async () => {
  const file = fileURLToPath(new URL('../../PhylumExt.toml', import.meta.url))
  const parsed = await parseManifest(readFileSync(file), file)
  assert.ok(parsed.kind === 'workspace')
  assert.deepEqual([...parsed.workspace.workspace.members], ['extensions/*'])
  assert.deepEqual(parsed.warnings, [])
})

test('L167 readManifest() shows nothing in an error that moves a cursor', async () => {
  const message = await failure(
    'name = "\\u001b[2J\\u202e"\n"\\u001b]0;x\\u0007" = 1\n[permissions]\nread = ["\\u009b*"]',
  )
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

fuzzTest(manifest, 200)
