import { display, PhylumError } from '#base'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { Buffer } from 'node:buffer'
import { listFetchedFiles, writeFetchedFile } from './fetched_file.ts'
import type { FetchedFile } from './fetched_file.ts'

/** What declares types and holds no code; a lock file knows nothing of it. */
const TYPES = /\.d\.[cm]?ts$/

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

/**
 * Keeps of what was fetched as modules what a checksum holds, each of them as the same bytes wherever and whenever it was fetched, and
 * refuses the rest.
 *
 * A lock file knows modules and packages, not texts and bytes that are imported as such, which could change unseen, nor types. And the
 * user's credential for a registry is there for packages: an `import` of a URL there could otherwise bring home whatever the user may
 * read.
 *
 * @param cache the engine's own directory
 * @returns hosts of the modules, with their ports where these are not the usual ones
 * @throws ERR_REGISTRY_LOCK, ERR_REGISTRY_SOURCE
 */
export function keepCovered(cache: string, by: FetchedBy): readonly string[] {
  // There is none where nothing was to be locked.
  const lock =
    (existsSync(by.lockFile) ? JSON.parse(readFileSync(by.lockFile, 'utf8')) : {}) as Lock
  const covered = new Set([...Object.keys(lock.remote ?? {}), ...Object.keys(lock.redirects ?? {})])
  const hosts = new Set<string>()
  for (const file of listFetchedFiles(cache)) {
    const { url, path } = file
    assertPublic(url, by.credentialed)
    const isJsr = url.startsWith(by.jsrUrl)
    if (!covered.has(url) && !isJsr) {
      if (!TYPES.test(new URL(url).pathname)) throw uncovered(url)
      // Imported as text, it could change unseen; so it must not be there.
      if (!by.keepsTypes) rmSync(path)
      continue
    }
    hosts.add(new URL(url).host)
    writeFetchedFile(isJsr ? withoutOthers(file, by.jsrUrl, lock) : file)
  }
  return [...hosts].sort()
}

/** The part of a lock file that is read here. */
interface Lock {
  remote?: Record<string, string>
  redirects?: Record<string, string>
  jsr?: Record<string, unknown>
}

function assertPublic(url: string, credentialed: ReadonlySet<string>): void {
  const refuse = (state: string, hints: string[] = []) =>
    new PhylumError(
      'ERR_REGISTRY_SOURCE',
      `Cannot fetch module "${display(url)}": ${state}`,
      { hints },
    )
  if (!url.startsWith('https:')) throw refuse('it is not an https: URL')
  if (credentialed.has(url)) {
    throw refuse('it is in a registry that wants your credential', [
      'what lies in a registry is imported as a package: "npm:NAME"',
    ])
  }
}

function uncovered(url: string): PhylumError {
  return new PhylumError(
    'ERR_REGISTRY_LOCK',
    `Cannot lock module "${display(url)}": no checksum is kept of it`,
    {
      hints: [
        'what is imported as text or bytes is not locked: put the file into the directory of the extension',
      ],
    },
  )
}

/** Leaves out of JSR's list of a package's versions those that are not used: the list grows with every new one. */
function withoutOthers(file: FetchedFile, jsrUrl: string, lock: Lock): FetchedFile {
  const [, name] = /^(@[^/]+\/[^/]+)\/meta\.json$/.exec(file.url.slice(jsrUrl.length)) ?? []
  if (name === undefined) return file
  const used = Object.keys(lock.jsr ?? {}).filter((each) => each.startsWith(`${name}@`))
    .map((each) => each.slice(name.length + 1)).sort()
  const versions = Object.fromEntries(used.map((version) => [version, {}]))
  const [scope, bare] = name.slice(1).split('/')
  const list = JSON.stringify({ scope, name: bare, latest: used.at(-1), versions })
  return { ...file, body: Buffer.from(list) }
}
