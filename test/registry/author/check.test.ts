import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compareGrants } from '../../../src/registry/author/compare_grants.ts'
import { createExtension } from '../../../src/registry/author/create_extension.ts'
import { refreshEditorFiles } from '../../../src/registry/author/editor_files.ts'
import { resolveImport } from '../../../src/registry/author/resolve_import.ts'
import { scanExtension } from '../../../src/registry/author/scan_extension.ts'
import { readManifest } from '../../../src/registry/manifest.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { writeFiles } from '../../harness/write_files.ts'

const HEAD = 'name = "sample"\n'

/** Compares a manifest with its modules. */
async function compare(files: Record<string, string>) {
  return await withTemporaryDirectory(async (directory) => {
    writeFiles(directory, files)
    const read = await readManifest(directory)
    const scan = scanExtension(read)
    const { unused, missing } = compareGrants(read.manifest, scan.modules)
    return {
      unused: unused.map(({ path, message }) => `${path.join('.')}: ${message}`),
      missing: missing.map(({ file, line, column, message }) =>
        `${file}:${line}:${column}: ${message}`
      ),
      faults: scan.faults.map(({ file, line, column, message }) =>
        `${file}:${line}:${column}: ${message}`
      ),
    }
  })
}

test('compareGrants() finds what is granted and not used, entry by entry', async () => {
  const { unused, missing } = await compare({
    'PhylumExt.toml': `${HEAD}[permissions]
read = true
write = ["./out"]
env = ["HOME", "UNUSED"]
net = ["a.example", "*.b.example", "unused.example"]
run = ["git"]
[api]
allow = ["GET /groups", "DELETE /groups/:name", "POST /data/jobs"]
`,
    'main.ts': `import { more } from './lib/more.ts'
      const home = Deno.env.get('HOME')
      await Deno.readTextFile('x')
      await fetch('https://a.example/'); await fetch(\`https://x.b.example/\${home}\`)
      await api.groups.list(); await api.fetch('/groups/' + more)`,
    'lib/more.ts': "export const more = await api.fetch('/groups/a', { method: 'DELETE' })",
  })
  assert.deepEqual(missing, [])
  assert.deepEqual(unused, [
    'permissions.write: nothing writes files, as far as can be seen',
    'permissions.env.1: nothing uses "UNUSED", as far as can be seen',
    'permissions.run: nothing uses it, as far as can be seen',
    'permissions.net.2: nothing uses "unused.example", as far as can be seen',
  ])
})

test('compareGrants() says of the API what no call needs, where it sees all of them', async () => {
  const manifest = (allow: string) => `${HEAD}[api]\nallow = ${allow}\n`
  const main = "await api.groups.list()\nawait api.fetch('/groups/x/members')"
  const listed = await compare({
    'PhylumExt.toml': manifest('["GET /groups", "GET /groups/:x/members", "POST /groups"]'),
    'main.ts': main,
  })
  assert.deepEqual(listed.unused, [
    'api.allow.2: nothing calls "POST /groups", as far as can be seen',
  ])
  const all = await compare({ 'PhylumExt.toml': manifest('true'), 'main.ts': main })
  assert.match(all.unused.join(), /all that is called.*is GET \/groups, GET \/groups\/x\/members/)
  const none = await compare({ 'PhylumExt.toml': manifest('[]'), 'main.ts': main })
  assert.deepEqual(none.missing, [
    'main.ts:1:7: "GET /groups" is not allowed: [api] allow = ["GET /groups"]',
    'main.ts:2:7: "GET /groups/x/members" is not allowed: [api] allow = ["GET /groups/x/members"]',
  ])
  const unseen = await compare({
    'PhylumExt.toml': manifest('["POST /groups"]'),
    'main.ts': 'use(api)',
  })
  assert.deepEqual(unseen.unused, [])
})

test('compareGrants() finds what is used and not granted', async () => {
  const { missing } = await compare({
    'PhylumExt.toml': `${HEAD}[permissions]\nnet = ["a.example:8080"]\n[api]\nallow = []\n`,
    'main.ts': `Deno.env.get('SECRET'); Deno.env.get('TERM')
fetch('https://a.example/'); fetch('http://a.example:8080/')
new Deno.Command('git')`,
  })
  assert.deepEqual(missing.map((each) => each.replace(/ is not granted.*/, '')), [
    'main.ts:1:6: "SECRET"',
    'main.ts:3:5: "git"',
    'main.ts:2:1: "https://a.example"',
  ])
})

test('scanExtension() follows imports, and tells those that nothing can be made of', async () => {
  const { faults } = await compare({
    'PhylumExt.toml': `${HEAD}[api]\nallow = []\n`,
    'main.ts': "import './a.ts'\nimport 'node:fs'\nimport { api } from 'phylum'",
    'a.ts': "export * from './lib/b.ts'\nimport './nope.ts'",
    'lib/b.ts': "import '../../outside.ts'\nimport '../a.ts'",
    'unused.ts': "import './never.ts'",
    'main_test.ts': "import 'zod'\nimport 'npm:zod'",
  })
  assert.deepEqual(faults.sort(), [
    'a.ts:2:8: Cannot import: "./nope.ts" leads to no file',
    'lib/b.ts:1:8: Cannot import: "../../outside.ts" leaves the directory of the extension',
    'main_test.ts:1:8: Cannot import: "zod" is a package, and node_modules is not shared; bundle it into a file of the extension',
  ])
})

