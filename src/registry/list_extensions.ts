import { isPhylumError, PhylumError } from '#base'
import { join } from 'node:path'
import { isExtensionName, listDirectories, loadExtension } from './find_extension.ts'
import type { Extension, Places, Source } from './find_extension.ts'

/** An extension in the list: one that can be run, or what is wrong with it. */
export type ListedExtension =
  | Extension
  | {
    /** Name of its directory; not checked, so it goes through `display()`. */
    readonly name: string
    readonly directory: string
    readonly source: Source
    readonly error: PhylumError
  }

/**
 * Lists all extensions that can be called by name, in the order of their names. A broken one is listed with its fault, and hides a
 * bundled one of the same name, as it does when it is called.
 */
export async function listExtensions(places: Places): Promise<ListedExtension[]> {
  const listed = new Map<string, ListedExtension>()
  const roots = [['installed', places.extensionsDirectory], ['bundled', places.bundledDirectory]]
  for (const [source, root] of roots as [Source, string][]) {
    for (const name of listDirectories(root)) {
      if (!listed.has(name)) listed.set(name, await list(join(root, name), source, name))
    }
  }
  return [...listed.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
}

async function list(directory: string, source: Source, name: string): Promise<ListedExtension> {
  try {
    if (!isExtensionName(name)) {
      throw new PhylumError(
        'ERR_REGISTRY_NAME',
        'The name of its directory is not the name of an extension',
      )
    }
    return await loadExtension(directory, source, name)
  } catch (error) {
    if (!isPhylumError(error)) throw error
    return { name, directory, source, error }
  }
}
