import { display, PhylumError } from '#base'
import { isNothing, widened } from '#permissions'
import {
  digestExtension,
  findStored,
  isAgreedSource,
  keepCandidate,
  MODULES,
  normalizeRequest,
  pinnedIdentity,
  pinStored,
  readConsent,
  renderRequest,
  renderSource,
  withName,
  writeConsent,
} from '#registry'
import type {
  Candidate,
  LockedExtension,
  Project,
  Staged,
  StoredExtension,
  TeamEntry,
} from '#registry'
import { join, relative } from 'node:path'
import { agree, askedAnywhere } from './agree.ts'
import type { Proposal } from './agree.ts'
import type { Context } from './compose.ts'
import { identifyModules, keepModulesOf } from './extension_modules.ts'
import { fetchExtension, storePlaces } from './fetch_extension.ts'
import { pinPlaces } from './locate_extension.ts'

/** One extension of a project, and how it shall be synced. */
export interface SyncTask {
  project: Project
  entry: TeamEntry
  /** What the lock file says of this name, be it from this source or another. */
  locked: LockedExtension | undefined
  /** Whether exactly what the lock file says is wanted. */
  isPinned: boolean
  /** Whether nothing may differ, and nothing is asked. */
  isFrozen: boolean
  /** `-y` was given. */
  isAccepted: boolean
}

/** How it went. */
export interface Synced {
  locked: LockedExtension
  /** `kept`: it was on this machine; `fetched`: what the lock file says; `resolved`: the lock file will say something else. */
  state: 'kept' | 'fetched' | 'resolved'
}

/**
 * Makes this machine hold one extension as the lock file says, or finds out what the lock file shall say.
 *
 * @throws ERR_REGISTRY_LOCK, ERR_REGISTRY_INTEGRITY when something differs; ERR_CLI_CONFIRMATION when somebody has to agree
 */
export async function syncExtension(context: Context, task: SyncTask): Promise<Synced> {
  const { entry, locked, isPinned } = task
  const isLocal = /^[/~.]/.test(entry.text)
  if (isPinned && locked !== undefined && !isLocal) {
    const stored = await findWhole(context, locked)
    if (stored !== undefined) return await syncStored(context, task, stored)
  }
  const resolved = isPinned && !isLocal ? locked?.resolved : undefined
  const staged = await fetchExtension(context, entry.source, resolved)
  try {
    return await syncStaged(context, { ...task, isLocal }, staged)
  } finally {
    staged.dispose()
  }
}

/** Finds in the store what a lock file says, if it is what it was when it came there. */
async function findWhole(
  context: Context,
  { name, integrity, modules }: Pick<LockedExtension, 'name' | 'integrity' | 'modules'>,
): Promise<StoredExtension | undefined> {
  const stored = findStored(storePlaces(context), name, integrity)
  if (stored === undefined) return undefined
  try {
    const isWhole = digestExtension(stored.directory) === stored.record.digest &&
      await identifyModules(stored.modules) === modules
    return isWhole ? stored : undefined
  } catch {
    return undefined
  }
}

async function syncStored(
  context: Context,
  task: SyncTask,
  { directory, id, record, modules }: StoredExtension,
): Promise<Synced> {
  const { name, version, digest, request, resolved, publisher } = record
  assertSame(task, { version, request })
  const candidate = { name, version, directory, digest, request, resolved }
  await agreeTo(context, task, candidate, { publisher })
  const places = storePlaces(context)
  await withName(places, name, () => pinStored(places, { directory, id, record, modules }))
  return { locked: task.locked!, state: 'kept' }
}

async function syncStaged(
  context: Context,
  task: SyncTask & { isLocal: boolean },
  staged: Staged,
): Promise<Synced> {
  const { entry, locked, isPinned, isFrozen, isLocal, project } = task
  const candidate = await staged.prepare(chooseMember(entry, staged))
  if (candidate.name !== entry.name) {
    throw refuse(task, `its source holds "${candidate.name}"`)
  }
  for (const warning of candidate.warnings) context.terminal.log.warn(warning)
  const isSame = isPinned && candidate.integrity === locked?.integrity
  const isHere = isSame && await findWhole(context, locked) !== undefined
  if (isSame) assertSame(task, candidate)
  // What lies in the project, or beside it, is worked on; everything else is what it was, or somebody has changed it.
  else if (isPinned && (isFrozen || !isLocal)) throw refuseFiles(task)
  let imported: string | null = null
  await agreeTo(context, task, candidate, candidate, async ({ publisher }) => {
    const modules = await keepModulesOf(context, candidate)
    imported = await identifyModules(modules === null ? null : join(candidate.entry, MODULES))
    if (isSame && imported !== locked.modules) throw refuseModules(task)
    const places = storePlaces(context)
    const { name, integrity } = candidate
    // The record of one that is installed says where it is updated from, which a project does not change.
    const known = await findWhole(context, { name, integrity, modules: imported })
    await withName(places, name, async () => {
      if (known !== undefined) await pinStored(places, known)
      else await keepCandidate(places, candidate, { publisher, modules, isPinned: true })
    })
    await holdConsent(context, task)
  })
  if (isSame) return { locked, state: isHere ? 'kept' : 'fetched' }
  return { locked: toLocked(project, entry, candidate, imported), state: 'resolved' }
}

