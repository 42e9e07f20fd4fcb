import { display, PhylumError, suggest } from '#base'
import {
  isExtensionName,
  listNames,
  lookAtLink,
  removeConsent,
  removeInstalled,
  stateName,
  withName,
} from '#registry'
import { rmSync } from 'node:fs'
import { bundledDirectory } from '../bundled.ts'
import type { Command } from '../command.ts'
import type { Context } from '../compose.ts'
import { storePlaces } from '../fetch_extension.ts'

/** `phylum ext uninstall` */
export const extensionUninstall: Command = {
  name: 'ext uninstall',
  summary: 'Remove extensions, and what they keep',
  usage: 'NAME…',
  positionals: { min: 1, max: Infinity },
  options: [],
  examples: [['phylum ext uninstall report', 'its files, its state, and what you agreed to']],
  async run(context, given) {
    const { terminal } = context
    const names = [...new Set(given.positionals)]
    // All or none: a name that is mistyped shall not leave the work half done.
    for (const name of names) assertInstalled(context, name)
    for (const name of names) {
      await uninstall(context, name)
      terminal.print(`${name} is removed`)
    }
    return 0
  },
}

function assertInstalled(context: Context, name: string): void {
  const { paths } = context
  if (isExtensionName(name) && lookAtLink(storePlaces(context), name) !== undefined) return
  const isBundled = listNames([bundledDirectory(paths.dataDirectory)]).includes(name)
  const installed = listNames([paths.extensionsDirectory])
  throw new PhylumError(
    'ERR_REGISTRY_NOT_FOUND',
    `Cannot uninstall "${display(name, 100)}": ${
      isBundled ? 'it comes with phylum' : 'no extension of this name is installed'
    }`,
    { hints: suggest(name, installed).map((near) => `did you mean "${near}"?`) },
  )
}

/** Removes an extension; its link goes after what it keeps, so that one who is interrupted can begin again. */
async function uninstall(context: Context, name: string): Promise<void> {
  const { paths } = context
  const places = storePlaces(context)
  const identity = { name, source: 'installed' as const, directory: '' }
  await withName(places, name, async () => {
    await Promise.resolve()
    removeConsent(paths.stateDirectory, identity)
    rmSync(paths.extensionStateDirectory(stateName(identity)), { recursive: true, force: true })
    removeInstalled(places, name)
  })
}
