import { display } from '#base'
import { renderSource, stageSource } from '#registry'
import type { Source, Staged, StorePlaces } from '#registry'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from './compose.ts'

/** Where installed extensions lie. */
export function storePlaces({ paths }: Context): StorePlaces {
  const { extensionsDirectory, storeDirectory, stagingDirectory } = paths
  return { extensionsDirectory, storeDirectory, stagingDirectory }
}

/**
 * Fetches a source, and says so while somebody waits.
 *
 * @param resolved what exactly must be fetched, as a lock file says
 */
export async function fetchExtension(
  context: Context,
  source: Source,
  resolved?: string,
): Promise<Staged> {
  const { terminal, environment } = context
  const { fetch } = await context.platformFetch()
  terminal.showProgress(`Fetching ${display(renderSource(source))} …`)
  try {
    return await stageSource(source, {
      places: storePlaces(context),
      world: {
        fetch,
        environment,
        home: environment['HOME'] ?? '/',
        log: terminal.log,
        onProgress: (line) => terminal.showProgress(line),
      },
      ...(resolved === undefined ? {} : { resolved }),
    })
  } finally {
    terminal.showProgress(undefined)
  }
}

/** Where it is remembered what the installed extensions are. */
export function listCache({ paths }: Context): string {
  return join(paths.cacheDirectory, 'extensions.json')
}

/** Forgets what the installed extensions are. */
export function forgetList(context: Context): void {
  rmSync(listCache(context), { force: true })
}
