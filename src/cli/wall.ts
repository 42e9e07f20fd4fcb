import { PhylumError } from '#base'
import { writeFileAtomic } from '#config'
import type { EngineSearch, Layers, NamespaceFinding } from '#sandbox'
import { findNamespaces } from '#sandbox'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { Context } from './compose.ts'

/** A wall that can be put up here. */
export interface Wall {
  layers: Layers
  /** Forgets what has worked before: the next run tries it again. */
  forget(): void
}

/**
 * Decides which wall an extension runs behind: all of it where the system lets namespaces be made, the rest of it elsewhere, and
 * none where the user says so. Whatever is less than all of it is said at each run.
 *
 * @returns null for none
 * @throws ERR_SANDBOX_START when there can be none, or less than the user wants
 */
export async function chooseWall(
  context: Context,
  { isRefused }: { isRefused: boolean },
): Promise<Wall | null> {
  const { log } = context.terminal
  const { wall: setting, memory } = await context.settings()
  if (isRefused || setting === 'off') {
    log.warn(
      "the kernel's wall is off: the engine's own permissions are all that holds the extension",
    )
    return null
  }
  if (process.platform !== 'linux') {
    throw new PhylumError(
      'ERR_SANDBOX_START',
      `Cannot put up the wall: nothing of it is in use on "${process.platform}" yet`,
      { hints: ['--no-wall runs extensions of the Deno engine, held by its permissions alone'] },
    )
  }
  const { maker, faults } = await searchNamespaces(context)
  if (maker === null) {
    const why = faults.join('; ')
    if (setting === 'full') {
      throw new PhylumError(
        'ERR_SANDBOX_START',
        `Cannot put up the wall: sandbox.wall is "full", and there are no namespaces here: ${why}`,
        { hints: ['install bubblewrap, or allow user namespaces', '`phylum sandbox --check`'] },
      )
    }
    if (setting === null) {
      log.warn(`the wall has no namespaces here, Landlock and seccomp alone: ${why}`)
    }
  }
  return {
    layers: { namespaces: maker, landlock: true, seccomp: true, memory },
    forget: () => rmSync(namespaceCache(context), { force: true }),
  }
}

/** Looks for what makes namespaces here; a fresh look trusts nothing that was found before. */
export async function searchNamespaces(
  context: Context,
  { isFresh = false } = {},
): Promise<NamespaceFinding> {
  const { environment, workingDirectory } = context
  return await findNamespaces({
    isFresh,
    path: environment['PATH'],
    workingDirectory,
    cacheFile: namespaceCache(context),
    write: writeCache,
  })
}

function namespaceCache({ paths }: Context): string {
  return join(paths.cacheDirectory, 'namespaces.json')
}

/** Where it is remembered what engines are. */
export function engineCache({ paths }: Context): Pick<EngineSearch, 'cacheFile' | 'write'> {
  return { cacheFile: join(paths.cacheDirectory, 'engines.json'), write: writeCache }
}

/** Writes what can be found out again. */
export async function writeCache(path: string, data: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  await writeFileAtomic(path, data)
}
