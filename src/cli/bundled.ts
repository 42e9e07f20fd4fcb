import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The files of the bundled extensions by path, put here when the executable is built. From source there is no such
 * thing, and the extensions lie in the repository.
 */
declare const PHYLUM_BUNDLED: Readonly<Record<string, string>> | undefined

/**
 * Finds the directory of the extensions that come with phylum. The executable carries them inside and lays them out
 * below the data directory; what lies there is compared with what it carries each time, so nobody else's bytes run.
 */
export function bundledDirectory(dataDirectory: string): string {
  if (typeof PHYLUM_BUNDLED === 'undefined') {
    return fileURLToPath(new URL('../../extensions', import.meta.url))
  }
  const files = Object.entries(PHYLUM_BUNDLED)
  const digest = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16)
  const place = join(dataDirectory, `bundled-${digest}`)
  if (files.every(([path, text]) => isSame(join(place, path), text))) return place
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const fresh = mkdtempSync(join(dataDirectory, 'unpack-'))
  for (const [path, text] of files) {
    mkdirSync(dirname(join(fresh, path)), { recursive: true, mode: 0o700 })
    writeFileSync(join(fresh, path), text, { mode: 0o600 })
  }
  if (existsSync(place)) rmSync(place, { recursive: true, force: true })
  try {
    renameSync(fresh, place)
  } catch (error) {
    // Another phylum was quicker; its files are as good as ours.
    rmSync(fresh, { recursive: true, force: true })
    if (!files.every(([path, text]) => isSame(join(place, path), text))) throw error
  }
  return place
}

function isSame(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text
  } catch {
    return false
  }
}

/** The directory of phylum's own program, which no extension may write; undefined for the executable. */
export function programDirectory(): string | undefined {
  return typeof PHYLUM_BUNDLED === 'undefined'
    ? fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
    : undefined
}
