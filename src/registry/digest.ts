import { createSha256, display, PhylumError } from '#base'
import type { Sha256 } from '#base'
import { Buffer } from 'node:buffer'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { posix } from 'node:path'
import { describeSystemError } from './system_error.ts'

/** How large an extension may be. */
export interface DigestLimits {
  /** Most files, directories and links. */
  readonly entries: number
  /** Most bytes of all files together. */
  readonly bytes: number
}

/** How large an extension may be that is run, or fetched. */
export const TREE_LIMITS: DigestLimits = { entries: 10_000, bytes: 256 * 1024 * 1024 }

/** How much of a file is read at once, in bytes. */
const CHUNK = 64 * 1024

/** Named in each digest, so that another way to compute it never yields the same one. */
const FORMAT = 'phylum extension 1\n'

/**
 * The one thing that the digest leaves out: what git keeps changes with every look at the repository. So nothing in it may be
 * loaded; whoever runs an extension denies it this directory.
 */
export const NOT_DIGESTED = '.git'

/** Answers whether the digest of an extension covers a path relative to its directory. */
export function isDigested(path: string): boolean {
  return path !== NOT_DIGESTED && !path.startsWith(`${NOT_DIGESTED}/`)
}

interface Entry {
  readonly path: string
  readonly isLink: boolean
}

/**
 * Computes the digest of an extension: SHA-256 over the names, executable bits and contents of all its files, `node_modules` included,
 * for whatever can be loaded must be covered by what the user agreed to.
 *
 * It refuses trees whose meaning can change under the same digest: links that lead out or nowhere, special files, names that only
 * some file systems tell apart, and what every user of the machine may write.
 *
 * @returns "sha256-" and 44 characters of base64
 * @throws ERR_REGISTRY_PATH
 */
export function digestExtension(directory: string, limits: DigestLimits = TREE_LIMITS): string {
  const refuse: Refuse = (state, cause) =>
    new PhylumError('ERR_REGISTRY_PATH', `Cannot use extension "${display(directory)}": ${state}`, {
      cause,
    })
  try {
    const root = realpathSync.native(directory)
    const entries = listEntries(root, limits, refuse)
    const hash = createSha256().update(FORMAT)
    let left = limits.bytes
    for (const { path, isLink } of entries) {
      if (isLink) digestLink(hash, root, path, refuse)
      else left -= digestFile(hash, root, path, { left, refuse })
    }
    return `sha256-${hash.digest('base64')}`
  } catch (error) {
    if (error instanceof PhylumError) throw error
    throw refuse(`a file in it cannot be read: ${describeSystemError(error)}`, error)
  }
}

type Refuse = (state: string, cause?: unknown) => PhylumError

/** Lists files and links below a directory, in the order of their names. */
function listEntries(root: string, limits: DigestLimits, refuse: Refuse): Entry[] {
  const entries: Entry[] = []
  const folded = new Map<string, string>()
  const waiting = ['']
  let count = 0
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    assertPrivate(lstatSync(posix.join(root, parent)).mode, parent, refuse)
    for (const entry of readdirSync(posix.join(root, parent), { withFileTypes: true })) {
      const path = posix.join(parent, entry.name)
      if (!isDigested(path)) continue
      if (++count > limits.entries) {
        throw refuse(`it holds more than ${limits.entries} files; bundle its dependencies`)
      }
      assertDistinct(path, folded, refuse)
      if (entry.isDirectory()) waiting.push(path)
      else if (entry.isFile() || entry.isSymbolicLink()) {
        entries.push({ path, isLink: entry.isSymbolicLink() })
      } else throw refuse(`${quote(path)} is neither a file nor a directory`)
    }
  }
  return entries.sort((left, right) => (left.path < right.path ? -1 : 1))
}

/** Refuses names of which some file system makes one and the same file, or which are no text. */
function assertDistinct(path: string, folded: Map<string, string>, refuse: Refuse): void {
  if (path.includes('\ufffd')) throw refuse(`the name ${quote(path)} is not UTF-8`)
  const key = path.normalize('NFC').toLowerCase()
  const other = folded.get(key)
  if (other !== undefined) {
    throw refuse(`the names ${quote(other)} and ${quote(path)} differ only in case or encoding`)
  }
  folded.set(key, path)
}

/** Refuses what anybody could change between the user's consent and the moment in which it is loaded. */
function assertPrivate(mode: number, path: string, refuse: Refuse): void {
  if ((mode & 0o002) === 0) return
  const what = path === '' ? 'its directory' : quote(path)
  const error = refuse(`every user of this machine may change ${what}`)
  throw new PhylumError(error.code, error.message, { hints: ['run `chmod -R o-w` on it'] })
}

function digestLink(hash: Sha256, root: string, path: string, refuse: Refuse): void {
  const target = readlinkSync(posix.join(root, path))
  let real: string
  try {
    real = realpathSync.native(posix.join(root, path))
  } catch (cause) {
    throw refuse(`the link ${quote(path)} leads nowhere`, cause)
  }
  const inside = posix.relative(root, real)
  // The engine follows links that were there before it started, past its own permissions.
  if (inside === '..' || inside.startsWith('../') || !isDigested(inside)) {
    throw refuse(`the link ${quote(path)} leads out of it, to "${display(real, 100)}"`)
  }
  frame(hash, 'l', path)
  frame(hash, 't', target)
}

/** Adds a file, and answers its size in bytes. */
function digestFile(
  hash: Sha256,
  root: string,
  path: string,
  { left, refuse }: { left: number; refuse: Refuse },
): number {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW
  const descriptor = openSync(posix.join(root, path), flags)
  try {
    const status = fstatSync(descriptor)
    if (!status.isFile()) throw refuse(`${quote(path)} changed while it was read`)
    assertPrivate(status.mode, path, refuse)
    if (status.size > left) throw refuse('its files are too large; bundle its dependencies')
    frame(hash, (status.mode & 0o111) === 0 ? 'f' : 'x', path)
    hash.update(`${status.size}:`)
    const chunk = new Uint8Array(Math.min(CHUNK, status.size + 1))
    let length = 0
    while (length <= status.size) {
      const count = readSync(descriptor, chunk, 0, chunk.length, null)
      if (count === 0) break
      hash.update(chunk.subarray(0, count))
      length += count
    }
    if (length !== status.size) throw refuse(`${quote(path)} changed while it was read`)
    return length
  } finally {
    closeSync(descriptor)
  }
}

/** Adds a text so that its end is known: without lengths, two trees could run into the same bytes. */
function frame(hash: Sha256, kind: string, text: string): void {
  hash.update(`${kind}${Buffer.byteLength(text)}:${text}`)
}

function quote(path: string): string {
  return `"${display(path, 100)}"`
}
