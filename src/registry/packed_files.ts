import { display, PhylumError } from '#base'
import { lstatSync, readdirSync, realpathSync } from 'node:fs'
import { posix } from 'node:path'
import type { Manifest } from './manifest_schema.ts'
import { readSmallFile } from './read_small_file.ts'
import { describeSystemError } from './system_error.ts'

/** Most files and directories that are shared. */
export const MAX_SHARED_ENTRIES = 10_000

/** Most bytes of all shared files together. */
export const MAX_SHARED_BYTES = 256 * 1024 * 1024

/** Name of the file that npm wants in what it publishes. */
export const PACKAGE_FILE = 'package.json'

/** A file that goes along when an extension is shared. */
export interface SharedFile {
  /** Relative to the directory of the extension, with "/". */
  readonly path: string
  readonly isExecutable: boolean
}

/** What of an extension's directory is shared, and what is not. */
export interface SharedTree {
  /** In the order of their paths. */
  readonly files: readonly SharedFile[]
  /** What stays behind: the file or the directory, whose content is not listed. */
  readonly leftOut: readonly string[]
}

/** What of a manifest goes into a `package.json`. */
export type PackageFacts = Pick<Manifest, 'name' | 'version' | 'description'>

/** Builds the error from what is wrong with a tree. */
export type RefuseTree = (state: string, cause?: unknown) => PhylumError

/**
 * Lists the files that are shared of an extension, in the order of their paths: the same by every road, be it git, npm or a file.
 *
 * @throws ERR_REGISTRY_PATH as `readSharedTree`
 */
export function listSharedFiles(directory: string, manifest: PackageFacts): readonly SharedFile[] {
  return readSharedTree(directory, manifest).files
}

/**
 * Finds out what of an extension is shared: all files, but not what a name that begins with "." hides (the repository, settings of editors,
 * `.env` and `.npmrc` with their secrets), not `node_modules`, and not a `package.json` that says what the manifest says.
 *
 * @throws ERR_REGISTRY_PATH for links and special files, for names that some systems cannot tell apart or write, for too much
 */
export function readSharedTree(directory: string, manifest: PackageFacts): SharedTree {
  const refuse: RefuseTree = (state, cause) =>
    new PhylumError(
      'ERR_REGISTRY_PATH',
      `Cannot share extension "${display(directory)}": ${state}`,
      { cause },
    )
  try {
    return walk(realpathSync.native(directory), manifest, refuse)
  } catch (error) {
    if (error instanceof PhylumError) throw error
    throw refuse(`a file in it cannot be read: ${describeSystemError(error)}`, error)
  }
}

/**
 * Writes the `package.json` that an extension without one of its own is published with. It holds nothing that the manifest does not say, so
 * that it can be told from one that somebody wrote.
 */
export function generatedPackageJson({ name, version, description }: PackageFacts): string {
  const facts = {
    name,
    // npm takes no package without a version.
    version: version ?? '0.0.0',
    ...(description === undefined ? {} : { description }),
    keywords: ['phylum-extension'],
  }
  return `${JSON.stringify(facts, null, 2)}\n`
}

function walk(root: string, manifest: PackageFacts, refuse: RefuseTree): SharedTree {
  const files: SharedFile[] = []
  const leftOut: string[] = []
  const folded = new Map<string, string>()
  const waiting = ['']
  let count = 0
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const entry of readdirSync(posix.join(root, parent), { withFileTypes: true })) {
      const path = posix.join(parent, entry.name)
      if (entry.name.startsWith('.') || entry.name === 'node_modules') {
        leftOut.push(path)
        continue
      }
      if (++count > MAX_SHARED_ENTRIES) {
        throw refuse(`it holds more than ${MAX_SHARED_ENTRIES} files; bundle its dependencies`)
      }
      assertPortable(path, refuse)
      assertDistinct(path, folded, refuse)
      if (entry.isDirectory()) waiting.push(path)
      else if (path === PACKAGE_FILE && isGenerated(root, manifest, refuse)) leftOut.push(path)
      else files.push({ path, isExecutable: readMode(root, path, refuse) })
    }
  }
  const byPath = (left: string, right: string) => left < right ? -1 : 1
  return {
    files: files.sort((left, right) => byPath(left.path, right.path)),
    leftOut: leftOut.sort(byPath),
  }
}

/** Answers whether a file is executable. A link could lead to the author's private files, or out of the tree of whoever unpacks it. */
function readMode(root: string, path: string, refuse: RefuseTree): boolean {
  const status = lstatSync(posix.join(root, path))
  if (status.isSymbolicLink()) {
    throw refuse(`${quote(path)} is a symbolic link, and links are not shared`)
  }
  if (!status.isFile()) throw refuse(`${quote(path)} is neither a file nor a directory`)
  return (status.mode & 0o111) !== 0
}

function isGenerated(root: string, manifest: PackageFacts, refuse: RefuseTree): boolean {
  const expected = new TextEncoder().encode(generatedPackageJson(manifest))
  const path = posix.join(root, PACKAGE_FILE)
  if (lstatSync(path).size !== expected.length) return false
  const { bytes } = readSmallFile(
    path,
    expected.length,
    (state, cause) => refuse(`${quote(PACKAGE_FILE)} cannot be read: ${state}`, cause),
  )
  return bytes.every((byte, index) => byte === expected[index])
}

/** Refuses names that another system could not write, or would read as something else. */
function assertPortable(path: string, refuse: RefuseTree): void {
  // Of bytes that are no UTF-8 the runtime makes U+FFFD, which would be another name.
  if (path.includes('\ufffd')) throw refuse(`the name ${quote(path)} is not UTF-8`)
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f\\]/.test(path)) {
    throw refuse(`the name ${quote(path)} holds a backslash or a control character`)
  }
}

/** Refuses names of which some file system makes one and the same file: which of the two came last would decide. */
function assertDistinct(path: string, folded: Map<string, string>, refuse: RefuseTree): void {
  const key = path.normalize('NFC').toLowerCase()
  const other = folded.get(key)
  if (other !== undefined) {
    throw refuse(`the names ${quote(other)} and ${quote(path)} differ only in case or encoding`)
  }
  folded.set(key, path)
}

function quote(path: string): string {
  return `"${display(path, 100)}"`
}
