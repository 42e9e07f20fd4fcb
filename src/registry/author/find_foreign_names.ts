import type { EngineName } from './editor_files.ts'
import { isMember } from './scan_imports.ts'
import type { Token } from './tokenize.ts'

/** Finds names that the other engine has: whether this one has them is found out by nobody before it runs. */
export function findForeignNames(
  tokens: readonly Token[],
  engine: EngineName,
): { at: number; message: string }[] {
  const foreign = engine === 'bun' ? 'Deno' : 'Bun'
  // A module that asks which engine it runs in knows both.
  if (tokens.some(({ kind, text }) => kind === 'string' && text === foreign)) return []
  const index = tokens.findIndex(({ kind, text }, at) =>
    kind === 'word' && text === foreign && !isMember(tokens, at) &&
    tokens[at - 1]?.text !== 'typeof'
  )
  return index === -1
    ? []
    : [{ at: tokens[index]!.at, message: `"${foreign}" is not there in engine "${engine}"` }]
}
