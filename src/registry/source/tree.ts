import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join, posix } from 'node:path'
import { display, PhylumError, systemCode } from '#base'
import { TREE_LIMITS } from '../digest.ts'
import type { DigestLimits } from '../digest.ts'
import { describeSystemError } from '../system_error.ts'
import { findPathFault, isShared } from './tree_path.ts'

/** A file or directory of a tree that somebody else made, in the order in which it comes. */
export interface TreeEntry {
  /** As it was found: nothing is sure about it. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  readonly isExecutable: boolean
  /** How long the content claims to be, in bytes. */
  readonly size: number
  /** The content; read once, before the next entry is asked for. */
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** Builds the error for a tree from what is wrong with it. */
export type RefuseTree = (state: string, cause?: unknown) => PhylumError

/** How a tree is written. */
export interface TreeOptions {
  readonly refuse: RefuseTree
  /** All lies in one directory at the top, as in packages of npm, and that is left out. */
  readonly isBelowTop: boolean
  readonly limits?: DigestLimits
}

/**
 * Writes a tree into an empty directory, whatever road it came by: every path is checked before anything is written under it, links
 * cannot be expressed, and names, sizes and numbers have limits. What is not shared (`isShared()`) is checked and left out. Modes are
 * ours: 0600, and 0700 for what can be run.
 *
 * @throws what `refuse` builds; the directory is then empty again
 */
export async function writeTree(
  entries: AsyncIterable<TreeEntry>,
  destination: string,
  options: TreeOptions,
): Promise<void> {
  try {
    const writer = new TreeWriter(destination, options)
    for await (const entry of entries) await writer.add(entry)
    writer.assertComplete()
  } catch (error) {
    // A part of a tree is another tree.
    for (const name of readdirSync(destination)) {
      rmSync(join(destination, name), { recursive: true, force: true })
    }
    if (error instanceof PhylumError || systemCode(error) === undefined) throw error
    throw options.refuse(`it cannot be written: ${describeSystemError(error)}`, error)
  }
}

class TreeWriter {
  readonly #destination: string
  readonly #refuse: RefuseTree
  readonly #isBelowTop: boolean
  readonly #limits: DigestLimits
  /** What was seen, by the key under which some file system would find it again. */
  readonly #seen = new Map<string, { path: string; isFile: boolean }>()
  readonly #made = new Set<string>()
  #top: string | undefined
  #entries = 0
  #bytes = 0
  #files = 0

  constructor(destination: string, options: TreeOptions) {
    this.#destination = destination
    this.#refuse = options.refuse
    this.#isBelowTop = options.isBelowTop
    this.#limits = options.limits ?? TREE_LIMITS
  }

  async add(entry: TreeEntry): Promise<void> {
    if (++this.#entries > this.#limits.entries) {
      throw this.#refuse(`it holds more than ${this.#limits.entries} files`)
    }
    // Before the first byte: a header may claim any size.
    if (entry.size > this.#limits.bytes - this.#bytes) {
      throw this.#refuse(`it is larger than ${this.#limits.bytes / 1024 / 1024} MiB`)
    }
    const path = this.#place(entry)
    if (path !== undefined && isShared(path)) await this.#write(path, entry)
    else await this.#copy(entry, () => {})
  }

  assertComplete(): void {
    if (this.#files === 0) throw this.#refuse('it holds no file')
  }

  /** Checks the path of an entry; answers where it belongs, and nothing for the directory at the top. */
  #place(entry: TreeEntry): string | undefined {
    const fault = findPathFault(entry.path)
    if (fault !== undefined) throw this.#refuse(`${fault}: "${display(entry.path, 100)}"`)
    const parts = entry.path.split('/')
    if (this.#isBelowTop) {
      const top = parts.shift()!
      this.#top ??= top
      if (top !== this.#top || (parts.length === 0 && entry.kind === 'file')) {
        throw this.#refuse('not everything in it lies in one directory')
      }
      if (parts.length === 0) return undefined
    }
    for (let length = 1; length < parts.length; length++) {
      this.#note(parts.slice(0, length).join('/'), false)
    }
    const path = parts.join('/')
    this.#note(path, entry.kind === 'file')
    return path
  }

  /**
   * Refuses what means different things to different readers: a second file of the same name (which one was looked at?), and names
   * of which some file system makes one.
   */
  #note(path: string, isFile: boolean): void {
    const key = path.normalize('NFC').toLowerCase()
    const other = this.#seen.get(key)
    if (other === undefined) {
      this.#seen.set(key, { path, isFile })
    } else if (other.path !== path) {
      const names = `"${display(other.path, 100)}" and "${display(path, 100)}"`
      throw this.#refuse(`the names ${names} differ only in case or encoding`)
    } else if (isFile || other.isFile) {
      throw this.#refuse(`"${display(path, 100)}" is in it twice`)
    }
  }

  async #write(path: string, entry: TreeEntry): Promise<void> {
    const target = join(this.#destination, path)
    this.#makeDirectory(entry.kind === 'directory' ? path : posix.dirname(path))
    if (entry.kind === 'directory') return
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    const descriptor = openSync(target, flags, 0o600)
    try {
      // Whatever the umask says.
      fchmodSync(descriptor, entry.isExecutable ? 0o700 : 0o600)
      await this.#copy(entry, (chunk) => {
        for (let done = 0; done < chunk.length;) done += writeSync(descriptor, chunk, done)
      })
    } finally {
      closeSync(descriptor)
    }
    this.#files++
  }

  #makeDirectory(path: string): void {
    if (path === '.' || this.#made.has(path)) return
    this.#makeDirectory(posix.dirname(path))
    const target = join(this.#destination, path)
    mkdirSync(target, { mode: 0o700 })
    chmodSync(target, 0o700)
    this.#made.add(path)
  }

  /** Takes the content of an entry, exactly as long as it claims to be. */
  async #copy(entry: TreeEntry, use: (chunk: Uint8Array) => void): Promise<void> {
    let length = 0
    for await (const chunk of entry.body) {
      length += chunk.length
      if (length > entry.size) break
      use(chunk)
    }
    if (length !== entry.size) {
      throw this.#refuse(`"${display(entry.path, 100)}" is not as long as it claims`)
    }
    this.#bytes += length
  }
}
