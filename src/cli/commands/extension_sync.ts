import { display, displayJson, PhylumError, suggest, UsageError } from '#base'
import { writeFileAtomic } from '#config'
import {
  findProject,
  LOCK_FILE,
  readLockFile,
  readTeamFile,
  renderLockFile,
  TEAM_FILE,
} from '#registry'
import type { LockedExtension, Project, TeamEntry } from '#registry'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { assertCallable } from '../install.ts'
import { syncExtension } from '../sync_extension.ts'
import type { Synced } from '../sync_extension.ts'

/** `phylum ext sync` */
export const extensionSync: Command = {
  name: 'ext sync',
  summary: `Get the extensions of ${TEAM_FILE}, exactly as ${LOCK_FILE} says`,
  usage: '[NAME]…',
  positionals: { min: 0, max: Infinity },
  options: [
    { name: 'frozen', summary: 'Fail where anything differs, and ask nothing; so with CI=true' },
    { name: 'update', summary: 'Look for newer versions, of NAME or of all' },
    { name: 'yes', short: 'y', summary: 'Agree to what the lock file says' },
    { name: 'json', summary: 'Print what was done as JSON' },
  ],
  examples: [
    ['phylum ext sync', 'after a checkout, or a change of the file; `phylum NAME` then runs them'],
    ['phylum ext sync --update report', 'a newer version, as far as its source allows'],
    ['phylum ext sync --frozen', 'the very same bytes and permissions, or none'],
  ],
  async run(context, given) {
    const { environment, terminal, workingDirectory } = context
    const isFrozen = hasOption(given, 'frozen') || isBuildService(environment['CI'])
    const isUpdating = hasOption(given, 'update')
    if (isFrozen && isUpdating) {
      throw new UsageError('Option --update contradicts --frozen, which CI=true stands for as well')
    }
    if (!isUpdating && given.positionals.length > 0) {
      throw new UsageError('Names are for --update; without it, all extensions are synced')
    }
    const project = findProject(workingDirectory)
    if (project === undefined) {
      throw new PhylumError(
        'ERR_REGISTRY_NOT_FOUND',
        `Cannot sync: there is no ${TEAM_FILE} here, nor above`,
        { hints: ['write one: `[extensions]`, then lines as `report = "npm:@acme/report@^1"`'] },
      )
    }
    const entries = await readTeamFile(project, environment['HOME'] ?? '/')
    for (const { name } of entries) assertCallable(name, context.commandWords)
    const lock = await readLockFile(project)
    if (isFrozen) assertFrozen(project, entries, lock)
    const isUpdated = chooseUpdated(entries, given.positionals, isUpdating)
    const synced: Synced[] = []
    for (const entry of entries) {
      const locked = lock.find(({ name }) => name === entry.name)
      synced.push(
        await syncExtension(context, {
          project,
          entry,
          locked,
          isPinned: locked?.source === entry.text && !isUpdated(entry.name),
          isFrozen,
          isAccepted: hasOption(given, 'yes'),
        }),
      )
    }
    const before = renderLockFile(lock)
    const after = renderLockFile(synced.map(({ locked }) => locked))
    const isWritten = !isFrozen && (after !== before || (lock.length === 0 && entries.length > 0))
    // All is in the store and agreed to by now: the one step that changes what runs.
    if (isWritten) await writeFileAtomic(project.lockFile, after, { mode: 0o644 })
    const removed = lock.map(({ name }) => name)
      .filter((name) => !entries.some((entry) => entry.name === name))
    if (hasOption(given, 'json')) terminal.print(renderJson(project, synced, removed, isWritten))
    else report(context, { lock, synced, removed, isWritten })
    return 0
  },
}

function isBuildService(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value)
}

/** Answers which names are resolved anew. */
function chooseUpdated(
  entries: readonly TeamEntry[],
  names: readonly string[],
  isUpdating: boolean,
): (name: string) => boolean {
  const known = entries.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new PhylumError(
      'ERR_REGISTRY_NOT_FOUND',
      `Cannot update "${display(unknown, 100)}": ${TEAM_FILE} does not have it`,
      { hints: suggest(unknown, known).map((near) => `did you mean "${near}"?`) },
    )
  }
  return (name) => isUpdating && (names.length === 0 || names.includes(name))
}

/** Refuses a lock file that is not that of the list, with every difference. */
function assertFrozen(
  { lockFile }: Project,
  entries: readonly TeamEntry[],
  lock: readonly LockedExtension[],
): void {
  const differences = entries.flatMap(({ name, text, where }) => {
    const locked = lock.find((each) => each.name === name)
    if (locked === undefined) return [`${where}: "${name}" is not in the lock file`]
    if (locked.source === text) return []
    return [`${where}: "${name}" is in the lock file from "${display(locked.source, 200)}"`]
  })
  const names = new Set(entries.map(({ name }) => name))
  for (const { name } of lock) {
    if (!names.has(name)) differences.push(`"${name}" is in the lock file alone`)
  }
  if (differences.length === 0) return
  throw new PhylumError(
    'ERR_REGISTRY_LOCK',
    differences.length === 1
      ? `Cannot sync by "${display(lockFile)}": ${differences[0]}`
      : [`Cannot sync by "${display(lockFile)}":`, ...differences.map((each) => `  ${each}`)]
        .join('\n'),
    { hints: ['run `phylum ext sync` at your own machine, and commit the lock file'] },
  )
}

interface Outcome {
  lock: readonly LockedExtension[]
  synced: readonly Synced[]
  removed: readonly string[]
  isWritten: boolean
}

function report({ terminal }: Context, { lock, synced, removed, isWritten }: Outcome): void {
  for (const { locked: { name, version }, state } of synced) {
    const before = lock.find((each) => each.name === name)
    const shown = `${name}${version === null ? '' : ` ${display(version)}`}`
    const from = before?.version === undefined || before.version === version
      ? ''
      : `, before ${display(before.version ?? 'without a version')}`
    const how = { kept: 'is here', fetched: 'is here now', resolved: `is new${from}` }[state]
    terminal.print(`${shown} ${how}`)
  }
  for (const name of removed) terminal.print(`${name} is not used any more`)
  if (isWritten) terminal.log.note(`Wrote ${LOCK_FILE}: commit it`)
}

function renderJson(
  project: Project,
  synced: readonly Synced[],
  removed: readonly string[],
  isWritten: boolean,
): string {
  return displayJson(JSON.stringify({
    schema: 1,
    project: project.directory,
    is_lock_written: isWritten,
    extensions: synced.map(({ locked, state }) => ({
      name: locked.name,
      version: locked.version,
      source: locked.source,
      resolved: locked.resolved,
      integrity: locked.integrity,
      state,
    })),
    removed,
  }))
}
