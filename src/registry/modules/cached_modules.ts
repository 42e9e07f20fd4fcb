import { display, PhylumError } from '#base'
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
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
}

/**
 * Refuses modules that no checksum holds, and modules that were fetched with a credential.
 *
 * A lock file knows modules and packages, not texts and bytes that are imported as such: those could change unseen. And the user's
 * credential for a registry is there for packages: an `import` of a URL there could otherwise bring home whatever the user may read.
 *
 * @param cache the engine's own directory
 * @throws ERR_REGISTRY_LOCK, ERR_REGISTRY_SOURCE
 */
export function assertCovered(cache: string, { lockFile, jsrUrl, credentialed }: FetchedBy): void {
  // There is none where nothing was to be locked.
  const lock = (existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')) : {}) as Lock
  const covered = new Set([...Object.keys(lock.remote ?? {}), ...Object.keys(lock.redirects ?? {})])
  for (const url of listFetched(join(cache, 'remote'))) {
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

/** Lists the URLs of what was fetched as modules. */
function listFetched(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readUrl(join(entry.parentPath, entry.name)))
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
