import { RUN_FILE } from '#protocol'
import type { RunDescription } from '#protocol'
import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { GUEST_SOURCE } from './guest.generated.ts'

/** Directory below the run's, with the files that the guest only reads. */
export const GUEST_DIRECTORY = 'guest'

/** The guest, as one module: it is the engine's main module, and what `import … from "phylum"` gives. */
export const GUEST_FILE = 'guest/guest.js'

/** Tells the engine what the bare name "phylum" means. */
export const IMPORT_MAP_FILE = 'guest/import_map.json'

/** Directory below the run's, the only one of its files that may change: the description, which the guest removes, and the engine's. */
export const SCRATCH = 'scratch'

/** Directory for temporary files of the run. */
export const TEMPORARY = `${SCRATCH}/tmp`

/** Writes into a run directory what the guest needs to start. */
export function writeGuestFiles(runDirectory: string, description: RunDescription): void {
  const guest = `${runDirectory}/${GUEST_FILE}`
  const importMap = { imports: { phylum: pathToFileURL(guest).href } }
  mkdirSync(`${runDirectory}/${GUEST_DIRECTORY}`, { mode: 0o700 })
  writeNew(guest, GUEST_SOURCE)
  writeNew(`${runDirectory}/${IMPORT_MAP_FILE}`, JSON.stringify(importMap))
  mkdirSync(`${runDirectory}/${SCRATCH}`, { mode: 0o700 })
  mkdirSync(`${runDirectory}/${TEMPORARY}`, { mode: 0o700 })
  writeNew(`${runDirectory}/${SCRATCH}/${RUN_FILE}`, JSON.stringify(description))
}

function writeNew(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
}
