import { listExtensions } from '#registry'
import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { writeFiles } from '../harness/write_files.ts'

async function listed(root: string): Promise<string[]> {
  const places = {
    extensionsDirectory: join(root, 'installed'),
    bundledDirectory: join(root, 'bundled'),
    storeDirectory: join(root, 'store'),
    stagingDirectory: join(root, 'staging'),
    cacheFile: join(root, 'cache.json'),
    write: writeFile,
  }
  return (await listExtensions(places)).map((each) =>
    `${each.name} ${each.source} ${each.error?.code ?? 'ok'}`
  )
}

test('listExtensions() lists installed before bundled ones, in order of names', async () => {
  await withTemporaryDirectory(async (root) => {
    writeFiles(root, {
      'bundled/groups/PhylumExt.toml': 'name = "groups"',
      'bundled/groups/main.ts': '',
      'bundled/CHANGELOG.md': '',
      'installed/zeta/PhylumExt.toml': 'name = "zeta"',
      'installed/zeta/main.ts': '',
      'installed/groups/PhylumExt.toml': 'name = "groups"',
      'installed/groups/main.ts': '',
      'installed/.staging/PhylumExt.toml': 'name = "x"',
      'installed/alpha/PhylumExt.toml': 'name = "alpha"',
      'installed/alpha/main.ts': '',
    })
    assert.deepEqual(await listed(root), [
      'alpha installed ok',
      'groups installed ok',
      'zeta installed ok',
    ])
  })
})

test('M189 listExtensions() lists a broken one as broken', async () => {
  await withTemporaryDirectory(async (root) => {
    writeFiles(root, {
      'bundled/groups/PhylumExt.toml': 'name = "groups"',
      'bundled/groups/main.ts': '',
      'installed/broken/PhylumExt.toml': 'name =',
      'installed/empty/x': '',
      'installed/liar/PhylumExt.toml': 'name = "other"',
      'installed/liar/main.ts': '',
      'installed/lost/PhylumExt.toml': 'name = "lost"',
      'installed/Bad Name\u001b[2J/PhylumExt.toml': 'name = "x"',
      'installed/groups/PhylumExt.toml': '\u0000',
    })
    assert.deepEqual(await listed(root), [
      'Bad Name\u001b[2J installed ERR_REGISTRY_NAME',
      'broken installed ERR_REGISTRY_MANIFEST',
      'empty installed ERR_REGISTRY_MANIFEST',
      'groups installed ERR_REGISTRY_MANIFEST',
      'liar installed ERR_REGISTRY_MANIFEST',
      'lost installed ERR_REGISTRY_PATH',
    ])
  })
})

test('listExtensions() answers nothing where nothing is', async () => {
  await withTemporaryDirectory(async (root) => assert.deepEqual(await listed(root), []))
})

test('M189 listExtensions() lists a hundred, and an unreadable one among them', async () => {
  await withTemporaryDirectory(async (root) => {
    const files: Record<string, string> = {}
    for (let index = 0; index < 100; index++) {
      files[`installed/x${index}/PhylumExt.toml`] = `name = "x${index}"`
      files[`installed/x${index}/main.ts`] = ''
    }
    writeFiles(root, files)
    chmodSync(join(root, 'installed/x7'), 0)
    try {
      const names = await listed(root)
      assert.equal(names.length, 100)
      // Root reads it all the same.
      assert.match(names.find((name) => name.startsWith('x7 '))!, / ok$| ERR_REGISTRY_MANIFEST$/)
      assert.equal(names.filter((name) => name.endsWith(' ok')).length >= 99, true)
    } finally {
      chmodSync(join(root, 'installed/x7'), 0o755)
    }
  })
})
