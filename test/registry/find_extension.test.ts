import { findExtension, isExtensionName } from '#registry'
import assert from 'node:assert/strict'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { writeFiles } from '../harness/write_files.ts'

interface Home {
  root: string
  extensionsDirectory: string
  bundledDirectory: string
  workingDirectory: string
}

/** A home with "groups" bundled, "sbom" and a broken "stream" installed, and "mine" in the working directory. */
async function withHome(use: (home: Home) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (root) => {
    const extension = (name: string) => ({
      [`${name}/PhylumExt.toml`]: `name = "${name.split('/').at(-1)}"\n`,
      [`${name}/main.ts`]: '',
    })
    writeFiles(root, {
      ...extension('bundled/groups'),
      ...extension('bundled/stream'),
      ...extension('installed/sbom'),
      'installed/stream/PhylumExt.toml': 'name = ',
      'installed/liar/PhylumExt.toml': 'name = "groups"',
      'installed/liar/main.ts': '',
      ...extension('here/mine'),
      ...extension('here/.hidden'),
      'here/file': '',
      'here/empty/x': '',
    })
    const at = (name: string) => join(root, name)
    await use({
      root,
      extensionsDirectory: at('installed'),
      bundledDirectory: at('bundled'),
      workingDirectory: at('here'),
    })
  })
}

test('findExtension() finds installed, bundled and local ones', async () => {
  await withHome(async (home) => {
    const found = async (name: string) => {
      const { source, directory, entryPoint } = await findExtension(name, home)
      assert.equal(entryPoint, join(directory, 'main.ts'))
      return [source, directory.slice(home.root.length)]
    }
    assert.deepEqual(await found('sbom'), ['installed', '/installed/sbom'])
    assert.deepEqual(await found('groups'), ['bundled', '/bundled/groups'])
    assert.deepEqual(await found('./mine'), ['path', '/here/mine'])
    assert.deepEqual(await found('mine/'), ['path', '/here/mine'])
    assert.deepEqual(await found('../installed/sbom'), ['path', '/installed/sbom'])
    assert.deepEqual(await found(join(home.root, 'here/mine')), ['path', '/here/mine'])
    const here = { ...home, workingDirectory: join(home.workingDirectory, 'mine') }
    assert.equal((await findExtension('.', here)).name, 'mine')
    assert.equal(
      (await findExtension('..', { ...here, workingDirectory: join(home.root, 'here/mine/x') }))
        .name,
      'mine',
    )
  })
})

test('findExtension() follows a link to an extension, and answers where it leads', async () => {
  await withHome(async (home) => {
    writeFiles(home.root, {
      'here/link': { link: 'mine' },
      'installed/mine': { link: '../here/mine' },
    })
    assert.equal((await findExtension('./link', home)).directory, join(home.root, 'here/mine'))
    const installed = await findExtension('mine', home)
    assert.deepEqual([installed.source, installed.directory], [
      'installed',
      join(home.root, 'here/mine'),
    ])
  })
})

test('findExtension() never puts a bundled one in the place of a broken one', async () => {
  await withHome(async (home) => {
    await assert.rejects(findExtension('stream', home), { code: 'ERR_REGISTRY_MANIFEST' })
  })
})

test('I114 findExtension() refuses an extension that goes by another name', async () => {
  await withHome(async (home) => {
    await assert.rejects(findExtension('liar', home), {
      code: 'ERR_REGISTRY_MANIFEST',
      message: /PhylumExt\.toml:1:1: "name" must be that of the directory, "liar"/,
    })
  })
})

test('findExtension() suggests what was meant', async () => {
  await withHome(async (home) => {
    const hints = async (name: string) => {
      try {
        await findExtension(name, home)
      } catch (error) {
        assert.equal((error as { code: string }).code, 'ERR_REGISTRY_NOT_FOUND')
        return (error as { hints: string[] }).hints.slice(0, -1)
      }
      assert.fail()
    }
    assert.deepEqual(await hints('gruops'), ['did you mean "groups"?'])
    assert.deepEqual(await hints('SBOM'), ['did you mean "sbom"?'])
    assert.deepEqual(await hints('mine'), ['use "./mine" for the extension in this directory'])
    assert.deepEqual(await hints('xyzxyz'), [])
  })
})

test('I114 findExtension() looks up nothing but names', async () => {
  await withHome(async (home) => {
    writeFiles(home.root, {
      'installed/a b/PhylumExt.toml': 'name = "a"',
      'installed/Up/PhylumExt.toml': '',
    })
    for (
      const name of [
        '',
        ' ',
        'a b',
        'Up',
        'con',
        'constructor',
        '__proto__',
        'toString',
        'a\n',
        'help',
        '-y',
        '--help',
        'a\u0000b',
        'ä',
        '\u202e',
        'a'.repeat(300),
        '...',
        '.hidden',
      ]
    ) await assert.rejects(findExtension(name, home), { code: 'ERR_REGISTRY_NOT_FOUND' }, name)
  })
  for (const name of ['a', 'groups', 'a-b_c', 'constructor']) assert.ok(isExtensionName(name))
  for (const name of ['', 'A', '1', '-a', 'a/b', 'a\n', 'a'.repeat(65)]) {
    assert.ok(!isExtensionName(name))
  }
})

test('findExtension() says what is wrong with a path', async () => {
  await withHome(async (home) => {
    const refuses = (path: string, code: string, message: RegExp) =>
      assert.rejects(findExtension(path, home), { code, message }, path)
    await refuses('./nope', 'ERR_REGISTRY_NOT_FOUND', /does not exist/)
    await refuses('./file', 'ERR_REGISTRY_NOT_FOUND', /not a directory/)
    await refuses('./file/x', 'ERR_REGISTRY_NOT_FOUND', /not a directory/)
    await refuses('./mine/PhylumExt.toml', 'ERR_REGISTRY_NOT_FOUND', /not a directory/)
    await refuses('./empty', 'ERR_REGISTRY_MANIFEST', /does not exist/)
    await refuses('./a\u0000b', 'ERR_REGISTRY_NOT_FOUND', /control character/)
    await refuses('a/'.repeat(5000), 'ERR_REGISTRY_NOT_FOUND', /too long/)
    await refuses('https://example.com/x', 'ERR_REGISTRY_NOT_FOUND', /does not exist/)
  })
})

test('findExtension() needs no directory of installed extensions', async () => {
  await withHome(async (home) => {
    const fresh = { ...home, extensionsDirectory: join(home.root, 'nowhere') }
    assert.equal((await findExtension('groups', fresh)).source, 'bundled')
    await assert.rejects(findExtension('sbom', fresh), { code: 'ERR_REGISTRY_NOT_FOUND' })
  })
})

test(
  'I128 findExtension() warns of an extension that belongs to another user',
  { skip: process.geteuid?.() !== 0 && 'only root can give a directory away' },
  async () => {
    await withHome(async (home) => {
      const directory = join(home.root, 'here/mine')
      assert.deepEqual((await findExtension('./mine', home)).warnings, [])
      chownSync(directory, 65534, 65534)
      const { warnings } = await findExtension('./mine', home)
      assert.match(warnings.join(), /belongs to another user \(65534\)/)
      mkdirSync(join(home.root, 'x'))
    })
  },
)
