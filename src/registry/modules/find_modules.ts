import { PhylumError } from '#base'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { digestExtension } from '../digest.ts'
import type { Extension } from '../find_extension.ts'
import { entryOfTree, MODULES } from '../store/places.ts'
import type { StorePlaces } from '../store/places.ts'
import { readRecord } from '../store/record.ts'
import { MODULE_RECORD_FILE } from './module_record.ts'

/** Where the modules of an extension that is being written are kept, below its directory; no part of what is shared. */
export const OWN_MODULES = '.phylum/modules'

/** How large the modules of one extension may be: packages come in many small files. */
const LIMITS = { entries: 50_000, bytes: 512 * 1024 ** 2 }

/** Computes the digest of modules, for the record of an installation. @throws ERR_REGISTRY_PATH */
export function digestModules(directory: string): string {
  return digestExtension(directory, LIMITS)
}

/**
 * Finds the modules that were fetched for an extension. Those of an installed one lie beside its files, and are compared with the record
 * of its installation; those of one in a directory lie in it, where its own digest covers them.
 *
 * @throws ERR_REGISTRY_INTEGRITY when they are not those that were fetched
 */
export function findModules(places: StorePlaces, { name, directory }: Extension): string | null {
  if (entryOfTree(places, directory) === undefined) {
    const own = join(directory, OWN_MODULES)
    return existsSync(join(own, MODULE_RECORD_FILE)) ? own : null
  }
  const entry = dirname(directory)
  const expected = readRecord(entry)?.modules ?? null
  if (expected === null) return null
  const modules = join(entry, MODULES)
  if (readDigest(modules) === expected) return modules
  throw new PhylumError(
    'ERR_REGISTRY_INTEGRITY',
    `Cannot run extension "${name}": the modules that were fetched for it have changed`,
    { hints: ['install it anew: `phylum ext install --overwrite SOURCE`'] },
  )
}

function readDigest(modules: string): string | undefined {
  try {
    return digestModules(modules)
  } catch {
    return undefined
  }
}
