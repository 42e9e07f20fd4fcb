import { Buffer } from 'node:buffer'
import { display } from '#base'
import { ByteInput } from './byte_input.ts'
import type { GitRunner } from './git_process.ts'
import { decodeUtf8 } from './tar_text.ts'
import type { RefuseTree, TreeEntry } from './tree.ts'
import { findPathFault, isShared } from './tree_path.ts'

interface Blob {
  readonly path: string
  readonly isExecutable: boolean
  readonly object: string
  readonly size: number
}

/**
 * Lists the files of a tree, as `readGitTree()` takes them.
 *
 * @param tree "<commit>:<subdirectory>"
 */
export async function listGitTree(git: GitRunner, tree: string): Promise<Buffer> {
  return await git.run('ls-tree', '-r', '-z', '-l', '--full-tree', tree)
}

/**
 * Reads the tree of a commit out of a repository, as it was committed: nothing is checked out, so that no attribute, filter, hook or
 * setting of the repository takes part, and no line end changes.
 */
export async function* readGitTree(
  git: GitRunner,
  listing: Buffer,
  refuse: RefuseTree,
): AsyncGenerator<TreeEntry> {
  const blobs = parseListing(listing, refuse)
  const child = git.start('cat-file', '--batch')
  child.stdin!.on('error', () => {})
  child.stderr!.resume()
  const input = new ByteInput(child.stdout as AsyncIterable<Uint8Array>, refuse)
  try {
    for (const { object, size, ...entry } of blobs) {
      // One question at a time: what it answers is in memory nowhere.
      child.stdin!.write(`${object}\n`)
      const head = `${object} blob ${size}\n`
      if (Buffer.from(await input.read(head.length)).toString() !== head) {
        throw refuse(`"${display(entry.path, 100)}" is missing`)
      }
      const body = input.stream(size)
      yield { ...entry, kind: 'file', size, body }
      for await (const _ of body);
      await input.read(1)
    }
  } finally {
    child.kill('SIGKILL')
    await input.close()
  }
}

/** Reads "<mode> <type> <object> <size>\t<path>\0…" (git-ls-tree(1)), without what is not shared. */
function parseListing(listing: Buffer, refuse: RefuseTree): Blob[] {
  const blobs: Blob[] = []
  for (let start = 0; start < listing.length;) {
    const end = listing.indexOf(0, start)
    const line = listing.subarray(start, end)
    start = end + 1
    const tab = line.indexOf(0x09)
    const [mode = '', type, object = '', size] = line.subarray(0, tab).toString().split(/ +/)
    const path = decodeUtf8(line.subarray(tab + 1))
    if (path === undefined) throw refuse('a name in it is not UTF-8')
    if (findPathFault(path) === undefined && !isShared(path)) continue
    if (type !== 'blob') throw refuse(`"${display(path, 100)}" is a submodule`)
    if (mode === '120000') throw refuse(`"${display(path, 100)}" is a link`)
    blobs.push({ path, isExecutable: mode === '100755', object, size: Number(size) })
  }
  return blobs
}
