import { display, PhylumError } from '#base'
import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { readManifest } from './manifest.ts'
import type { CheckedManifest } from './manifest.ts'
import { readSmallFile } from './read_small_file.ts'
import {
  generatedPackageJson,
  MAX_SHARED_BYTES,
  PACKAGE_FILE,
  readSharedTree,
} from './packed_files.ts'
import type { RefuseTree } from './packed_files.ts'
import { writeTar } from './write_tar.ts'
import type { TarEntry } from './write_tar.ts'

/** What every path in a pack begins with, as npm wants it. */
const PREFIX = 'package/'

/** An extension as one file that `npm publish` and `phylum ext install` take. */
export interface Pack {
  /** The bytes of the `.tgz`. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** "sha512-" and the base64 of the SHA-512 of the bytes (W3C Subresource Integrity): the extension's integrity, and npm's `dist.integrity`. */
  readonly integrity: string
  readonly manifest: CheckedManifest
  /** Paths in it, in their order, without the prefix. */
  readonly files: readonly string[]
  /** What of the directory is not in it. */
  readonly leftOut: readonly string[]
  /** Whether its `package.json` was made from the manifest. */
  readonly isPackageGenerated: boolean
  /** What the author should know; each one line, safe to show. */
  readonly warnings: readonly string[]
}

/**
 * Packs an extension: the same files make the same bytes, on every machine and in every runtime. Whatever road an extension came by, the
 * integrity of its pack is its own.
 *
 * @throws ERR_REGISTRY_MANIFEST, ERR_REGISTRY_PATH
 */
export async function packExtension(directory: string): Promise<Pack> {
  const { directory: root, manifest, entryPoint, warnings } = await readManifest(directory)
  const { files, leftOut } = readSharedTree(root, manifest)
  const refuse: RefuseTree = (state, cause) =>
    new PhylumError(
      'ERR_REGISTRY_PATH',
      `Cannot pack extension "${display(directory)}": ${state}`,
      { cause },
    )
  if (!files.some(({ path }) => join(root, path) === entryPoint)) {
    throw refuse(
      `its entry point "${display(manifest.entry_point, 100)}" lies where nothing is shared`,
    )
  }
  let left = MAX_SHARED_BYTES
  const entries: TarEntry[] = files.map(({ path, isExecutable }) => {
    const { bytes } = readSmallFile(
      join(root, path),
      MAX_SHARED_BYTES,
      (state, cause) => refuse(`"${display(path, 100)}" cannot be read: ${state}`, cause),
    )
    left -= bytes.length
    if (left < 0) throw refuse('its files are too large; bundle its dependencies')
    return { path: `${PREFIX}${path}`, isExecutable, bytes }
  })
  const isPackageGenerated = files.every(({ path }) => path !== PACKAGE_FILE)
  if (isPackageGenerated) {
    const bytes = new TextEncoder().encode(generatedPackageJson(manifest))
    entries.push({ path: `${PREFIX}${PACKAGE_FILE}`, isExecutable: false, bytes })
    entries.sort((left, right) => left.path < right.path ? -1 : 1)
  }
  const archive = writeTar(
    entries,
    (path) =>
      refuse(`the path "${display(path.slice(PREFIX.length), 100)}" is too long for an archive`),
  )
  const bytes = await compress(archive)
  return {
    bytes,
    integrity: await computeIntegrity(bytes),
    manifest,
    files: entries.map(({ path }) => path.slice(PREFIX.length)),
    leftOut: isPackageGenerated ? leftOut.filter((path) => path !== PACKAGE_FILE) : leftOut,
    isPackageGenerated,
    warnings,
  }
}

/** Computes the integrity of bytes, as npm and browsers write it. */
export async function computeIntegrity(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-512', bytes)
  return `sha512-${Buffer.from(hash).toString('base64')}`
}

/**
 * Compresses as gzip (RFC 1952). The deflate of a runtime may be any, and another one tomorrow; this one is a package of fixed version. Its
 * memory is given as a number, because the default comes of a logarithm, whose last bit engines may compute differently.
 */
async function compress(archive: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { gzipSync } = await import('fflate/browser')
  return gzipSync(archive, { level: 9, mem: 8, mtime: 0 }) as Uint8Array<ArrayBuffer>
}
