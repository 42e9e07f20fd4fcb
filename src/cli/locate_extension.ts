import { findExtension, findPinned, isExtensionName } from '#registry'
import type { Extension, PinPlaces } from '#registry'
import { bundledDirectory } from './bundled.ts'
import type { Context } from './compose.ts'
import { storePlaces } from './fetch_extension.ts'

/** Where pinned extensions are looked for. */
export function pinPlaces(context: Context): PinPlaces {
  const { environment, paths, workingDirectory } = context
  return {
    store: storePlaces(context),
    stateDirectory: paths.stateDirectory,
    workingDirectory,
    home: environment['HOME'] ?? '/',
  }
}

/**
 * Finds an extension by its name or its path: what the project in which one stands has pinned goes before what is installed or
 * bundled.
 *
 * @throws ERR_REGISTRY_LOCK for one that is pinned and not synced, and what `findExtension` throws
 */
export async function locateExtension(context: Context, nameOrPath: string): Promise<Extension> {
  const { paths, workingDirectory } = context
  const pinned = isExtensionName(nameOrPath)
    ? await findPinned(nameOrPath, pinPlaces(context))
    : undefined
  return pinned ?? await findExtension(nameOrPath, {
    extensionsDirectory: paths.extensionsDirectory,
    bundledDirectory: bundledDirectory(paths.dataDirectory),
    workingDirectory,
  })
}
