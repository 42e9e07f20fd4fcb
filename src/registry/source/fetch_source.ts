import type { Fetch, Log } from '#base'
import { PhylumError } from '#base'
import type { Environment } from '#config'
import { cpSync } from 'node:fs'
import type { Source } from './source.ts'

/** What fetching needs of the world. */
export interface FetchWorld {
  fetch: Fetch
  environment: Environment
  home: string
  log: Log
  onProgress?(line: string): void
  /** A private directory for temporary files. */
  scratch: string
}

/** What was fetched. */
export interface Fetched {
  resolved: string
  version: string | null
  directory: string
  signature: string | null
}

/** Writes the tree of a source into a directory. @throws ERR_REGISTRY_SOURCE, ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_INTEGRITY */
export async function fetchSource(
  source: Source,
  destination: string,
  _world: FetchWorld,
  _expected: { resolved?: string } = {},
): Promise<Fetched> {
  await Promise.resolve()
  if (source.kind !== 'directory') {
    throw new PhylumError('ERR_REGISTRY_UNREACHABLE', 'Cannot fetch this kind of source')
  }
  cpSync(source.path, destination, { recursive: true })
  return { resolved: source.path, version: null, directory: destination, signature: null }
}
