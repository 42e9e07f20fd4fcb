import { display, PhylumError } from '#base'
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'

/** What the engine writes behind each file that it has fetched, as a comment. */
const METADATA = /\n\/\/ denoCacheMetadata=(\{[^\n]*\})\s*$/

/** How much of a file's end holds that comment, in bytes. */
const TAIL = 64 * 1024

/** What may have been fetched. */
export interface FetchedBy {
  /** Path of the lock file. */
  lockFile: string
  /** Where JSR is: what comes from there, its own lists of checksums cover. */
  jsrUrl: string
  /** URLs to which a credential was shown. */
  credentialed: ReadonlySet<string>
  /** Whether declarations of types stay: an author's editor and compiler read them, and no run does. */
  keepsTypes: boolean
}

/** What declares types and holds no code; a lock file knows nothing of it. */
const TYPES = /\.d\.[cm]?ts$/

/**
 * Refuses modules that no checksum holds, and modules that were fetched with a credential.
 *
 * A lock file knows modules and packages, not texts and bytes that are imported as such, which could change unseen, nor types. And the user's
 * credential for a registry is there for packages: an `import` of a URL there could otherwise bring home whatever the user may read.
 *
 * @param cache the engine's own directory
 * @throws ERR_REGISTRY_LOCK, ERR_REGISTRY_SOURCE
 */
export function assertCovered(
  cache: string,
  { lockFile, jsrUrl, credentialed, keepsTypes }: FetchedBy,
): void {
  // There is none where nothing was to be locked.
  const lock = (existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')) : {}) as Lock
  const covered = new Set([...Object.keys(lock.remote ?? {}), ...Object.keys(lock.redirects ?? {})])
  for (const { url, path } of listFetched(join(cache, 'remote'))) {
    if (!url.startsWith('https:')) {
      throw new PhylumError(
        'ERR_REGISTRY_SOURCE',
        `Cannot fetch module "${display(url)}": it is not an https: URL`,
      )
    }
    if (credentialed.has(url)) {
      throw new PhylumError(
        'ERR_REGISTRY_SOURCE',
        `Cannot fetch module "${display(url)}": it is in a registry that wants your credential`,
        { hints: ['what lies in a registry is imported as a package: "npm:NAME"'] },
      )
    }
    if (covered.has(url) || url.startsWith(jsrUrl)) continue
    if (TYPES.test(new URL(url).pathname)) {
      // Imported as text, it could change unseen; so it must not be there.
      if (!keepsTypes) rmSync(path)
      continue
    }
    throw new PhylumError(
      'ERR_REGISTRY_LOCK',
      `Cannot lock module "${display(url)}": no checksum is kept of it`,
      {
        hints: [
          'what is imported as text or bytes is not locked: put the file into the directory of the extension',
        ],
      },
    )
  }
}

/** The part of a lock file that is read here. */
interface Lock {
  remote?: Record<string, string>
  redirects?: Record<string, string>
}

/** Lists what was fetched as modules. */
function listFetched(directory: string): { url: string; path: string }[] {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ url: readUrl(path), path }))
  } catch {
    return []
  }
}

function readUrl(path: string): string {
  const descriptor = openSync(path, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const tail = new Uint8Array(Math.min(size, TAIL))
    readSync(descriptor, tail, 0, tail.length, size - tail.length)
    const [, metadata = '{}'] = METADATA.exec(new TextDecoder().decode(tail)) ?? []
    const { url } = JSON.parse(metadata) as { url?: string }
    return url ?? path
  } finally {
    closeSync(descriptor)
  }
}
