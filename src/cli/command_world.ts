import type { CommandWorld } from '#host'
import { recallLibraries } from '#sandbox'
import process from 'node:process'
import type { Context } from './compose.ts'
import { engineCache } from './wall.ts'

/** What commands are run in here, `phylum sandbox`'s and those of extensions. */
export function commandWorld(
  context: Context,
  places: Pick<CommandWorld, 'denyAccess' | 'denyWrite'>,
): CommandWorld {
  const { environment, paths, workingDirectory } = context
  return {
    environment,
    workingDirectory,
    home: environment['HOME'] ?? '/',
    findLibraries: (path) => recallLibraries(path, engineCache(context)),
    ...places,
    runs: `${paths.runtimeDirectory ?? '/tmp'}/phylum-${process.geteuid?.() ?? 0}`,
  }
}
