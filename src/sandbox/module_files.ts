import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { SCRATCH } from './guest_files.ts'
import type { KeptModules } from './plan.ts'

/** The engine's own directory, below the run's. */
export const ENGINE_CACHE = `${SCRATCH}/deno`

/** Name of the lock file, as the engine and authors know it. */
export const LOCK_FILE = 'deno.lock'

/** What of an engine's own directory holds modules: sources and packages. */
const CACHE_PARTS = ['remote', 'npm'] as const

/**
 * Puts modules that were fetched before where the Deno engine looks for them: links in its own directory, which is the run's and ends
 * with it. What they lead to, nothing in the run can write.
 */
export function linkModules(runDirectory: string, { directory }: KeptModules): void {
  mkdirSync(`${runDirectory}/${ENGINE_CACHE}`, { recursive: true, mode: 0o700 })
  for (const part of CACHE_PARTS) {
    const target = `${directory}/${part}`
    if (existsSync(target)) symlinkSync(target, `${runDirectory}/${ENGINE_CACHE}/${part}`)
  }
}
