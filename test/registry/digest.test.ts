import { digestExtension } from '#registry'
import { spawnSync } from 'node:child_process'
import assert from 'node:assert/strict'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { writeFiles } from '../harness/write_files.ts'

const FILES = {
  'PhylumExt.toml': 'name = "x"',
  'main.ts': 'export {}',
  'lib/a.ts': 'a',
  'lib/tool.sh': { program: '#!/bin/sh' },
  'node_modules/dep/index.js': 'dep',
}

/** Digests a fresh tree, changed by the given act. */
async function digestOf(change: (directory: string) => void = () => {}): Promise<string> {
  return await withTemporaryDirectory((directory) => {
    writeFiles(directory, FILES)
    change(directory)
    return Promise.resolve(digestExtension(directory))
  })
}

async function refuses(state: RegExp, change: (directory: string) => void): Promise<void> {
  await assert.rejects(digestOf(change), { code: 'ERR_REGISTRY_PATH', message: state })
}

test('digestExtension() answers the same for the same tree, wherever it lies', async () => {
  const digest = await digestOf()
  assert.match(digest, /^sha256-[A-Za-z0-9+/]{43}=$/)
  assert.equal(await digestOf(), digest)
})

test('digestExtension() cares for neither times, empty directories nor modes that run nothing', async () => {
  const digest = await digestOf()
  assert.equal(
    await digestOf((directory) => {
      mkdirSync(join(directory, 'empty'))
      chmodSync(join(directory, 'main.ts'), 0o600)
      writeFileSync(join(directory, 'main.ts'), FILES['main.ts'])
    }),
    digest,
  )
})

test('I121 digestExtension() changes with every change that could run', async () => {
  const changes: Record<string, (directory: string) => void> = {
    content: (directory) => writeFileSync(join(directory, 'main.ts'), 'export { }'),
    manifest: (directory) => writeFileSync(join(directory, 'PhylumExt.toml'), 'name = "y"'),
    cut: (directory) => truncateSync(join(directory, 'lib/a.ts'), 0),
    renamed: (directory) => renameSync(join(directory, 'lib/a.ts'), join(directory, 'lib/b.ts')),
    moved: (directory) => renameSync(join(directory, 'lib/a.ts'), join(directory, 'a.ts')),
    added: (directory) => writeFileSync(join(directory, 'new.ts'), ''),
    hidden: (directory) => writeFileSync(join(directory, '.env'), ''),
    removed: (directory) => unlinkSync(join(directory, 'lib/a.ts')),
    executable: (directory) => chmodSync(join(directory, 'main.ts'), 0o755),
    inert: (directory) => chmodSync(join(directory, 'lib/tool.sh'), 0o644),
    dependency: (directory) => writeFileSync(join(directory, 'node_modules/dep/index.js'), 'bad'),
    linked: (directory) => symlinkSync('main.ts', join(directory, 'link.ts')),
    'linked elsewhere': (directory) => symlinkSync('lib/a.ts', join(directory, 'link.ts')),
    'a link for a file': (directory) => {
      unlinkSync(join(directory, 'lib/a.ts'))
      symlinkSync('../main.ts', join(directory, 'lib/a.ts'))
    },
    'git within': (directory) => writeFiles(directory, { 'lib/.git/hook.ts': '' }),
    'looks like git': (directory) => writeFiles(directory, { '.gitignore': '' }),
  }
  const digests = new Map([['unchanged', await digestOf()]])
  for (const [name, change] of Object.entries(changes)) digests.set(name, await digestOf(change))
  assert.equal(new Set(digests.values()).size, digests.size, JSON.stringify([...digests], null, 1))
})

test('digestExtension() leaves out what git keeps, and refuses links into it', async () => {
  const digest = await digestOf()
  assert.equal(
    await digestOf((directory) => writeFiles(directory, { '.git/HEAD': 'x', '.git/a/b': 'y' })),
    digest,
  )
  assert.equal(
    await digestOf((directory) => writeFileSync(join(directory, '.git'), 'gitdir: /x')),
    digest,
  )
  await refuses(
    /"x.ts" leads out of it/,
    (directory) => writeFiles(directory, { '.git/x.ts': '', 'x.ts': { link: '.git/x.ts' } }),
  )
})

test('D51 digestExtension() refuses links that leave the directory', async () => {
  for (const link of ['/etc/hostname', '../..', '../.././..', '/', '/proc/self/root']) {
    await refuses(
      /the link "lib\/out" leads out of it/,
      (directory) => writeFiles(directory, { 'lib/out': { link } }),
    )
  }
  await refuses(
    /leads out/,
    (directory) => writeFiles(directory, { one: { link: 'two' }, two: { link: '/etc' } }),
  )
  await refuses(/leads nowhere/, (directory) => writeFiles(directory, { link: { link: 'gone' } }))
  await refuses(/leads nowhere/, (directory) => writeFiles(directory, { loop: { link: 'loop' } }))
  await digestOf((directory) =>
    writeFiles(directory, { 'lib/up': { link: '..' }, 'b.ts': { link: './lib/a.ts' } })
  )
})

