import { createSha256, PhylumError } from '#base'
import { join } from 'node:path'
import { isExtensionName } from '../find_extension.ts'

/** Where installed extensions lie; all three on one file system, for what is ready is moved into its place. */
export interface StorePlaces {
  /** Links to what is in use, by name. */
  readonly extensionsDirectory: string
  /** Every version that is kept: `NAME/ID/tree`, with its record beside it. */
  readonly storeDirectory: string
  /** What is being fetched. */
  readonly stagingDirectory: string
}

/** Name of the directory, in an entry of the store, that holds the extension's files. */
export const TREE = 'tree'

/** Name of the directory that holds the modules which the extension imports from elsewhere. */
export const MODULES = 'modules'

/** Names an entry of the store for the digest of its files: the same files are one entry, wherever they come from. */
export function entryId(digest: string): string {
  return createSha256().update(digest).digest('hex').slice(0, 32)
}

/** Finds the place of an entry. @throws ERR_REGISTRY_NAME when the name would lead out of the store */
export function entryDirectory({ storeDirectory }: StorePlaces, name: string, id: string): string {
  // Stops "../.." from naming a directory of somebody else's, should a caller forget to check the name.
  if (!isExtensionName(name) || !/^[0-9a-f]{32}$/.test(id)) {
    throw new PhylumError('ERR_REGISTRY_NAME', 'Cannot find the extension: its name is none')
  }
  return join(storeDirectory, name, id)
}

/** The link by which an installed extension is found. */
export function linkOf({ extensionsDirectory }: StorePlaces, name: string): string {
  return join(extensionsDirectory, name)
}

/** Answers to which entry a tree belongs; undefined for a directory outside of the store. */
export function entryOfTree(
  places: StorePlaces,
  tree: string,
): { name: string; id: string } | undefined {
  const store = `${places.storeDirectory}/`
  if (!tree.startsWith(store)) return undefined
  const [name = '', id = '', last, ...more] = tree.slice(store.length).split('/')
  const isEntry = last === TREE && more.length === 0 && isExtensionName(name) &&
    /^[0-9a-f]{32}$/.test(id)
  return isEntry ? { name, id } : undefined
}
