import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { join, posix } from 'node:path'
import { display, PhylumError, systemCode } from '#base'
import { TREE_LIMITS } from '../digest.ts'
import { describeSystemError } from '../system_error.ts'
import type { Fetched } from './fetched.ts'
import type { DirectorySource } from './source.ts'
import { writeTree } from './tree.ts'
import type { RefuseTree, TreeEntry } from './tree.ts'
import { isShared } from './tree_path.ts'

/** How much of a file is read at once, in bytes. */
const CHUNK = 64 * 1024

/**
 * Copies a directory: a hard link becomes a file of its own, so that nobody changes it from outside later; a symbolic link is
 * refused, since what it leads to may be anybody's.
 *
 * @throws ERR_REGISTRY_SOURCE, ERR_REGISTRY_PATH
 */
export async function fetchDirectory(
  source: DirectorySource,
  destination: string,
): Promise<Fetched> {
  const shown = display(source.path, 200)
  const refuse: RefuseTree = (state, cause) =>
    new PhylumError('ERR_REGISTRY_PATH', `Cannot fetch "${shown}": ${state}`, { cause })
  const root = findRoot(source.path, shown)
  const place = posix.relative(root, realpathSync.native(destination))
  if (place === '' || !(place === '..' || place.startsWith('../'))) {
    throw refuse('it holds the directory that extensions are kept in')
  }
  await writeTree(readTree(root, refuse), destination, { refuse, isBelowTop: false })
  return { resolved: source.path, version: null, directory: destination, signature: null }
}

function findRoot(path: string, shown: string): string {
  try {
    if (statSync(path).isDirectory()) return realpathSync.native(path)
  } catch (cause) {
    const state = describeSystemError(cause)
    throw new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "${shown}": ${state}`, { cause })
  }
  throw new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "${shown}": it is not a directory`, {
    hints: ['name the directory of an extension, or a ".tgz"'],
  })
}

/** Reads what is shared of a directory, name by name. */
async function* readTree(root: string, refuse: RefuseTree): AsyncGenerator<TreeEntry> {
  const waiting = ['']
  let count = 0
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const entry of readdirSync(join(root, parent), { withFileTypes: true })) {
      const path = posix.join(parent, entry.name)
      if (!isShared(path)) continue
      if (++count > TREE_LIMITS.entries) {
        throw refuse(`it holds more than ${TREE_LIMITS.entries} files`)
      }
      if (entry.isDirectory()) {
        waiting.push(path)
        yield { path, kind: 'directory', isExecutable: false, size: 0, body: [] }
      } else if (entry.isFile()) {
        yield* readFile(root, path, refuse)
      } else {
        const what = entry.isSymbolicLink() ? 'a link' : 'neither a file nor a directory'
        throw refuse(`"${display(path, 100)}" is ${what}`)
      }
    }
  }
}

async function* readFile(
  root: string,
  path: string,
  refuse: RefuseTree,
): AsyncGenerator<TreeEntry> {
  let descriptor: number
  try {
    // A name that has become a link or a pipe meanwhile is neither followed nor waited for.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW
    descriptor = openSync(join(root, path), flags)
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
    throw refuse(`"${display(path, 100)}" cannot be read: ${describeSystemError(cause)}`, cause)
  }
  try {
    const status = fstatSync(descriptor)
    if (!status.isFile()) throw refuse(`"${display(path, 100)}" changed while it was read`)
    const isExecutable = (status.mode & 0o111) !== 0
    yield { path, kind: 'file', isExecutable, size: status.size, body: readAll(descriptor) }
  } finally {
    closeSync(descriptor)
  }
}

function* readAll(descriptor: number): Generator<Uint8Array> {
  for (;;) {
    const chunk = new Uint8Array(CHUNK)
    const count = readSync(descriptor, chunk, 0, chunk.length, null)
    if (count === 0) return
    yield chunk.subarray(0, count)
  }
}
