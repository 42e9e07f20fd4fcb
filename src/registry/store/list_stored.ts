import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isExtensionName } from '../find_extension.ts'
import type { StorePlaces } from './places.ts'
import { followLink, readStored } from './stored.ts'

/** What is remembered of an entry, by its id: its files, and so all of this, cannot change. */
interface Facts {
  readonly version: string | null
  readonly description: string | null
  /** Where it was installed from. */
  readonly origin: string
  readonly integrity: string
}

/** An installed extension, as its record tells it. */
export interface ListedStored extends Facts {
  readonly name: string
  /** Of its files. */
  readonly directory: string
}

/** Where the store is, and where it is remembered what is in it. */
export interface ListStoredOptions extends StorePlaces {
  readonly cacheFile: string
  write(path: string, data: string): Promise<void>
}

/** Raised with every change of what is remembered. */
const SCHEMA = 1

/**
 * Lists what is installed by a link into the store. What the entries are is remembered in one file: to read a thousand records or manifests
 * would take longer than all else.
 */
export async function listStored(options: ListStoredOptions): Promise<ListedStored[]> {
  const known = readCache(options.cacheFile)
  const entries = new Map<string, Facts>()
  const listed: ListedStored[] = []
  for (const name of linkNames(options.extensionsDirectory)) {
    const found = followLink(options, name)
    if (found === undefined || !existsSync(found.directory)) continue
    const facts = known.get(found.id) ?? readFacts(options, name, found.id)
    if (facts === undefined) continue
    entries.set(found.id, facts)
    listed.push({ name, directory: found.directory, ...facts })
  }
  if ([...entries.keys()].some((id) => !known.has(id))) await remember(options, entries)
  return listed
}

/** Lists what could be a link into the store; what is none, nothing is followed from. */
function linkNames(directory: string): string[] {
  try {
    return readdirSync(directory).filter(isExtensionName)
  } catch {
    return []
  }
}

function readFacts(options: ListStoredOptions, name: string, id: string): Facts | undefined {
  const record = readStored(options, name, id)?.record
  if (record === undefined) return undefined
  const { version, description, source: origin, integrity } = record
  return { version, description, origin, integrity }
}

function readCache(path: string): ReadonlyMap<string, Facts> {
  try {
    const { schema, entries } = JSON.parse(readFileSync(path, 'utf8')) as {
      schema: unknown
      entries: Record<string, Facts>
    }
    return schema === SCHEMA ? new Map(Object.entries(entries)) : new Map()
  } catch {
    return new Map()
  }
}

async function remember(
  { cacheFile, write }: ListStoredOptions,
  entries: ReadonlyMap<string, Facts>,
): Promise<void> {
  try {
    await write(cacheFile, JSON.stringify({ schema: SCHEMA, entries: Object.fromEntries(entries) }))
  } catch {
    // A list that is slower the next time is as right.
  }
}
