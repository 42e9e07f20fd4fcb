import { display, PhylumError } from '#base'
import { parseSource } from '#registry'
import type { Candidate, Staged } from '#registry'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { fetchExtension } from '../fetch_extension.ts'
import { installCandidate } from '../install.ts'
import type { InstallResult } from '../install.ts'

/** `phylum ext install` */
export const extensionInstall: Command = {
  name: 'ext install',
  summary: 'Install an extension',
  usage: 'SOURCE [NAME]…',
  positionals: { min: 1, max: Infinity },
  options: [
    { name: 'yes', short: 'y', summary: 'Answer every question with yes' },
    { name: 'accept-permissions', summary: 'Accept what it asks for' },
    { name: 'overwrite', summary: 'Replace an extension of the same name' },
    { name: 'all', summary: 'Install all extensions that the source holds' },
  ],
  examples: [
    ['phylum ext install ./report', 'from a directory; also a .tgz, a file or an https URL'],
    ['phylum ext install github:acme/tools#v2', 'from a repository, at a branch, tag or commit'],
    ['phylum ext install npm:@acme/report@^1', 'from an npm registry, as your .npmrc says'],
    ['phylum ext install ./tools report audit', 'some of the extensions that it holds'],
  ],
  async run(context, given) {
    const { terminal, environment, workingDirectory } = context
    const [text = '', ...names] = given.positionals
    const home = environment['HOME'] ?? '/'
    const staged = await fetchExtension(context, parseSource(text, { workingDirectory, home }))
    const isYes = hasOption(given, 'yes')
    try {
      const members = await chooseMembers(context, staged, {
        names,
        isAll: hasOption(given, 'all'),
      })
      for (const member of members) {
        const candidate = await staged.prepare(member)
        const result = await installCandidate(context, candidate, {
          isAccepted: isYes || hasOption(given, 'accept-permissions'),
          isOverwriting: isYes || hasOption(given, 'overwrite'),
        })
        terminal.print(describeResult(candidate, result))
      }
    } finally {
      staged.dispose()
    }
    return 0
  },
}

function describeResult({ name, version, source }: Candidate, result: InstallResult): string {
  const what = `${name}${version === null ? '' : ` ${display(version)}`}`
  if (result === 'unchanged') return `${what} is installed already`
  if (result === 'moved') {
    return `${what} is installed already; updates come from ${display(source, 200)} from now on`
  }
  return `${what} is installed: phylum ${name}`
}

/** Finds out which extensions of a source are meant; null stands for one that is an extension itself. */
async function chooseMembers(
  { terminal }: Context,
  { members }: Staged,
  { names, isAll }: { names: readonly string[]; isAll: boolean },
): Promise<readonly (string | null)[]> {
  if (members.length === 0 && names.length === 0) return [null]
  const unknown = names.find((name) => !members.some((each) => each.name === name))
  if (unknown !== undefined) {
    throw new PhylumError(
      'ERR_REGISTRY_NOT_FOUND',
      `Cannot install "${display(unknown)}": the source holds no extension of this name`,
      { hints: members.slice(0, 10).map(({ name }) => `it holds "${name}"`) },
    )
  }
  if (names.length > 0) {
    return members.filter(({ name }) => names.includes(name)).map(({ path }) => path)
  }
  if (isAll || members.length === 1) return members.map(({ path }) => path)
  const chosen = await terminal.prompter.choose(
    'Which of these extensions?',
    members.map(({ path, name, version, description }) => ({
      value: path,
      label: version === null ? name : `${name} ${display(version)}`,
      ...(description === null ? {} : { hint: display(description, 60) }),
    })),
  )
  if (chosen !== undefined && chosen.length > 0) return chosen
  throw new PhylumError(
    'ERR_CLI_CONFIRMATION',
    `Cannot install: the source holds ${members.length} extensions, and none was chosen`,
    {
      hints: [
        `name some of them: ${members.slice(0, 10).map(({ name }) => name).join(', ')}`,
        '--all installs all of them',
      ],
    },
  )
}
