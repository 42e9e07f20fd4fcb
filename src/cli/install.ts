import { display, PhylumError } from '#base'
import { activate, findInstalled, findStored, keepCandidate, lookAtLink, withName } from '#registry'
import type { Candidate, StoredExtension } from '#registry'
import { agree } from './agree.ts'
import { bundledNames } from './bundled.ts'
import type { Context } from './compose.ts'
import { keepModulesOf } from './extension_modules.ts'
import { forgetList, storePlaces } from './fetch_extension.ts'

/** How somebody wants an extension installed. */
export interface InstallOptions {
  /** What it asks for is accepted. */
  isAccepted: boolean
  /** Another version in its place may be replaced. */
  isOverwriting: boolean
}

/** How it went; "moved" is the same files from somewhere else, where updates are then looked for. */
export type InstallResult = 'installed' | 'updated' | 'moved' | 'unchanged'

/**
 * Installs an extension that was fetched: asks, keeps its files, and puts them into use in one step.
 *
 * @throws ERR_REGISTRY_NAME, ERR_REGISTRY_EXISTS, ERR_CLI_CONFIRMATION
 */
export async function installCandidate(
  context: Context,
  candidate: Candidate,
  { isAccepted, isOverwriting }: InstallOptions,
): Promise<InstallResult> {
  const places = storePlaces(context)
  const { name } = candidate
  for (const warning of candidate.warnings) context.terminal.log.warn(warning)
  assertCallable(name, context.commandWords)
  const current = findInstalled(places, name)
  const isSameSource = current?.record.source === candidate.source &&
    current.record.member === candidate.member
  if (current?.record.digest !== candidate.digest || !isSameSource) {
    await assertReplaceable(context, candidate, current, isOverwriting)
  }
  await agree(context, {
    candidate,
    before: isSameSource ? current?.record : undefined,
    isAccepted,
    signed: candidate,
    // Before the answer is recorded: only a few are kept, and updates that are killed would push out the one for what runs.
    async keep({ publisher }) {
      // Nothing is fetched for something that nobody has agreed to.
      const modules = await keepModulesOf(context, candidate)
      const options = { publisher, modules, isPinned: false }
      await withName(places, name, () => keepCandidate(places, candidate, options))
    },
  })
  await withName(places, name, async () => {
    await Promise.resolve()
    // Somebody else may have been quicker while the user read the question, and have swept away what is not in use.
    const stored = findStored(places, name, candidate.integrity)
    if (stored === undefined || findInstalled(places, name)?.id !== current?.id) {
      throw new PhylumError(
        'ERR_REGISTRY_EXISTS',
        `Cannot install extension "${name}": another phylum has changed it meanwhile`,
        { hints: ['try again'] },
      )
    }
    activate(places, name, stored.id)
    // The same files may have come from somewhere else before.
    forgetList(context)
  })
  if (current === undefined) return 'installed'
  if (current.record.digest !== candidate.digest) return 'updated'
  return isSameSource ? 'unchanged' : 'moved'
}

/** Refuses a name that leads to a command: `phylum NAME` would never reach the extension. @throws ERR_REGISTRY_NAME */
export function assertCallable(name: string, reserved: ReadonlySet<string>): void {
  if (!reserved.has(name)) return
  throw new PhylumError(
    'ERR_REGISTRY_NAME',
    `Cannot install extension "${name}": "${name}" is a command of phylum`,
    { hints: ['its author has to choose another name'] },
  )
}

/** Asks before something else is put in the place of what is installed. */
async function assertReplaceable(
  context: Context,
  candidate: Candidate,
  current: StoredExtension | undefined,
  isOverwriting: boolean,
): Promise<void> {
  const { name } = candidate
  const isOccupied = current === undefined && lookAtLink(storePlaces(context), name) === 'other'
  if (isOccupied) {
    throw new PhylumError(
      'ERR_REGISTRY_EXISTS',
      `Cannot install extension "${name}": a directory that phylum did not make lies in its place`,
      { hints: [`\`phylum ext uninstall ${name}\` removes it`] },
    )
  }
  const isBundled = current === undefined && bundledNames().includes(name)
  if (isOverwriting || current === undefined && !isBundled) return
  const place = current === undefined ? 'comes with phylum' : `is installed, ${origin(current)}`
  const question = `Extension "${name}" ${place}. Replace it by ${
    candidate.version === null ? 'what is in' : `${display(candidate.version)} from`
  } ${display(candidate.source, 200)}?`
  const answer = await context.terminal.prompter.confirm(question)
  if (answer === undefined) {
    throw new PhylumError(
      'ERR_REGISTRY_EXISTS',
      `Cannot install extension "${name}": ${
        current === undefined
          ? 'one of this name comes with phylum'
          : `it is installed already, ${origin(current)}`
      }`,
      {
        hints: [
          '--overwrite replaces it',
          ...(current === undefined ? [] : [`\`phylum ext update ${name}\` looks for a newer one`]),
        ],
      },
    )
  }
  if (!answer) {
    throw new PhylumError('ERR_CLI_CONFIRMATION', `Extension "${name}" was left as it is`)
  }
}

function origin({ record: { version, source } }: StoredExtension): string {
  return `${version === null ? '' : `${display(version)} `}from ${display(source, 200)}`
}
