import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseManifest } from '../../src/registry/manifest.ts'
import { readManifest } from '../../src/registry/mod.ts'
import { parseTeamFile } from '../../src/registry/team/read_team_file.ts'
import { checkTypes, findExamples, findExamplesInComments } from './examples.ts'
import type { Example } from './examples.ts'
import { listFiles, readSources, ROOT } from './tree.ts'

const EXTENSIONS = readdirSync(join(ROOT, 'extensions'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `extensions/${entry.name}`)

const DOCUMENTS = [
  ...[
    'README.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'src/README.md',
    'extensions/CHANGELOG.md',
    'extensions/COMPATIBILITY.md',
  ],
  ...EXTENSIONS.map((extension) => `${extension}/README.md`),
].filter((file) => existsSync(join(ROOT, file)))

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

function shown(language: string): Example[] {
  return DOCUMENTS.flatMap((file) => findExamples(file, read(file), language))
}

/** Checks a manifest that a document shows; one that shows a table alone gets a name. */
async function judgeManifest({ place, text }: Example): Promise<string> {
  const isWhole = /^(name\s*=|\[workspace\])/m.test(text)
  const source = isWhole ? text : `name = "example"\n${text}`
  try {
    const { warnings } = await parseManifest(new TextEncoder().encode(source), place)
    return warnings.join('\n')
  } catch (error) {
    return (error as Error).message
  }
}

test('the TypeScript of every document and every extension compiles', async () => {
  const manual = readSources().filter(({ path }) => path.startsWith('guest/'))
    .flatMap(({ path, text }) => findExamplesInComments(`src/${path}`, text, 'ts'))
  assert.notEqual(manual.length, 0, 'the guest shows no example')
  const modules = listFiles('extensions').filter((path) => path.endsWith('.ts'))
    .map((path) => join(ROOT, 'extensions', path))
  assert.equal(await checkTypes([...manual, ...shown('ts')], modules), '')
})

test('checkTypes() tells of a wrong type, an unknown import and a secret that api does not offer', async () => {
  const head = "import { api } from 'phylum'\n"
  const report = await checkTypes([
    { place: 'right.md:1', text: `${head}console.log(await (await api.fetch('/groups')).json())` },
    { place: 'type.md:2', text: `${head}const a: number = await api.fetch('/groups')` },
    { place: 'name.md:3', text: "import { fetchAll } from 'phylum'\nfetchAll()" },
    { place: 'token.md:4', text: `${head}console.log(api.getAccessToken())` },
  ])
  for (const name of ['type_md_2', 'name_md_3', 'token_md_4']) {
    assert.ok(report.includes(name), name)
  }
  assert.ok(!report.includes('right_md_1.ts:'), report)
})

test('the manifest of every extension is accepted', async () => {
  for (const extension of EXTENSIONS) {
    const { warnings } = await readManifest(join(ROOT, extension))
    assert.deepEqual(warnings, [], extension)
  }
  const place = 'PhylumExt.toml'
  assert.equal(await judgeManifest({ place, text: read(place) }), '')
})

const [lists, manifests] = [true, false].map((isList) =>
  shown('toml').filter(({ text }) => text.startsWith('[extensions]') === isList)
) as [Example[], Example[]]

test("every list of a team's extensions that a document shows is accepted", async () => {
  assert.notEqual(lists.length, 0)
  for (const { place, text } of lists) {
    const project = { directory: '/x', teamFile: place, home: '/home' }
    assert.notEqual((await parseTeamFile(new TextEncoder().encode(text), project)).length, 0)
  }
})

test('every manifest that a document shows is accepted', {
  skip: manifests.length === 0 && 'no document shows a manifest',
}, async () => {
  const faults = await Promise.all(manifests.map(judgeManifest))
  assert.equal(faults.filter(Boolean).join('\n'), '')
})

test('judgeManifest() tells of a wrong value, an unknown key and broken TOML', async () => {
  const judge = (text: string) => judgeManifest({ place: 'a.md:1', text })
  assert.equal(await judge('[api]\nallow = ["GET /groups"]'), '')
  assert.match(await judge('name = "Groups"'), /a\.md:1:1:1: /)
  assert.match(await judge('[api]\nalow = ["GET /groups"]'), /alow/)
  assert.match(await judge('[permissions]\nnet = ["https://example.org/"]'), /net/)
  assert.match(await judge('name = "a'), /TOML/)
})

test('findExamples() finds the blocks of a language, indented ones too', () => {
  const markdown =
    'a\n```ts\nb\n```\n- c\n  ```ts\n  d\n    e\n  ```\n````ts\n```\n````\n```sh\nf\n```\n'
  assert.deepEqual(findExamples('x.md', markdown, 'ts'), [
    { place: 'x.md:3', text: 'b\n' },
    { place: 'x.md:7', text: 'd\n  e\n' },
    { place: 'x.md:11', text: '```\n' },
  ])
})

test('findExamplesInComments() finds blocks in comments and nowhere else', () => {
  const text = '/**\n * a\n * ```ts\n * b()\n *   c()\n * ```\n */\nconst d = `\n```ts\ne\n```\n`'
  assert.deepEqual(findExamplesInComments('x.ts', text, 'ts'), [
    { place: 'x.ts:4', text: 'b()\n  c()\n' },
  ])
})
