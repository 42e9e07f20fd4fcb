import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What can import something. */
const MODULE = /\.(ts|js|mts|mjs|cts|cjs|tsx|jsx)$/

/**
 * What may stand between the word that imports and what it imports, as a pattern. All of it ends within
 * reach: to look for the end of a comment to that of the file, at each of a million beginnings, would take days.
 */
export const BETWEEN = String.raw`(?:[\s(]|/\*(?:[^*]|\*(?!/)){0,200}\*/){0,200}`

/** An import of something that lies elsewhere, by statement, by expression, by a comment or a reference for types. */
const ELSEWHERE = new RegExp(
  String
    .raw`(?:\b(?:from|import|require)${BETWEEN}|@[a-z-]*types?\s{0,9}=?\s{0,9}|@jsxImportSource\w*\s+|<reference\s+\w+\s*=\s*)` +
    '["\'`]?(?:https?|npm|jsr):',
  'i',
)

/**
 * Answers whether an extension may import something from elsewhere. Most do not, and for those no engine needs to be started: what is to
 * be fetched before a run has to be written down where it is imported.
 */
export function hasRemoteImports(directory: string): boolean {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = join(directory, entry.name)
    if (entry.isDirectory()) {
      if (hasRemoteImports(path)) return true
    } else if (entry.isFile() && MODULE.test(entry.name)) {
      if (ELSEWHERE.test(readFileSync(path, 'latin1'))) return true
    }
  }
  return false
}
