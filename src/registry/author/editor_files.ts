import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import schema from '../../../schema/phylum-ext.schema.json' with { type: 'json' }
import { MANIFEST_FILE } from '../manifest.ts'
import type { CheckedManifest } from '../manifest.ts'

/** Which runtime an extension names. */
export type EngineName = CheckedManifest['engine']

/** What an extension's directory holds for editors and `phylum ext check`; it is not shared, for its name begins with a dot. */
export const EDITOR_DIRECTORY = '.phylum'

/** Where the schema of manifests lies, as a manifest names it. */
export const SCHEMA_FILE = `${EDITOR_DIRECTORY}/phylum-ext.schema.json`

/** Where the types of `import … from "phylum"` lie, as settings of compilers name it. */
export const DECLARATIONS_FILE = `${EDITOR_DIRECTORY}/phylum.d.ts`

const DENO_FILE = `${EDITOR_DIRECTORY}/deno.d.ts`
const NODE_FILE = `${EDITOR_DIRECTORY}/node.d.ts`

/** What editors are given. */
export interface EditorTypes {
  /** The types of `import … from "phylum"`. */
  declarations: string
  /** The types of the engine, as it tells them itself; undefined where it does not. */
  engine: string | undefined
}

/** Makes the files for editors, by path. */
export function makeEditorFiles(types: EditorTypes): Record<string, string> {
  return {
    [DECLARATIONS_FILE]: types.declarations,
    [SCHEMA_FILE]: `${JSON.stringify(schema, null, 2)}\n`,
    [NODE_FILE]: NODE_TYPES,
    ...(types.engine === undefined ? {} : { [DENO_FILE]: types.engine }),
  }
}

/**
 * Brings the files for editors up to date where a directory is meant to have some, and leaves all others alone.
 *
 * @returns whether something was written
 */
export function refreshEditorFiles(directory: string, types: EditorTypes): boolean {
  if (!isWanted(directory)) return false
  const files = makeEditorFiles(types)
  // The types of npm's packages are whole, and ours would contradict them.
  if (hasTypesOfNode(directory)) {
    delete files[NODE_FILE]
    rmSync(join(directory, NODE_FILE), { force: true })
  }
  let isWritten = false
  for (const [path, text] of Object.entries(files)) {
    if (readText(join(directory, path)) === text) continue
    mkdirSync(join(directory, EDITOR_DIRECTORY), { recursive: true })
    // Removed first: what a link leads to is not ours to change.
    rmSync(join(directory, path), { force: true, recursive: true })
    writeFileSync(join(directory, path), text, { flag: 'wx', mode: 0o644 })
    isWritten = true
  }
  return isWritten
}

/** Answers whether something in a directory points to the files for editors. In a clone of a repository, they are still to be made. */
function isWanted(directory: string): boolean {
  const place = lstatSync(join(directory, EDITOR_DIRECTORY), { throwIfNoEntry: false })
  // A link would lead whoever checks a stranger's extension to write somewhere else.
  if (place !== undefined) return place.isDirectory()
  return [MANIFEST_FILE, 'tsconfig.json', 'deno.json']
    .some((name) => readText(join(directory, name))?.includes(`${EDITOR_DIRECTORY}/`))
}

function hasTypesOfNode(directory: string): boolean {
  return ['@types/node', '@types/bun', 'bun-types']
    .some((name) => existsSync(join(directory, 'node_modules', name)))
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** What a new extension's tests use of Node.js, and Bun as a whole, which has no types of its own to tell. */
const NODE_TYPES =
  `// For editors whose TypeScript knows neither Node.js nor Bun: as much as a new extension uses of them.
// \`npm install --save-dev @types/node\` (or \`@types/bun\`) brings the whole, and \`phylum ext check\` then removes this file.

declare module 'node:test' {
  export function test(name: string, body: () => unknown): Promise<void>
  export default test
}

declare module 'node:assert/strict' {
  interface Assert {
    (value: unknown, message?: string): asserts value
    ok(value: unknown, message?: string): asserts value
    equal(actual: unknown, expected: unknown, message?: string): void
    notEqual(actual: unknown, expected: unknown, message?: string): void
    deepEqual(actual: unknown, expected: unknown, message?: string): void
    match(value: string, pattern: RegExp, message?: string): void
    throws(body: () => unknown, expected?: unknown): void
    rejects(body: Promise<unknown> | (() => Promise<unknown>), expected?: unknown): Promise<void>
  }
  const assert: Assert
  export default assert
}

declare const process: {
  readonly argv: string[]
  readonly env: Record<string, string | undefined>
  exitCode: number | undefined
  exit(code?: number): never
}

declare const Bun: any
declare module 'bun'
declare module 'bun:*'
`