test('resolveImport() lets no spelling lead out of the directory', async () => {
  await withTemporaryDirectory((place) => {
    const root = realpathSync(place)
    writeFiles(root, { 'outside.ts': '', 'ext/a.ts': '', 'ext/.hidden/b.ts': '', 'ext/c.ts': '' })
    symlinkSync(join(root, 'outside.ts'), join(root, 'ext/link.ts'))
    symlinkSync(join(root, 'ext/a.ts'), join(root, 'ext/inner.ts'))
    const directory = join(root, 'ext')
    const resolve = (specifier: string, engine: 'deno' | 'bun' = 'deno') =>
      resolveImport(specifier, { directory, from: 'main.ts', engine })
    for (
      const specifier of [
        '../outside.ts',
        './%2e%2e/outside.ts',
        './x/../../outside.ts',
        './link.ts',
        '/etc/passwd',
        `file://${root}/outside.ts`,
        './.hidden/b.ts',
        './',
        './nope.ts',
        './c',
        'bun',
        'http://a.example/x.ts',
      ]
    ) assert.ok('fault' in resolve(specifier), specifier)
    assert.deepEqual(resolve('./a.ts?x#y'), { path: 'a.ts' })
    assert.deepEqual(resolve('./inner.ts'), { path: 'a.ts' })
    assert.deepEqual(resolve(`file://${directory}/a.ts`), { path: 'a.ts' })
    assert.deepEqual(resolve('./c', 'bun'), { path: 'c.ts' })
    assert.deepEqual(resolve('fs', 'bun'), { isOwn: true })
    assert.ok('fault' in resolve('fs'))
  })
})

test('createExtension() makes all of it or nothing, and touches nothing that is there', async () => {
  await withTemporaryDirectory((directory) => {
    const path = join(directory, 'deep/mine')
    createExtension(path, { 'a.txt': 'a', 'b/c.txt': 'c' })
    assert.equal(readFileSync(join(path, 'b/c.txt'), 'utf8'), 'c')
    assert.throws(() => createExtension(path, { 'a.txt': 'other' }), {
      code: 'ERR_REGISTRY_EXISTS',
    })
    assert.equal(readFileSync(join(path, 'a.txt'), 'utf8'), 'a')
    symlinkSync('/nonexistent', join(directory, 'link'))
    assert.throws(() => createExtension(join(directory, 'link'), {}), {
      code: 'ERR_REGISTRY_EXISTS',
    })
    writeFileSync(join(directory, 'file'), '')
    assert.throws(() => createExtension(join(directory, 'file/mine'), {}), {
      code: 'ERR_REGISTRY_PATH',
    })
  })
})

test('refreshEditorFiles() writes where it is wanted, and never through a link', async () => {
  await withTemporaryDirectory((directory) => {
    const types = { declarations: 'export {}\n', engine: 'declare const Deno: unknown\n' }
    const plain = join(directory, 'plain')
    writeFiles(plain, { 'PhylumExt.toml': HEAD })
    assert.equal(refreshEditorFiles(plain, types), false)
    const cloned = join(directory, 'cloned')
    writeFiles(cloned, { 'PhylumExt.toml': `#:schema ./.phylum/x.json\n${HEAD}` })
    assert.equal(refreshEditorFiles(cloned, types), true)
    assert.equal(readFileSync(join(cloned, '.phylum/phylum.d.ts'), 'utf8'), 'export {}\n')
    assert.equal(refreshEditorFiles(cloned, types), false, 'nothing has changed')
    mkdirSync(join(cloned, 'node_modules/@types/node'), { recursive: true })
    refreshEditorFiles(cloned, types)
    assert.throws(() => readFileSync(join(cloned, '.phylum/node.d.ts')))

    const elsewhere = join(directory, 'elsewhere')
    writeFiles(elsewhere, { 'phylum.d.ts': 'mine' })
    const linked = join(directory, 'linked')
    writeFiles(linked, { 'PhylumExt.toml': `#:schema ./.phylum/x.json\n${HEAD}` })
    symlinkSync(elsewhere, join(linked, '.phylum'))
    assert.equal(refreshEditorFiles(linked, types), false)
    assert.equal(readFileSync(join(elsewhere, 'phylum.d.ts'), 'utf8'), 'mine')
    writeFiles(cloned, { 'victim.txt': 'mine' })
    rmSync(join(cloned, 'node_modules'), { recursive: true })
    symlinkSync('../victim.txt', join(cloned, '.phylum/node.d.ts'))
    assert.equal(refreshEditorFiles(cloned, types), true)
    assert.equal(readFileSync(join(cloned, 'victim.txt'), 'utf8'), 'mine')
  })
})
