import { fileUrl } from '#base'
import { RUN_FILE } from '#protocol'
import type { RunDescription } from '#protocol'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { GUEST_SOURCE, OUTSIDE_SOURCE } from './guest.generated.ts'

/** Directory below the run's, with the files that the guest only reads. */
export const GUEST_DIRECTORY = 'guest'

/** The guest, as one module: it is the engine's main module, and what `import … from "phylum"` gives. */
export const GUEST_FILE = 'guest/guest.js'

/** What the guest loads when the extension may have its host run programs outside of the sandbox. */
export const OUTSIDE_FILE = 'guest/outside.js'

/** Tells the engine what the bare name "phylum" means. */
export const IMPORT_MAP_FILE = 'guest/import_map.json'

/** Directory below the run's, the only one of its files that may change: the description, which the guest removes, and the engine's. */
export const SCRATCH = 'scratch'

/** Directory for temporary files of the run. */
export const TEMPORARY = `${SCRATCH}/tmp`

/** The directory of a run in which host and guest meet. */
export function scratchOf(runDirectory: string): string {
  return `${runDirectory}/${SCRATCH}`
}

/** Writes into a run directory what the guest needs to start. */
export function writeGuestFiles(runDirectory: string, description: RunDescription): void {
  writeImportMap(runDirectory)
  if (description.unsandboxedRun === true || description.unsandboxedRun.length > 0) {
    writeNew(`${runDirectory}/${OUTSIDE_FILE}`, OUTSIDE_SOURCE)
  }
  writeNew(`${runDirectory}/${SCRATCH}/${RUN_FILE}`, JSON.stringify(description))
}

/** Writes into a run directory what an engine needs to look at an extension without running it. */
export function writeImportMap(runDirectory: string): void {
  const guest = `${runDirectory}/${GUEST_FILE}`
  makeDirectory(`${runDirectory}/${GUEST_DIRECTORY}`)
  writeNew(guest, GUEST_SOURCE)
  const importMap = { imports: { phylum: fileUrl(guest) } }
  writeNew(`${runDirectory}/${IMPORT_MAP_FILE}`, JSON.stringify(importMap))
  makeDirectory(`${runDirectory}/${SCRATCH}`)
  makeDirectory(`${runDirectory}/${TEMPORARY}`)
}

/** Makes a directory that its owner may change, whatever the umask says: behind the wall, root has no right to pass by modes. */
function makeDirectory(path: string): void {
  mkdirSync(path)
  chmodSync(path, 0o700)
}

function writeNew(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
}
