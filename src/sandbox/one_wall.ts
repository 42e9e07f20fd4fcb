import { PhylumError } from '#base'
import type { GrantedPermissions } from '#permissions'
import type { Layers } from './wall.ts'

/**
 * Refuses what nothing here holds back. To start with a warning instead would break what phylum promises: that an extension never
 * sees the credential. Namespaces hold all of it; without them,
 *
 * - a program that runs outside the sandbox could open the settings;
 * - a program that an extension starts could talk to the sockets of other programs, which have the rights of the user;
 * - the engine and Landlock judge a path by what is above it: whoever may write above a closed place moves its parent directory
 *   away, or makes a link to it, and finds it open under another name.
 *
 * @param closed places that must stay closed, absolute
 * @throws ERR_SANDBOX_START
 */
export function assertHoldable(
  granted: GrantedPermissions,
  closed: readonly string[],
  hasNamespaces: boolean,
): void {
  const { run, unsandboxedRun, write } = granted
  if (hasNamespaces) return
  if (isAsked(unsandboxedRun)) {
    throw refusal(
      'it asks to run programs outside the sandbox, and only namespaces keep the credential from those',
    )
  }
  if (isAsked(run)) {
    throw refusal('it asks to run programs, and only namespaces confine those')
  }
  if (write === true) throw refusal('it asks to write everywhere, above the settings too')
  for (const place of write) {
    const below = closed.find((each) =>
      each === place || each.startsWith(`${place.replace(/\/$/, '')}/`)
    )
    if (below !== undefined) {
      throw refusal(`it asks to write to "${place}", and "${below}" below it must stay closed`)
    }
  }
}

/**
 * Refuses to run an engine that has no permissions of its own behind anything but the whole wall: what one layer leaves open,
 * nothing else would hold.
 *
 * @throws ERR_SANDBOX_ENGINE
 */
export function assertWhole(layers: Layers | undefined): void {
  if (layers?.landlock && layers.seccomp && layers.namespaces !== null) return
  throw new PhylumError(
    'ERR_SANDBOX_ENGINE',
    'Cannot run the extension in the engine "bun": it needs the whole wall, namespaces included',
    {
      hints: [
        '`phylum sandbox --check` shows what is missing',
        'or say engine = "deno" in its manifest, if it runs there',
      ],
    },
  )
}

function isAsked(grant: true | readonly string[]): boolean {
  return grant === true || grant.length > 0
}

function refusal(state: string): PhylumError {
  return new PhylumError('ERR_SANDBOX_START', `Cannot run the extension: ${state}`, {
    hints: ['ask for less in the [permissions] table of its manifest'],
  })
}
