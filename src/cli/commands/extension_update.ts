import { display, isPhylumError, PhylumError } from '#base'
import { describePermissions, isNothing, widened } from '#permissions'
import { compareVersions, listInstalled, parseSource } from '#registry'
import type { Candidate, InstallRecord } from '#registry'
import { askedAnywhere } from '../agree.ts'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { exitCodeOf } from '../exit.ts'
import { fetchExtension, storePlaces } from '../fetch_extension.ts'
import { installCandidate } from '../install.ts'
import { renderError } from '../render_error.ts'
import { requireInstalled } from '../require_installed.ts'

/** `phylum ext update` */
export const extensionUpdate: Command = {
  name: 'ext update',
  summary: 'Update extensions; asks where one wants more than before',
  usage: '[NAME]…',
  positionals: { min: 0, max: Infinity },
  options: [
    { name: 'dry-run', summary: 'Show what would change, and change nothing' },
    { name: 'yes', short: 'y', summary: 'Answer every question with yes' },
    { name: 'accept-permissions', summary: 'Accept what they ask for' },
    { name: 'overwrite', summary: 'Take older versions too, and other files of the same version' },
  ],
  examples: [
    ['phylum ext update', 'all that are installed'],
    ['phylum ext update report --dry-run', 'what would be new, permissions first'],
  ],
  async run(context, given) {
    const { terminal } = context
    const names = given.positionals.length > 0
      ? [...new Set(given.positionals)]
      : listInstalled(storePlaces(context))
    if (names.length === 0) terminal.log.note('No extension is installed')
    const records = names.map((name) => requireInstalled(context, name).record)
    let code = 0
    for (const record of records) {
      try {
        terminal.print(`${record.name} ${await update(context, record, {
          isDry: hasOption(given, 'dry-run'),
          isAccepted: hasOption(given, 'yes') || hasOption(given, 'accept-permissions'),
          isOverwriting: hasOption(given, 'overwrite'),
        })}`)
      } catch (error) {
        // One that cannot be reached shall not keep the others from their update.
        if (!isPhylumError(error) || isPhylumError(error, 'ERR_CLI_CANCELLED')) throw error
        if (names.length === 1) throw error
        terminal.say(renderError(terminal, error))
        code = code === 0 ? exitCodeOf(error) : code
      }
    }
    return code
  },
}

interface UpdateOptions {
  isDry: boolean
  isAccepted: boolean
  isOverwriting: boolean
}

/** Updates one extension. @returns what happened, in words */
async function update(
  context: Context,
  record: InstallRecord,
  { isDry, isAccepted, isOverwriting }: UpdateOptions,
): Promise<string> {
  const home = context.environment['HOME'] ?? '/'
  const source = parseSource(record.source, { workingDirectory: '/', home })
  const staged = await fetchExtension(context, source)
  try {
    const candidate = await staged.prepare(record.member)
    if (candidate.name !== record.name) {
      throw refuse(record, `what its source holds now is called "${candidate.name}"`)
    }
    const isSame = candidate.digest === record.digest
    if (!isSame && !isOverwriting) await assertNewer(record, candidate)
    const versions = describeVersions(record, candidate)
    if (isDry) {
      return isSame
        ? 'is up to date'
        : [`would go ${versions}`, ...difference(context, record, candidate)].join('\n')
    }
    // An entry whose files were changed is replaced as well.
    const result = await installCandidate(context, candidate, { isAccepted, isOverwriting: true })
    return result === 'unchanged' ? 'is up to date' : `went ${versions}`
  } finally {
    staged.dispose()
  }
}

/** Refuses what is no newer version: an older one brings old holes back, and other bytes under the same number are no release. */
async function assertNewer(record: InstallRecord, candidate: Candidate): Promise<void> {
  if (record.version === null || candidate.version === null) return
  const order = await compareVersions(candidate.version, record.version)
  if (order > 0) return
  throw refuse(
    record,
    order < 0
      ? `its source holds ${display(candidate.version)}, which is older than ${
        display(record.version)
      }`
      : `its source holds other files under the same version, ${display(record.version)}`,
  )
}

function refuse({ name }: InstallRecord, state: string): PhylumError {
  return new PhylumError('ERR_REGISTRY_INTEGRITY', `Cannot update extension "${name}": ${state}`, {
    hints: [`if that is meant: \`phylum ext update --overwrite ${name}\``],
  })
}

function describeVersions(before: InstallRecord, after: Candidate): string {
  if (before.version !== after.version) {
    return `from ${display(before.version ?? 'no version')} to ${
      display(after.version ?? 'no version')
    }`
  }
  return `from ${display(before.resolved, 200)} to ${display(after.resolved, 200)}`
}

/** Says what a version would ask for that the one in use does not, and the other way round. */
function difference(context: Context, before: InstallRecord, after: Candidate): string[] {
  const [old, fresh] = [before, after].map(({ request }) => askedAnywhere(context, request))
  const [added, removed] = [widened(old!, fresh!), widened(fresh!, old!)]
  if (isNothing(added) && isNothing(removed)) return ['  asks for what it asked for before']
  return [
    ...describePermissions(added).lines.map((each) => `  + ${each}`),
    ...describePermissions(removed).lines.map((each) => `  - ${each}`),
  ]
}
