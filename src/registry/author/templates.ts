import { DECLARATIONS_FILE, SCHEMA_FILE } from './editor_files.ts'
import type { EngineName } from './editor_files.ts'

/** What a new extension begins as. */
export type Template = 'api' | 'cli' | 'minimal'

/** What a new extension is to be. */
export interface Wish {
  name: string
  template: Template
  engine: EngineName
}

/** Makes the files of a new extension, by path, those for editors apart. */
export function makeFiles(wish: Wish): Record<string, string> {
  const { main, test } = MODULES[wish.template](wish)
  return {
    'PhylumExt.toml': makeManifest(wish),
    'main.ts': main,
    'main_test.ts': test,
    'tsconfig.json': makeCompilerSettings(wish.engine),
    ...(wish.engine === 'deno' ? { 'deno.json': makeDenoSettings() } : {}),
    '.gitignore': '.phylum/\nnode_modules/\n',
    '.vscode/settings.json': json({ 'deno.enable': wish.engine === 'deno' }),
    '.vscode/extensions.json': json({
      recommendations: [
        'tamasfe.even-better-toml',
        ...(wish.engine === 'deno' ? ['denoland.vscode-deno'] : []),
      ],
    }),
  }
}

function makeManifest({ name, template, engine }: Wish): string {
  return [
    `#:schema ./${SCHEMA_FILE}`,
    `name = "${name}"`,
    `description = "${DESCRIPTIONS[template]}"`,
    'version = "0.1.0"',
    `engine = "${engine}"`,
    '',
    ...(template === 'cli'
      ? ['[permissions]', '# Everything is denied unless listed.', 'read = ["./"]', '']
      : []),
    '[api]',
    '# What may be asked of the API with the credential of whoever runs this.',
    `allow = [${template === 'api' ? '"GET /groups"' : ''}]`,
    '',
  ].join('\n')
}

const DESCRIPTIONS: Record<Template, string> = {
  api: 'Lists the groups that you belong to',
  cli: 'Counts the lines of files',
  minimal: 'Says hello',
}

function makeCompilerSettings(engine: EngineName): string {
  const web = ['DOM', 'DOM.Iterable', 'DOM.AsyncIterable']
  return json({
    compilerOptions: {
      target: 'ESNext',
      // Deno tells the web's types itself, in .phylum/deno.d.ts.
      lib: ['ESNext', ...(engine === 'deno' ? [] : web)],
      module: 'Preserve',
      moduleResolution: 'Bundler',
      moduleDetection: 'force',
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      paths: { phylum: [`./${DECLARATIONS_FILE}`] },
    },
    include: ['**/*', '.phylum/*.d.ts'],
  })
}

/** The same for Deno's own language server, which reads the other file too; a run reads none of it. */
function makeDenoSettings(): string {
  return json({
    imports: { phylum: `./${DECLARATIONS_FILE}` },
    compilerOptions: { lib: ['deno.window'], types: [`./${DECLARATIONS_FILE}`] },
    lock: false,
  })
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** A module, and the test of it. */
interface Modules {
  main: string
  test: string
}

const MODULES: Record<Template, (wish: Wish) => Modules> = {
  api: () => ({
    main: `import type { Group, Invocation } from 'phylum'

/** Renders groups as lines of text. */
export function renderGroups(groups: readonly Group[]): string {
  if (groups.length === 0) return 'You belong to no group.'
  return groups.map(({ group_name, role }) => \`\${group_name} (\${role})\`).join('\\n')
}

export default async ({ api }: Invocation): Promise<void> => {
  const { groups } = await api.groups.list()
  console.log(renderGroups(groups))
}
`,
    test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { api } from 'phylum'
import { renderGroups } from './main.ts'

test('it lists the groups of the account', async () => {
  // \`phylum ext test\` starts a server for these tests, with an account that has the group "acme".
  const { groups } = await api.groups.list()
  assert.equal(renderGroups(groups), 'acme (admin)')
})

test('it says so where there is no group', () => {
  assert.equal(renderGroups([]), 'You belong to no group.')
})
`,
  }),
  cli: ({ name, engine }) => ({
    main: `import type { Invocation } from 'phylum'

const USAGE = 'usage: phylum ${name} [--json] FILE…'

/** What a command line asks for. */
export interface Wish {
  files: string[]
  isJson: boolean
}

/** Reads a command line; answers undefined where it makes no sense. */
export function readArguments(args: readonly string[]): Wish | undefined {
  const switches = args.filter((arg) => arg.startsWith('-'))
  if (switches.some((each) => each !== '--json')) return undefined
  return { files: args.filter((arg) => !arg.startsWith('-')), isJson: switches.length > 0 }
}

/** Counts the lines of a text. */
export function countLines(text: string): number {
  return text.split('\\n').length - (text.endsWith('\\n') ? 1 : 0)
}

export default async ({ args }: Invocation): Promise<void> => {
  const wish = readArguments(args)
  if (wish === undefined) {
    console.error(USAGE)
    ${engine === 'deno' ? 'Deno' : 'process'}.exit(2)
  }
  if (wish.files.length === 0) console.log(USAGE)
  for (const file of wish.files) {
    const lines = countLines(await ${
      engine === 'deno' ? 'Deno.readTextFile(file)' : 'Bun.file(file).text()'
    })
    console.log(wish.isJson ? JSON.stringify({ file, lines }) : \`\${file}: \${lines}\`)
  }
}
`,
    test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countLines, readArguments } from './main.ts'

test('it counts lines, the last one without its end too', () => {
  assert.deepEqual(['a\\n', 'a\\nb', ''].map(countLines), [1, 2, 1])
})

test('it reads a command line, and knows one that makes no sense', () => {
  assert.deepEqual(readArguments(['--json', 'a']), { files: ['a'], isJson: true })
  assert.equal(readArguments(['--jsno', 'a']), undefined)
})
`,
  }),
  minimal: ({ name }) => ({
    main: `import type { Invocation } from 'phylum'

/** Says hello to somebody. */
export function greet(who: string): string {
  return \`Hello, \${who}!\`
}

export default ({ args }: Invocation): void => {
  console.log(greet(args[0] ?? '${name}'))
}
`,
    test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { greet } from './main.ts'

test('it says hello', () => {
  assert.equal(greet('you'), 'Hello, you!')
})
`,
  }),
}