test('digestExtension() takes a link to the whole directory for the directory', async () => {
  await withTemporaryDirectory((root) => {
    writeFiles(join(root, 'real'), FILES)
    symlinkSync('real', join(root, 'link'))
    assert.equal(digestExtension(join(root, 'link')), digestExtension(join(root, 'real')))
    return Promise.resolve()
  })
})

test('I106 digestExtension() refuses special files', async () => {
  await refuses(/"pipe" is neither a file nor a directory/, (directory) => {
    assert.equal(spawnSync('mkfifo', [join(directory, 'pipe')]).status, 0)
  })
})

test('I105 digestExtension() refuses names that some file systems take for one', async () => {
  await refuses(/differ only in case/, (directory) => writeFileSync(join(directory, 'Main.ts'), ''))
  await refuses(/differ only in case/, (directory) => writeFiles(directory, { 'LIB/b.ts': '' }))
  await refuses(
    /differ only in case/,
    (directory) => writeFiles(directory, { 'caf\u00e9.ts': '', 'cafe\u0301.ts': '' }),
  )
  await refuses(/not UTF-8/, (directory) => {
    assert.equal(spawnSync('sh', ['-c', `touch "$(printf '${directory}/\\377')"`]).status, 0)
  })
})

test('I129 digestExtension() has limits', async () => {
  await withTemporaryDirectory((directory) => {
    writeFiles(directory, { 'a.ts': 'abc', 'sub/b.ts': 'de' })
    const refused = { code: 'ERR_REGISTRY_PATH' }
    assert.ok(digestExtension(directory, { entries: 3, bytes: 5 }))
    assert.throws(() => digestExtension(directory, { entries: 2, bytes: 5 }), refused)
    assert.throws(() => digestExtension(directory, { entries: 3, bytes: 4 }), refused)
    truncateSync(join(directory, 'a.ts'), 500 * 1024 * 1024)
    assert.throws(() => digestExtension(directory), { ...refused, message: /too large/ })
    return Promise.resolve()
  })
})

test('I128 digestExtension() refuses what every user may change', async () => {
  await refuses(/may change its directory/, (directory) => chmodSync(directory, 0o777))
  await refuses(/may change its directory/, (directory) => chmodSync(directory, 0o1777))
  await refuses(/may change "lib"/, (directory) => chmodSync(join(directory, 'lib'), 0o757))
  await refuses(/may change "main.ts"/, (directory) => chmodSync(join(directory, 'main.ts'), 0o646))
  await digestOf((directory) => chmodSync(join(directory, 'main.ts'), 0o664))
})

test('digestExtension() says that a directory is not there', async () => {
  await refuses(/does not exist/, (directory) => rmSync(directory, { recursive: true }))
})

test('digestExtension() tells any two different trees apart', async () => {
  const name = fc.stringMatching(/^[a-c]{1,2}$/)
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) =>
    `${names.join('/')}.ts`
  )
  const content = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('f4:a.ts', '1:', 'l'))
  const tree = fc.dictionary(path, fc.record({ content, isProgram: fc.boolean() }), { maxKeys: 4 })
  const write = (
    directory: string,
    files: Record<string, { content: string; isProgram: boolean }>,
  ) => {
    mkdirSync(directory)
    for (const [file, { content, isProgram }] of Object.entries(files)) {
      writeFiles(directory, { [file]: isProgram ? { program: content } : content })
    }
    return digestExtension(directory)
  }
  await withTemporaryDirectory((root) => {
    let count = 0
    const canonical = (files: Record<string, { content: string; isProgram: boolean }>) =>
      Object.entries(files).map((entry) => JSON.stringify(entry)).sort().join()
    fc.assert(
      fc.property(tree, tree, (one, other) => {
        const first = write(join(root, `${count}-a`), one)
        const second = write(join(root, `${count++}-b`), other)
        assert.equal(first === second, canonical(one) === canonical(other))
      }),
      { numRuns: 100 },
    )
    return Promise.resolve()
  })
})

test('digestExtension() changes with any byte of any file', async () => {
  await withTemporaryDirectory((root) => {
    writeFiles(join(root, 'a'), FILES)
    const large = new Uint8Array(200_000).map((_, index) => index % 251)
    writeFileSync(join(root, 'a/large.bin'), large)
    cpSync(join(root, 'a'), join(root, 'b'), { recursive: true })
    const digest = digestExtension(join(root, 'a'))
    assert.equal(digestExtension(join(root, 'b')), digest)
    fc.assert(
      fc.property(fc.nat(large.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = large.slice()
        changed[at]! ^= mask
        writeFileSync(join(root, 'b/large.bin'), changed)
        assert.notEqual(digestExtension(join(root, 'b')), digest)
      }),
      { numRuns: 30 },
    )
    return Promise.resolve()
  })
})
