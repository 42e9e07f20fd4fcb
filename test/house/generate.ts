/**
 * Writes the files that are made from others, or with `--check` tells which of them are out of date:
 * `bun test/house/generate.ts [--check]`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { DECLARATIONS_PATH, OPERATIONS_PATH } from './generated_paths.ts'
import { renderSurface, SURFACE_PATH } from './public_surface.ts'
import { ROOT } from './tree.ts'

/** Bundles the guest, and what it loads in few runs, into a module each, as text: the executable has no files to hand to the engine. */
async function generateGuest(): Promise<string> {
  return [
    '// Made from src/guest by `npm run fix`; a test fails when it is out of date.',
    '// deno-fmt-ignore-file',
    `export const GUEST_SOURCE = ${JSON.stringify(await bundleGuest('main.ts'))}`,
    `export const OUTSIDE_SOURCE = ${JSON.stringify(await bundleGuest('outside.ts'))}`,
    '',
  ].join('\n')
}

async function bundleGuest(entry: string): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(ROOT, 'src/guest', entry)],
    target: 'browser',
    format: 'esm',
    // Whitespace goes, names stay: the engine reads it at each run, and people read its stack traces.
    minify: { whitespace: true, syntax: true, identifiers: false },
  })
  return await built.outputs[0]!.text()
}

/** Makes the style sheet and the script of the web UI into texts, for the same reason; pages load them, so they are small. */
async function generateAssets(): Promise<string> {
  const texts: string[] = []
  for (const name of ['style.css', 'browser.ts']) {
    const built = await Bun.build({
      entrypoints: [join(ROOT, 'src/server/ui', name)],
      target: 'browser',
      format: 'esm',
      minify: true,
    })
    texts.push(await built.outputs[0]!.text())
  }
  const [style, script] = texts
  return [
    '// Made from style.css and browser.ts by `npm run fix`; a test fails when it is out of date.',
    '// deno-fmt-ignore-file',
    `export const STYLE = ${JSON.stringify(style)}`,
    `export const SCRIPT = ${JSON.stringify(script)}`,
    '',
  ].join('\n')
}

/** Writes down what commands say of themselves, so that a start loads none of their modules but the one that it runs. */
async function generateCatalog(): Promise<string> {
  const { COMMANDS } = await import('../../src/cli/catalog.ts')
  const source = readFileSync(join(ROOT, 'src/cli/catalog.ts'), 'utf8')
  const modules = new Map([...source.matchAll(/^import \{ (\w+) \} from '(.*)'$/gm)]
    .map(([, name, path]) => [name!, path!]))
  const [, list = ''] = /COMMANDS[^=]*= \[([^\]]*)\]/.exec(source) ?? []
  const names = list.split(',').map((each) => each.trim()).filter(Boolean)
  const entries = COMMANDS.map(({ run: _, ...spec }, index) => {
    const name = names[index]!
    // JSON has no word for it.
    const text = JSON.stringify(spec).replaceAll('"max":null', '"max":Infinity')
    const load = `async () => (await import('${modules.get(name)}')).${name}`
    return `  ${text.slice(0, -1)},"load":${load}},`
  })
  return [
    '// Made from src/cli/catalog.ts by `npm run fix`; a test fails when it is out of date.',
    '// deno-fmt-ignore-file',
    "import type { ListedCommand } from './command.ts'",
    '',
    'export const COMMANDS: readonly ListedCommand[] = [',
    ...entries,
    ']',
    '',
  ].join('\n')
}

/** Renders the schema of manifests; TypeBox is loaded for it and by nothing else. */
async function generateSchema(): Promise<string> {
  return (await import('./write_schema.ts')).renderSchema()
}

/** Renders the operations of the API; the whole server is loaded for it. */
async function generateOperations(): Promise<string> {
  return (await import('./write_operations.ts')).renderOperations()
}

/** Compiles the types of the guest for authors of extensions. */
async function generateDeclarations(): Promise<string> {
  return await (await import('./write_declarations.ts')).renderDeclarations()
}

/** Each generated file with the function that makes it; one that others are made from comes before them. */
export const GENERATED: Readonly<Record<string, () => Promise<string>>> = {
  [OPERATIONS_PATH]: generateOperations,
  [DECLARATIONS_PATH]: generateDeclarations,
  'src/cli/catalog.generated.ts': generateCatalog,
  'src/sandbox/guest.generated.ts': generateGuest,
  'src/server/ui/assets.generated.ts': generateAssets,
  'schema/phylum-ext.schema.json': generateSchema,
  [SURFACE_PATH]: renderSurface,
}

/** Finds the files below a directory that are not what their function makes, with what it makes. */
export async function findStale(
  generated: typeof GENERATED,
  directory: string,
  found: (path: string, text: string) => void = () => {},
): Promise<Map<string, string>> {
  const stale = new Map<string, string>()
  for (const [path, make] of Object.entries(generated)) {
    const text = await make()
    const file = join(directory, path)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    stale.set(path, text)
    found(path, text)
  }
  return stale
}

if (import.meta.main) {
  const isCheck = process.argv.includes('--check')
  // Written at once: the next one may be made from it.
  await findStale(GENERATED, ROOT, (path, text) => {
    if (isCheck) {
      console.error(`${path} is out of date: run npm run fix`)
      process.exitCode = 1
    } else {
      writeFileSync(join(ROOT, path), text)
      console.error(`wrote ${path}`)
    }
  })
}
