import { display, PhylumError } from '#base'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { findCommand, isExecutable } from './find_program.ts'
import { findLibraries } from './libraries.ts'
import type { Libraries } from './libraries.ts'

/** What is known of an engine before one is found. */
interface Kind {
  /** Its name, for people. */
  name: string
  /** Its name as a program. */
  program: string
  /** The oldest version that holds what we promise. */
  minimum: string
  /** The user's own choice of one. */
  variable: string
  /** What it says of its version. */
  says: RegExp
  /** Arguments by which it prints the path of its executable. */
  whereabouts: readonly string[]
}

/** The oldest Deno whose permissions hold what we promise: no-follow for /proc, sockets under net, closed import paths. */
export const MINIMUM_DENO = '2.9.4'

/** The oldest Bun that the guest has been run in. */
export const MINIMUM_BUN = '1.4.0'

const KINDS = {
  deno: {
    name: 'Deno',
    program: 'deno',
    minimum: MINIMUM_DENO,
    variable: 'PHYLUM_DENO',
    says: /^deno (\d+\.\d+\.\d+)/,
    whereabouts: ['eval', '--no-config', 'console.log(Deno.execPath())'],
  },
  bun: {
    name: 'Bun',
    program: 'bun',
    minimum: MINIMUM_BUN,
    variable: 'PHYLUM_BUN',
    says: /^(\d+\.\d+\.\d+)/,
    whereabouts: ['--no-env-file', '--config=/dev/null', '-e', 'console.log(process.execPath)'],
  },
} as const satisfies Record<string, Kind>

/** Which engine an extension runs in. */
export type EngineKind = keyof typeof KINDS

/** How long an engine may take to tell its version, in milliseconds. */
const PROBE_LIMIT = 10_000

/** Where an engine is looked for. */
export interface EngineSearch {
  /** The user's own choice, by `PHYLUM_DENO` or `PHYLUM_BUN`. */
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
  /** The executable that it starts, where it is a script: behind the wall there is the engine alone. */
  behind?: string
}

/**
 * Finds an engine that is new enough.
 *
 * @throws ERR_SANDBOX_ENGINE when there is none, or the one found is too old or another program
 */
export async function findEngine(kind: EngineKind, search: EngineSearch): Promise<Engine> {
  const found = await recall(locate(KINDS[kind], search), search, KINDS[kind])
  const engine = found.behind === undefined
    ? found
    : await recall(found.behind, search, KINDS[kind])
  assertRecent(KINDS[kind], engine)
  return engine
}

/** Asks an engine where its executable is. @returns undefined when it is this very file, or there is no telling */
function askPath({ whereabouts }: Kind, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { env: {}, timeout: PROBE_LIMIT, cwd: '/' }
    execFile(path, whereabouts, options, (error, stdout) => {
      const told = stdout.trim()
      const isUseful = error === null && isAbsolute(told) && told !== path && isExecutable(told)
      resolve(isUseful ? realpathSync(told) : undefined)
    })
  })
}

/** Finds out what any program needs beside itself to start, and remembers it. */
export async function recallLibraries(
  path: string,
  search: Pick<EngineSearch, 'cacheFile' | 'write'>,
): Promise<Libraries> {
  return (await recall(realpathSync(path), search, undefined)).libraries
}

/** Gives what is known of a program, or finds it out and remembers. */
async function recall(
  path: string,
  search: Pick<EngineSearch, 'cacheFile' | 'write'>,
  kind: Kind | undefined,
): Promise<Probed> {
  const probed = readCache(search.cacheFile)
  const identity = identify(path)
  const known = probed.find((entry) =>
    entry.path === path && entry.size === identity.size && entry.modified === identity.modified &&
    entry.inode === identity.inode && entry.libraries.files.every(existsSync)
  )
  if (known !== undefined && (kind === undefined || known.version !== UNASKED)) return known
  const version = kind === undefined ? UNASKED : await askVersion(kind, path)
  const libraries = await findLibraries(path)
  // As npm installs one.
  const isScript = libraries.loader === null && kind !== undefined
  const behind = isScript ? await askPath(kind, path) : undefined
  const found: Probed = {
    path,
    ...identity,
    version,
    libraries,
    ...(behind === undefined ? {} : { behind }),
  }
  const entries = [...probed.filter((entry) => entry.path !== path), found]
  // A cache that cannot be written costs time, not safety.
  await search.write(search.cacheFile, JSON.stringify(entries)).catch(() => {})
  return found
}

function locate(kind: Kind, search: EngineSearch): string {
  const { name, program, minimum, variable } = kind
  if (search.chosen !== undefined && search.chosen !== '') {
    if (isAbsolute(search.chosen) && isExecutable(search.chosen)) return realpathSync(search.chosen)
    throw new PhylumError(
      'ERR_SANDBOX_ENGINE',
      `Cannot start ${name}: ${variable} is "${
        display(search.chosen)
      }", which is not the absolute path of an executable`,
    )
  }
  const found = search.candidates.find(isExecutable) ?? findCommand(program, search.path)
  if (found !== undefined) return realpathSync(found)
  throw new PhylumError('ERR_SANDBOX_ENGINE', `Cannot find ${name}, in which extensions run`, {
    hints: [`install ${name} ${minimum} or newer`, `or set ${variable} to the path of one`],
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

function askVersion({ name, minimum, variable, says }: Kind, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // The executable that phylum is tells its version as Bun where it is asked as Bun; other programs make nothing of it.
    const options = { env: { BUN_BE_BUN: '1' }, timeout: PROBE_LIMIT }
    execFile(path, ['--version'], options, (error, stdout) => {
      const version = says.exec(stdout)?.[1]
      if (error === null && version !== undefined) return resolve(version)
      reject(
        new PhylumError(
          'ERR_SANDBOX_ENGINE',
          `Cannot start ${name}: "${display(path)}" does not tell its version`,
          {
            cause: error ?? undefined,
            hints: [
              `install ${name} ${minimum} or newer`,
              `or set ${variable} to the path of one`,
            ],
          },
        ),
      )
    })
  })
}

function assertRecent({ name, minimum, variable }: Kind, { version, path }: Probed): void {
  if (compareVersions(version, minimum) >= 0) return
  throw new PhylumError(
    'ERR_SANDBOX_ENGINE',
    `Cannot start ${name}: "${
      display(path)
    }" is ${version}, and ${minimum} is the oldest that will do`,
    { hints: [`upgrade ${name}`, `or set ${variable} to the path of a newer one`] },
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
