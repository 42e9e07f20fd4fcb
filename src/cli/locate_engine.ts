import { findEngine } from '#sandbox'
import type { Engine, EngineKind } from '#sandbox'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { programDirectory } from './bundled.ts'
import type { Context } from './compose.ts'
import { hostEngine } from './platform.ts'
import { engineCache } from './wall.ts'

/**
 * Finds an engine: the user's choice, the one that runs phylum, the one that came with it, or one in `PATH`.
 *
 * @throws ERR_SANDBOX_ENGINE
 */
export async function locateEngine(context: Context, kind: EngineKind): Promise<Engine> {
  const { environment } = context
  const program = programDirectory()
  const modules = program === undefined ? [] : [join(program, 'node_modules'), dirname(program)]
  const own = hostEngine() === kind ? [process.execPath] : []
  return await findEngine(kind, {
    chosen: kind === 'deno' ? environment['PHYLUM_DENO'] : environment['PHYLUM_BUN'],
    candidates: [
      ...own,
      ...modules.flatMap((each) => enginePackages(kind).map((name) => join(each, name))),
    ],
    path: environment['PATH'],
    ...engineCache(context),
  })
}

/** Where npm packages hold an engine for this machine. */
function enginePackages(kind: EngineKind): string[] {
  const platform = process.platform
  const arch = process.arch
  if (kind === 'deno') {
    return [`@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno`, 'deno/deno']
  }
  const machine = arch === 'arm64' ? 'aarch64' : arch
  return [`@oven/bun-${platform}-${machine}/bin/bun`, 'bun/bin/bun.exe']
}
