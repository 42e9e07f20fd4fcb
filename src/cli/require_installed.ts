import { display, PhylumError, suggest } from '#base'
import { findInstalled, isExtensionName, listInstalled } from '#registry'
import type { StoredExtension } from '#registry'
import type { Context } from './compose.ts'
import { storePlaces } from './fetch_extension.ts'

/** Finds an extension that `ext install` has installed. @throws ERR_REGISTRY_NOT_FOUND */
export function requireInstalled(context: Context, name: string): StoredExtension {
  const places = storePlaces(context)
  const stored = isExtensionName(name) ? findInstalled(places, name) : undefined
  if (stored !== undefined) return stored
  throw new PhylumError(
    'ERR_REGISTRY_NOT_FOUND',
    `Cannot find extension "${display(name, 100)}": it was not installed by \`phylum ext install\``,
    {
      hints: [
        ...suggest(name, listInstalled(places)).map((near) => `did you mean "${near}"?`),
        '`phylum ext list` shows what is installed',
      ],
    },
  )
}
