import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isExtensionName } from '../find_extension.ts'
import { entryDirectory, entryOfTree, linkOf, MODULES, TREE } from './places.ts'
import type { StorePlaces } from './places.ts'
import { readRecord } from './record.ts'
import type { InstallRecord } from './record.ts'

/** An extension in the store. */
export interface StoredExtension {
  readonly id: string
  /** Directory of its files. */
  readonly directory: string
  /** Directory of the modules that it imports from elsewhere; null where there are none. */
  readonly modules: string | null
  readonly record: InstallRecord
}

/** Reads an entry; undefined where there is none that is whole. */
export function readStored(
  places: StorePlaces,
  name: string,
  id: string,
): StoredExtension | undefined {
  const entry = entryDirectory(places, name, id)
  const record = readRecord(entry)
  if (record?.name !== name) return undefined
  const modules = record.modules === null ? null : join(entry, MODULES)
  return { id, directory: join(entry, TREE), modules, record }
}

/** Tells to which entry the link of an extension leads; undefined where it leads to none. */
export function followLink(
  places: StorePlaces,
  name: string,
): { id: string; directory: string } | undefined {
  let directory: string
  try {
    directory = resolve(places.extensionsDirectory, readlinkSync(linkOf(places, name)))
  } catch {
    return undefined
  }
  const entry = entryOfTree(places, directory)
  return entry?.name === name ? { id: entry.id, directory } : undefined
}

/** Finds the version of an extension that is in use: the one that its link leads to. */
export function findInstalled(places: StorePlaces, name: string): StoredExtension | undefined {
  const entry = followLink(places, name)
  return entry === undefined ? undefined : readStored(places, name, entry.id)
}

/** Finds a version that is kept, by its integrity, in use or not. */
export function findStored(
  places: StorePlaces,
  name: string,
  integrity: string,
): StoredExtension | undefined {
  return listVersions(places, name).find(({ record }) => record.integrity === integrity)
}

/** Lists every version of an extension that is kept. */
export function listVersions(places: StorePlaces, name: string): StoredExtension[] {
  let ids: string[]
  try {
    ids = readdirSync(join(places.storeDirectory, name))
  } catch {
    return []
  }
  return ids.filter((id) => /^[0-9a-f]{32}$/.test(id))
    .map((id) => readStored(places, name, id)).filter((each) => each !== undefined)
}

/** Lists the names of what is installed by a link, in their order. */
export function listInstalled(places: StorePlaces): string[] {
  try {
    return readdirSync(places.extensionsDirectory).filter(isExtensionName)
      .filter((name) => findInstalled(places, name) !== undefined).sort()
  } catch {
    return []
  }
}

/** Tells what lies where the link of an extension belongs. */
export function lookAtLink(places: StorePlaces, name: string): 'link' | 'other' | undefined {
  const status = lstatSync(linkOf(places, name), { throwIfNoEntry: false })
  if (status === undefined) return undefined
  return status.isSymbolicLink() ? 'link' : 'other'
}
