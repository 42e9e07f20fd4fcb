import { display, PhylumError } from '#base'
import { execFile } from 'node:child_process'
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

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

interface Probed {
  path: string
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
export async function findDeno(search: EngineSearch): Promise<string> {
  const path = locate(search)
  const probed = readCache(search.cacheFile)
  const identity = identify(path)
  const known = probed.find((entry) =>
    entry.path === path && entry.size === identity.size && entry.modified === identity.modified &&
    entry.inode === identity.inode
  )
  if (known !== undefined) {
    assertRecent(known.version, path)
    return path
  }
  const version = await askVersion(path)
  assertRecent(version, path)
  const entries = [...probed.filter((entry) => entry.path !== path), { path, ...identity, version }]
  // A cache that cannot be written costs time, not safety.
  await search.write(search.cacheFile, JSON.stringify(entries)).catch(() => {})
  return path
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
  // Only absolute entries: with "." in PATH, a program in the working directory would run with the user's rights.
  const directories = (search.path ?? '').split(':').filter((entry) => isAbsolute(entry))
  const found = [...search.candidates, ...directories.map((entry) => join(entry, 'deno'))].find(
    isExecutable,
  )
  if (found !== undefined) return realpathSync(found)
  throw new PhylumError('ERR_SANDBOX_ENGINE', 'Cannot find Deno, in which extensions run', {
    hints: [`install Deno ${MINIMUM_DENO} or newer`, 'or set PHYLUM_DENO to the path of one'],
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function identify(path: string): Omit<Probed, 'path' | 'version'> {
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
    typeof entry.version === 'string'
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
