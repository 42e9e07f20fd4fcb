import { PhylumError } from '#base'
import type { Grant } from '#permissions'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from './compose.ts'
import { realPath } from './protected_places.ts'

/**
 * Lists the sockets by which programs of the user reach the system's keyring, where the credential lies in that: it hands out what it
 * keeps to whoever asks, and a program outside the sandbox could ask.
 *
 * @param unsandboxedRun which programs an extension has run outside of the sandbox
 * @throws ERR_SANDBOX_START when the keyring is reached by a name that no wall can cover
 */
export async function keyringPlaces(context: Context, unsandboxedRun: Grant): Promise<string[]> {
  const isAsked = unsandboxedRun === true || unsandboxedRun.length > 0
  if (!isAsked || (await context.settings()).keyring === null) return []
  const { environment, paths } = context
  const addresses = (environment['DBUS_SESSION_BUS_ADDRESS'] ?? '').split(';').filter(Boolean)
  const named = addresses.map((each) => /^unix:path=([^,]*)/.exec(each)?.[1])
  if (named.includes(undefined)) {
    throw new PhylumError(
      'ERR_SANDBOX_START',
      'Cannot run the extension: it asks to run programs outside the sandbox, and your credential lies in a keyring that those would reach',
      {
        hints: [
          'log out and store it with `phylum auth set-token`, or give the credential by PHYLUM_API_KEY',
        ],
      },
    )
  }
  const usual = ['bus', 'keyring'].map((name) =>
    join(paths.runtimeDirectory ?? '/nonexistent', name)
  )
  return [...named.filter((each) => each !== undefined).map(decodeURIComponent), ...usual]
    .filter((each) => existsSync(each)).map(realPath)
}