/** Finds which extension of a workspace is meant: the one of this name. */
function chooseMember(entry: TeamEntry, { members }: Staged): string | null {
  if (members.length === 0) return null
  const member = members.find(({ name }) => name === entry.name)
  if (member !== undefined) return member.path
  const names = members.slice(0, 10).map(({ name }) => name).join(', ')
  throw new PhylumError(
    'ERR_REGISTRY_NOT_FOUND',
    `Cannot sync "${entry.name}" of ${entry.where}: its source holds no extension of this name`,
    { hints: [`it holds ${names}`] },
  )
}

/** Refuses a lock file that says something else of an extension than the extension itself: what was shown and agreed to is not what it is. */
function assertSame(
  task: SyncTask,
  found: Pick<Candidate, 'version' | 'request'>,
): void {
  const locked = task.locked!
  const [said, asked] = [locked.request, found.request].map((each) => renderRequest(each))
  const added = asked!.filter((line) => !said!.includes(line))
  const removed = said!.filter((line) => !asked!.includes(line))
  const [line = added[0]] = removed
  if (line !== undefined) {
    const what = line.replaceAll('\n', ' ')
    throw refuse(
      task,
      removed.length > 0
        ? `the lock file says ${display(what, 200)}, and its manifest does not`
        : `its manifest says ${display(what, 200)}, and the lock file does not`,
    )
  }
  if (locked.version !== found.version) {
    throw refuse(
      task,
      `the lock file says version ${display(locked.version ?? 'none')}, and its manifest ${
        display(found.version ?? 'none')
      }`,
    )
  }
}

/**
 * Makes the consent for what the lock file says now the last one that is kept. Only a few are: without this, syncs that are killed one
 * after the other could push out the consent for what still runs.
 */
async function holdConsent(
  context: Context,
  { project, locked }: SyncTask,
): Promise<void> {
  const stored = locked && findStored(storePlaces(context), locked.name, locked.integrity)
  if (stored === undefined) return
  const { stateDirectory } = context.paths
  const identity = pinnedIdentity(project, stored.record.name, stored.directory)
  const consent = readConsent(stateDirectory, identity, stored.record.digest)
  if (consent?.digest === stored.record.digest) {
    await writeConsent(stateDirectory, identity, consent)
  }
}

/** Asks, where there is something to ask, and records the answer for this project. */
async function agreeTo(
  context: Context,
  { project, entry, locked, isFrozen, isAccepted }: SyncTask,
  candidate: Omit<Proposal['candidate'], 'source'>,
  signed: Proposal['signed'],
  keep: Proposal['keep'] = () => Promise.resolve(),
) {
  const wanted = askedAnywhere(context, candidate.request)
  const isWithin = locked === undefined ||
    isNothing(widened(askedAnywhere(context, locked.request), wanted))
  return await agree(context, {
    candidate: { ...candidate, source: renderSource(entry.source) },
    before: isAgreedSource(project, entry, pinPlaces(context)) ? { version: null } : undefined,
    // Whoever says `--frozen` runs what their team has agreed to.
    isAccepted: isFrozen || (isAccepted && isWithin),
    signed,
    keep,
    identity: pinnedIdentity(project, entry.name, candidate.directory),
    hint: isAccepted
      ? 'it asks for more than the lock file says, which -y does not accept: run it at a terminal'
      : '-y accepts it, where it asks for no more than the lock file says',
  })
}

/** Writes what the lock file shall say. A path is relative to the project: everybody has it somewhere else. */
function toLocked(
  { directory }: Project,
  { name, text }: TeamEntry,
  { version, resolved, integrity, request }: Candidate,
  modules: string | null,
): LockedExtension {
  const inside = resolved.startsWith('/') ? relative(directory, resolved) : undefined
  return {
    name,
    version,
    source: text,
    resolved: inside === undefined ? resolved : inside.startsWith('..') ? inside : `./${inside}`,
    integrity,
    modules,
    request: normalizeRequest(request),
  }
}

function refuse({ entry }: SyncTask, state: string): PhylumError {
  return new PhylumError(
    'ERR_REGISTRY_LOCK',
    `Cannot sync "${entry.name}" of ${entry.where}: ${state}`,
    { hints: [`\`phylum ext sync --update ${entry.name}\` resolves it anew`] },
  )
}

/** Refuses other versions of what an extension imports; ranges in its imports allow them. */
function refuseModules({ entry }: SyncTask): PhylumError {
  return new PhylumError(
    'ERR_REGISTRY_LOCK',
    `Cannot sync "${entry.name}" of ${entry.where}: what it imports from elsewhere is not what the lock file says`,
    {
      hints: [
        'there are newer versions by now; with the `deno.lock` that `phylum ext check` writes, its author can hold them fast',
        `\`phylum ext sync --update ${entry.name}\` takes what there is`,
      ],
    },
  )
}

function refuseFiles({ entry, isFrozen }: SyncTask): PhylumError {
  return new PhylumError(
    isFrozen ? 'ERR_REGISTRY_LOCK' : 'ERR_REGISTRY_INTEGRITY',
    `Cannot sync "${entry.name}" of ${entry.where}: its files are not those of the lock file`,
    {
      hints: [
        'somebody may have changed them where they come from',
        isFrozen
          ? 'if that is meant: run `phylum ext sync` at your own machine, and commit the lock file'
          : `if that is meant: \`phylum ext sync --update ${entry.name}\``,
      ],
    },
  )
}
