import { PhylumError } from '#base'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Name of the file beside kept modules that says what they are. */
export const MODULE_RECORD_FILE = 'modules.json'

/** Raised with every change that an older phylum would misread. */
const SCHEMA = 1

/** What is known of modules that are kept with an extension. */
export interface ModuleRecord {
  readonly schema: typeof SCHEMA
  /** The engine that they are laid out for. */
  readonly engine: 'deno' | 'bun'
  /** Hosts that they came from. */
  readonly hosts: readonly string[]
  /** Where JSR was; null for its usual place. */
  readonly jsrUrl: string | null
  /**
   * Where each import leads, relative to the directory, for an engine that does not find that by itself: a file, or a package with the
   * directory in which it is looked for.
   */
  readonly imports: Readonly<Record<string, string | readonly [specifier: string, place: string]>>
}

/** Writes the record of modules into their directory. */
export function writeModuleRecord(directory: string, record: Omit<ModuleRecord, 'schema'>): void {
  const text = JSON.stringify({ schema: SCHEMA, ...record }, null, 2)
  writeFileSync(join(directory, MODULE_RECORD_FILE), `${text}\n`, { mode: 0o600 })
}

/**
 * Reads the record of modules. The directory is covered by a digest that was compared before: what is wrong with it is no attack.
 *
 * @returns undefined where there are no modules
 * @throws ERR_REGISTRY_INTEGRITY when it is not one that this phylum writes
 */
export function readModuleRecord(directory: string): ModuleRecord | undefined {
  let text: string
  try {
    text = readFileSync(join(directory, MODULE_RECORD_FILE), 'utf8')
  } catch {
    return undefined
  }
  try {
    const record = JSON.parse(text) as ModuleRecord
    if (isRecord(record)) return record
  } catch {
    // Said below.
  }
  throw new PhylumError(
    'ERR_REGISTRY_INTEGRITY',
    'Cannot use the modules of the extension: they were kept by another version of phylum',
    { hints: ['resolve them anew: `phylum ext check`, or install the extension again'] },
  )
}

function isRecord(value: unknown): value is ModuleRecord {
  if (typeof value !== 'object' || value === null) return false
  const { schema, engine, hosts, jsrUrl, imports } = value as Record<string, unknown>
  return schema === SCHEMA && (engine === 'deno' || engine === 'bun') &&
    Array.isArray(hosts) && hosts.every((host) => typeof host === 'string') &&
    (jsrUrl === null || typeof jsrUrl === 'string') && typeof imports === 'object' &&
    imports !== null
}
