import { display, PhylumError, suggest, systemCode } from '#base'
import { readdirSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { MANIFEST_FILE, readManifest } from './manifest.ts'
import type { CheckedManifest } from './manifest.ts'
import { describeSystemError } from './system_error.ts'

/** Where extensions lie. */
export interface Places {
  /** Directory of the installed ones. */
  readonly extensionsDirectory: string
  /** Directory of those that come with phylum. */
  readonly bundledDirectory: string
}

/**
 * How an extension was found; one that a team has pinned goes before an installed one of the same name, and that before a bundled one.
 */
export type Source = 'pinned' | 'installed' | 'bundled' | 'path'

/** An extension that was found and whose manifest has passed every check. */
export interface Extension {
  readonly name: string
  /** Its directory, without links. */
  readonly directory: string
  readonly source: Source
  /** Directory of the project that has pinned it. */
  readonly project?: string
  readonly manifest: CheckedManifest
  /** Absolute path of the module that it begins with, without links. */
  readonly entryPoint: string
  /** What the user should know; each one line, safe to show. */
  readonly warnings: readonly string[]
}

/** Answers whether a text can be the name of an extension. */
export function isExtensionName(text: string): boolean {
  return /^[a-z][a-z0-9_-]{0,63}$/.test(text)
}

/**
 * Finds an extension: what holds a slash, "." and ".." are paths relative to the working directory, everything else is a name.
 *
 * @throws ERR_REGISTRY_NOT_FOUND, ERR_REGISTRY_MANIFEST, ERR_REGISTRY_PATH
 */
export async function findExtension(
  nameOrPath: string,
  places: Places & { readonly workingDirectory: string },
): Promise<Extension> {
  if (/\/|^\.{1,2}$/.test(nameOrPath)) return await findByPath(nameOrPath, places.workingDirectory)
  // Only a name that an extension can have is looked up: "..", "a\0b" and the like never become part of a path.
  if (isExtensionName(nameOrPath)) {
    const roots = [['installed', places.extensionsDirectory], ['bundled', places.bundledDirectory]]
    for (const [source, root] of roots as [Source, string][]) {
      const directory = join(root, nameOrPath)
      // A broken installed one must not bring out a bundled one with the same name: that would be another program.
      if (isDirectory(directory)) return await loadExtension(directory, source, nameOrPath)
    }
  }
  throw unknown(nameOrPath, places)
}

/**
 * Reads the extension in a directory.
 *
 * @param name the name that it must have, because it was found by it
 * @throws ERR_REGISTRY_MANIFEST, ERR_REGISTRY_PATH
 */
export async function loadExtension(
  directory: string,
  source: Source,
  name?: string,
): Promise<Extension> {
  const { directory: real, manifest, entryPoint, warnings, locate } = await readManifest(directory)
  if (name !== undefined && manifest.name !== name) {
    throw new PhylumError(
      'ERR_REGISTRY_MANIFEST',
      `Cannot use manifest ${locate(['name'])}: "name" must be that of the directory, "${name}"`,
    )
  }
  return {
    name: manifest.name,
    directory: real,
    source,
    manifest,
    entryPoint,
    warnings: [...warnings, ...(source === 'bundled' ? [] : warnOfOwner(real))],
  }
}

async function findByPath(path: string, workingDirectory: string): Promise<Extension> {
  const refuse = (state: string, details: { cause?: unknown; hints?: string[] } = {}) =>
    new PhylumError(
      'ERR_REGISTRY_NOT_FOUND',
      `Cannot find extension "${display(path)}": ${state}`,
      details,
    )
  if (path.includes('\0')) throw refuse('it holds a control character')
  let status: Stats
  const directory = resolve(workingDirectory, path)
  try {
    status = statSync(directory)
  } catch (cause) {
    throw refuse(describeSystemError(cause), { cause })
  }
  if (!status.isDirectory()) {
    throw refuse('it is not a directory', {
      hints: [`name the directory with its ${MANIFEST_FILE}`],
    })
  }
  return await loadExtension(directory, 'path')
}

/**
 * Warns when another user can change the extension at any time. It is no refusal: in containers, files that are mounted often belong
 * to somebody else, and a change is asked about anyway. What anybody may change, the digest refuses.
 */
function warnOfOwner(directory: string): string[] {
  const user = process.geteuid?.()
  const owner = statSync(directory).uid
  if (user === undefined || owner === user || owner === 0) return []
  return [`"${display(directory)}" belongs to another user (${owner}), who can change what it does`]
}

function unknown(name: string, places: Places & { workingDirectory: string }): PhylumError {
  const hints = suggest(name, listNames([places.extensionsDirectory, places.bundledDirectory])).map(
    (near) => `did you mean "${near}"?`,
  )
  const isHere = /^[^\0]{1,255}$/.test(name) && isDirectory(join(places.workingDirectory, name))
  if (isHere) hints.unshift(`use "./${display(name)}" for the extension in this directory`)
  return new PhylumError(
    'ERR_REGISTRY_NOT_FOUND',
    `Cannot find extension "${display(name, 100)}": no extension has this name`,
    { hints: [...hints, '`phylum ext list` shows all of them'] },
  )
}

/**
 * Lists the names of all extensions in some directories, without reading any; a link counts, wherever it leads.
 *
 * @throws ERR_REGISTRY_PATH
 */
export function listNames(directories: readonly string[]): string[] {
  const names = directories.flatMap((directory) =>
    list(directory, () => readdirSync(directory, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name)
  )
  return [...new Set(names)].filter(isExtensionName).sort()
}

/**
 * Lists the directories in a directory, or links to some; none when there is no such directory.
 *
 * @param known names that are not looked at
 * @throws ERR_REGISTRY_PATH
 */
export function listDirectories(
  directory: string,
  known: Pick<ReadonlySet<string>, 'has'> = new Set(),
): string[] {
  return list(directory, () => readdirSync(directory)).filter((name) =>
    !name.startsWith('.') && !known.has(name) && isDirectory(join(directory, name))
  )
}

function list<Entry>(directory: string, read: () => Entry[]): Entry[] {
  try {
    return read()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw new PhylumError(
      'ERR_REGISTRY_PATH',
      `Cannot list extensions in "${display(directory)}": ${describeSystemError(error)}`,
      { cause: error },
    )
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
