import { createSha256, display, PhylumError } from '#base'
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Extension } from '../find_extension.ts'
import { listSharedFiles } from '../packed_files.ts'
import type { PackageFacts } from '../packed_files.ts'

/** SHA-256 of files, hex, by path. */
export type FileHashes = Readonly<Record<string, string>>

/**
 * Copies what is shared of an extension, and nothing else, with the modes of a private file: whatever its source says of users and
 * groups means something else here.
 */
export function copySharedFiles(from: string, to: string, manifest: PackageFacts): void {
  mkdirSync(to, { recursive: true, mode: 0o700 })
  for (const { path, isExecutable } of listSharedFiles(from, manifest)) {
    const target = join(to, path)
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    copyFileSync(join(from, path), target)
    chmodSync(target, isExecutable ? 0o700 : 0o600)
  }
}

/** Hashes each file of a tree, so that one that is changed later can be named. */
export function hashFiles(directory: string, manifest: PackageFacts): FileHashes {
  const files = listSharedFiles(directory, manifest).map(({ path }) =>
    [path, createSha256().update(readFileSync(join(directory, path))).digest('hex')] as const
  )
  return Object.fromEntries(files)
}

/**
 * Finds out what has changed in a tree since it was installed, and refuses it.
 *
 * @throws ERR_REGISTRY_INTEGRITY always; it names the first file that is not as it was
 */
export function refuseChanged(
  { name, directory, manifest }: Pick<Extension, 'name' | 'directory' | 'manifest'>,
  before: FileHashes,
): never {
  const now = hashFiles(directory, manifest)
  const paths = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort()
  const changed = paths.filter((path) => before[path] !== now[path])
  const [first] = changed
  const what = first === undefined
    ? 'something in its directory has changed'
    : `"${display(first, 200)}"${changed.length > 1 ? ` and ${changed.length - 1} more` : ''} ${
      before[first] === undefined
        ? 'was added'
        : now[first] === undefined
        ? 'is missing'
        : 'has changed'
    }`
  throw new PhylumError(
    'ERR_REGISTRY_INTEGRITY',
    `Cannot run extension "${name}": ${what} since it was installed`,
    { hints: [`\`phylum ext update ${name}\` fetches it anew`] },
  )
}
