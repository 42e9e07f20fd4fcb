import { display, PhylumError, systemCode } from '#base'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The files of the bundled extensions by path, and a digest over them, and the types of extensions, put here when the executable
 * is built. From source there is no such thing, and they lie in the repository.
 */
declare const PHYLUM_BUNDLED:
  | { digest: string; files: Readonly<Record<string, string>>; declarations: string }
  | undefined

/**
 * Finds the directory of the extensions that come with phylum. The executable carries them inside and lays them out
 * below the data directory; what lies there is compared with what it carries each time, so nobody else's bytes run.
 */
export function bundledDirectory(dataDirectory: string): string {
  if (typeof PHYLUM_BUNDLED === 'undefined') {
    return fileURLToPath(new URL('../../extensions', import.meta.url))
  }
  const files = Object.entries(PHYLUM_BUNDLED.files)
  const place = join(dataDirectory, `bundled-${PHYLUM_BUNDLED.digest}`)
  if (isComplete(files, place)) return place
  try {
    unpack(files, dataDirectory, place)
  } catch (cause) {
    throw new PhylumError(
      'ERR_CONFIG_WRITE',
      `Cannot lay out the bundled extensions in "${display(dataDirectory)}": ${
        systemCode(cause) ?? 'unknown error'
      }`,
      { cause, hints: ['set XDG_DATA_HOME to a directory that can be written'] },
    )
  }
  return place
}

/** Names the bundled extensions, wherever they lie. */
export function bundledNames(): string[] {
  return typeof PHYLUM_BUNDLED === 'undefined'
    ? readdirSync(new URL('../../extensions', import.meta.url))
    : [...new Set(Object.keys(PHYLUM_BUNDLED.files).map((path) => path.split('/')[0]!))]
}

/** Reads what `import … from "phylum"` is to an editor. */
export function readDeclarations(): string {
  return typeof PHYLUM_BUNDLED === 'undefined'
    ? readFileSync(new URL('../../extensions/phylum.d.ts', import.meta.url), 'utf8')
    : PHYLUM_BUNDLED.declarations
}

type Files = readonly (readonly [string, string])[]

/** Writes the files beside their place, and moves them there as a whole. */
function unpack(files: Files, dataDirectory: string, place: string): void {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const fresh = mkdtempSync(join(dataDirectory, 'unpack-'))
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true, mode: 0o700 })
      writeFileSync(join(fresh, path), text, { mode: 0o600 })
    }
    replace(files, place, fresh)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/**
 * Moves the files to their place. Another phylum may do the same at this moment: what it has put there whole is as good as ours, and
 * stays where it is, for it is in use already.
 */
function replace(files: Files, place: string, fresh: string): void {
  for (let isLast = false;; isLast = true) {
    try {
      renameSync(fresh, place)
      return
    } catch (error) {
      if (isComplete(files, place)) return
      if (isLast) throw error
      rmSync(place, { recursive: true, force: true })
    }
  }
}

function isComplete(files: Files, place: string): boolean {
  return files.every(([path, text]) => isSame(join(place, path), text))
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
