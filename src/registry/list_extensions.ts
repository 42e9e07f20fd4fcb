import { isPhylumError, PhylumError } from '#base'
import { join } from 'node:path'
import { isExtensionName, listDirectories, loadExtension } from './find_extension.ts'
import type { Places, Source } from './find_extension.ts'
import { listStored } from './store/list_stored.ts'
import type { ListStoredOptions } from './store/list_stored.ts'

/** An extension in the list. */
export interface ListedExtension {
  /** Name of its directory; not checked, so it goes through `display()`. */
  readonly name: string
  readonly directory: string
  readonly source: Source
  readonly version: string | null
  readonly description: string | null
  /** Where it was installed from; null for what came otherwise. */
  readonly origin: string | null
  readonly integrity: string | null
  /** What is wrong with it; null for one that can be run. */
  readonly error: PhylumError | null
}

/**
 * Lists all extensions that can be called by name, in the order of their names. A broken one is listed with its fault, and hides a
 * bundled one of the same name, as it does when it is called.
 */
export async function listExtensions(
  options: Places & ListStoredOptions,
): Promise<ListedExtension[]> {
  const listed = new Map<string, ListedExtension>()
  for (const each of await listStored(options)) {
    listed.set(each.name, { ...each, source: 'installed', error: null })
  }
  const roots = [['installed', options.extensionsDirectory], ['bundled', options.bundledDirectory]]
  for (const [source, root] of roots as [Source, string][]) {
    for (const name of listDirectories(root, listed)) {
      if (!listed.has(name)) listed.set(name, await list(join(root, name), source, name))
    }
  }
  return [...listed.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
}

async function list(directory: string, source: Source, name: string): Promise<ListedExtension> {
  const facts = { name, source, origin: null, integrity: null }
  try {
    if (!isExtensionName(name)) {
      throw new PhylumError(
        'ERR_REGISTRY_NAME',
        'The name of its directory is not the name of an extension',
      )
    }
    const { manifest, directory: real } = await loadExtension(directory, source, name)
    const { version = null, description = null } = manifest
    return { ...facts, directory: real, version, description, error: null }
  } catch (error) {
    if (!isPhylumError(error)) throw error
    return { ...facts, directory, version: null, description: null, error }
  }
}
