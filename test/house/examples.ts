import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { DENO } from '../harness/phylum.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { separate } from './separate.ts'
import { ROOT } from './tree.ts'

/** A piece of code that a document shows. */
export interface Example {
  /** Where its first line stands, "README.md:12". */
  place: string
  text: string
}

/** Finds the fenced blocks of a language in a Markdown text. */
export function findExamples(file: string, markdown: string, language: string): Example[] {
  const fences = /^( *)(```+)(\w*)[^\n`]*\n([\s\S]*?)^ *\2 *$/gm
  return [...markdown.matchAll(fences)]
    .filter(([, , , name]) => name === language)
    .map(({ 1: margin, 4: text, index }) => ({
      place: `${file}:${markdown.slice(0, index).split('\n').length + 1}`,
      text: text!.replaceAll(new RegExp(`^${margin}`, 'gm'), ''),
    }))
}

/** Finds the fenced blocks in the comments of a TypeScript text. */
export function findExamplesInComments(file: string, text: string, language: string): Example[] {
  return findExamples(file, separate(text).comments.replace(/^ *\/?\*+ ?/gm, ''), language)
}

/**
 * Compiles examples and files as an extension of phylum is compiled; answers what the compiler says, "" for nothing.
 *
 * @param files absolute paths
 */
export async function checkTypes(
  examples: readonly Example[],
  files: readonly string[] = [],
): Promise<string> {
  return await withTemporaryDirectory(async (directory) => {
    const map = join(directory, 'import_map.json')
    writeFileSync(map, JSON.stringify({ imports: readImportMap() }))
    const written = examples.map(({ place, text }, number) => {
      const file = join(directory, `${number}_${place.replace(/[^\w]+/g, '_')}.ts`)
      writeFileSync(file, text)
      return file
    })
    // Nothing that lies around takes part, and nothing is fetched.
    const flags = ['--no-config', '--no-lock', '--no-remote', '--no-npm', `--import-map=${map}`]
    try {
      await promisify(execFile)(DENO, ['check', ...flags, ...written, ...files], {
        cwd: directory,
        env: { DENO_DIR: join(directory, 'cache'), NO_COLOR: '1', HOME: directory },
      })
      return ''
    } catch (error) {
      const { code, stderr } = error as { code?: unknown; stderr?: string }
      // A text as code is the system's: the compiler did not start.
      if (typeof code !== 'number' || stderr === undefined) throw error
      return stderr
    }
  })
}

/** What an extension may import, and the rooms that the guest is made of. */
function readImportMap(): Record<string, string> {
  const { imports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const url = (path: string) => pathToFileURL(join(ROOT, path)).href
  const rooms = Object.entries(imports as Record<string, string>)
    .map(([name, path]) => [name, url(path)] as const)
  return { ...Object.fromEntries(rooms), phylum: url('src/guest/main.ts') }
}
