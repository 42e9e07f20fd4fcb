import { display, PhylumError } from '#base'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { findCommand, isExecutable } from './find_program.ts'
import { findLibraries } from './libraries.ts'
import type { Libraries } from './libraries.ts'

/** The oldest Deno whose permissions hold what we promise: no-follow for /proc, sockets under net, closed import paths. */
export const MINIMUM_DENO = '2.9.4'

/** How long an engine may take to tell its version, in milliseconds. */
const PROBE_LIMIT = 10_000

/** Where an engine is looked for. */
export interface EngineSearch {
  /** The user's own choice, `PHYLUM_DENO`. */
  chosen: string | undefined
  /** Absolute paths that are tried first: the engine that came with phylum, the one that runs it. */
  candidates: readonly string[]
  /** The user's `PATH`. */
  path: string | undefined
  /** File that remembers the versions of executables already asked. */
  cacheFile: string
  /** Writes the cache, whole or not at all. */
  write: (path: string, data: string) => Promise<void>
}

/** Stands for the version of a program that was not asked for it. */
const UNASKED = ''

/** An engine that was found. */
export interface Engine {
  path: string
  /** What it needs beside itself to start. */
  libraries: Libraries
}

interface Probed extends Engine {
  size: number
  modified: number
  inode: number
  version: string
}

/**
 * Finds a Deno that is new enough.
 *
 * @throws ERR_SANDBOX_ENGINE when there is none, or the one found is too old or not Deno
 */
export async function findDeno(search: EngineSearch): Promise<Engine> {
  const engine = await recall(locate(search), search, askVersion)
  assertRecent(engine.version, engine.path)
  return engine
}

/** Finds out what the program needs that runs phylum itself; it runs the launcher too. */
export async function findHost(
  path: string,
  search: Pick<EngineSearch, 'cacheFile' | 'write'>,
): Promise<Engine> {
  return await recall(realpathSync(path), search, undefined)
}

/** Gives what is known of a program, or finds it out and remembers. */
async function recall(
  path: string,
  search: Pick<EngineSearch, 'cacheFile' | 'write'>,
  ask: ((path: string) => Promise<string>) | undefined,
): Promise<Probed> {
  const probed = readCache(search.cacheFile)
  const identity = identify(path)
  const known = probed.find((entry) =>
    entry.path === path && entry.size === identity.size && entry.modified === identity.modified &&
    entry.inode === identity.inode && entry.libraries.files.every(existsSync)
  )
  if (known !== undefined && (ask === undefined || known.version !== UNASKED)) return known
  const version = ask === undefined ? UNASKED : await ask(path)
  const found = { path, ...identity, version, libraries: await findLibraries(path) }
  const entries = [...probed.filter((entry) => entry.path !== path), found]
  // A cache that cannot be written costs time, not safety.
  await search.write(search.cacheFile, JSON.stringify(entries)).catch(() => {})
  return found
}

function locate(search: EngineSearch): string {
  if (search.chosen !== undefined && search.chosen !== '') {
    if (isAbsolute(search.chosen) && isExecutable(search.chosen)) return realpathSync(search.chosen)
    throw new PhylumError(
      'ERR_SANDBOX_ENGINE',
      `Cannot start Deno: PHYLUM_DENO is "${
        display(search.chosen)
      }", which is not the absolute path of an executable`,
    )
  }
  const found = search.candidates.find(isExecutable) ?? findCommand('deno', search.path)
  if (found !== undefined) return realpathSync(found)
  throw new PhylumError('ERR_SANDBOX_ENGINE', 'Cannot find Deno, in which extensions run', {
    hints: [`install Deno ${MINIMUM_DENO} or newer`, 'or set PHYLUM_DENO to the path of one'],
  })
}

function identify(path: string): Pick<Probed, 'size' | 'modified' | 'inode'> {
  const { size, mtimeMs, ino } = statSync(path)
  return { size, modified: mtimeMs, inode: ino }
}

function readCache(file: string): Probed[] {
  try {
    const entries: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return Array.isArray(entries) ? entries.filter(isProbed) : []
  } catch {
    return []
  }
}

function isProbed(entry: unknown): entry is Probed {
  return typeof entry === 'object' && entry !== null && 'path' in entry && 'version' in entry &&
    typeof entry.version === 'string' && 'libraries' in entry && isLibraries(entry.libraries)
}

function isLibraries(value: unknown): value is Libraries {
  return typeof value === 'object' && value !== null && 'loader' in value && 'files' in value &&
    Array.isArray(value.files) && 'nameService' in value && Array.isArray(value.nameService)
}

function askVersion(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(path, ['--version'], { env: {}, timeout: PROBE_LIMIT }, (error, stdout) => {
      const version = /^deno (\d+\.\d+\.\d+)/.exec(stdout)?.[1]
      if (error === null && version !== undefined) return resolve(version)
      reject(
        new PhylumError(
          'ERR_SANDBOX_ENGINE',
          `Cannot start Deno: "${display(path)}" does not tell its version`,
          {
            cause: error ?? undefined,
            hints: [
              `install Deno ${MINIMUM_DENO} or newer`,
              'or set PHYLUM_DENO to the path of one',
            ],
          },
        ),
      )
    })
  })
}

function assertRecent(version: string, path: string): void {
  if (compareVersions(version, MINIMUM_DENO) >= 0) return
  throw new PhylumError(
    'ERR_SANDBOX_ENGINE',
    `Cannot start Deno: "${
      display(path)
    }" is ${version}, and ${MINIMUM_DENO} is the oldest that confines an extension`,
    { hints: ['upgrade Deno', 'or set PHYLUM_DENO to the path of a newer one'] },
  )
}

/** Compares two versions of three numbers. */
export function compareVersions(left: string, right: string): number {
  const a = left.split('.').map(Number)
  const b = right.split('.').map(Number)
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
