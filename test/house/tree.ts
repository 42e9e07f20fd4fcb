import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A file as a check sees it; checks take lists of these, so that a test can feed them bad ones. */
export interface Source {
  /** Path below `src`, "broker/send.ts". */
  path: string
  text: string
}

/** Something in the tree that breaks a promise: "src/broker/send.ts:12: …". */
export type Breach = string

/** Lists every file below a directory of the repository, as sorted paths below that directory. */
export function listFiles(directory: string): string[] {
  const entries = readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
  const base = join(ROOT, directory)
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
    .sort()
}

/** Reads the program's TypeScript, generated files apart. */
export function readSources(): Source[] {
  return listFiles('src')
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.generated.ts'))
    .map((path) => ({ path, text: readFileSync(join(ROOT, 'src', path), 'utf8') }))
}

/** Builds a breach. */
export function breach(source: Source, index: number, rule: string): Breach {
  const line = source.text.slice(0, index).split('\n').length
  return `src/${source.path}:${line}: ${rule}`
}

/** Answers whether a path is the given file, or lies in the given folder when that ends with a slash. */
export function isAt(path: string, place: string): boolean {
  return place.endsWith('/') ? path.startsWith(place) : path === place
}
