import type { CommandSpec } from './command.ts'
import type { OptionSpec } from './option.ts'
import { GLOBAL_OPTIONS } from './global_options.ts'
import type { Terminal } from './terminal.ts'

/** Commands under the heading that a newcomer would look for. */
const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['Extensions', [
    'ext run',
    'ext install',
    'ext update',
    'ext rollback',
    'ext uninstall',
    'ext list',
    'ext info',
    'ext new',
    'ext check',
    'ext test',
    'sandbox',
  ]],
  ['Sharing', ['ext sync', 'ext pack', 'trust add', 'trust list', 'trust remove', 'trust explain']],
  ['Credential', ['auth login', 'auth register', 'auth status', 'auth explain', 'auth logout']],
  ['API keys', [
    'auth token',
    'auth set-token',
    'auth list-tokens',
    'auth create-token',
    'auth revoke-token',
  ]],
  ['Projects', [
    'init',
    'status',
    'project list',
    'project create',
    'project update',
    'project delete',
    'project link',
    'project status',
    'history',
  ]],
  ['API', [
    'ping',
    'group list',
    'group create',
    'group delete',
    'group member list',
    'group member add',
    'group member remove',
    'org list',
    'org create',
    'org delete',
    'org link',
    'org unlink',
    'org member list',
    'org member add',
    'org member remove',
  ]],
  ['Embedded server', [
    'server start',
    'server exec',
    'server export',
    'server import',
    'server rotate-keys',
  ]],
  ['Shell', ['completion']],
]

/** Renders what `phylum --help` shows. */
export function renderOverview(terminal: Terminal, commands: readonly CommandSpec[]): string {
  const heading = (text: string) => terminal.paint('bold', text)
  const lines = [
    'Run extensions that call an API with your credential, which they never see',
    '',
    `${heading('Usage:')} phylum COMMAND [OPTIONS]`,
    `       phylum EXTENSION [ARGUMENTS]…`,
    '',
    heading('Examples:'),
    ...renderPairs([
      ['phylum auth login', 'log in, and store a key of your own'],
      ['phylum ext run groups', 'run an extension; short: phylum groups'],
      ['phylum server exec -- phylum ext run -y groups', 'the same, against a throw-away server'],
    ]),
  ]
  for (const [title, names] of GROUPS) {
    const rows = names.map((name) => commands.find((each) => each.name === name))
      .filter((each) => each !== undefined)
      .map((each) => [`${each.name} ${each.usage}`.trim(), each.summary] as const)
    lines.push('', heading(`${title}:`), ...renderPairs(rows))
  }
  lines.push('', heading('Options of every command:'), ...renderOptions(GLOBAL_OPTIONS))
  lines.push('', 'phylum COMMAND --help tells more of one command.')
  return lines.join('\n')
}

/** Renders the help of one command: examples first. */
export function renderCommandHelp(terminal: Terminal, command: CommandSpec): string {
  const heading = (text: string) => terminal.paint('bold', text)
  const lines = [command.summary, '', `${heading('Usage:')} ${usageLine(command)}`]
  lines.push('', heading('Examples:'), ...renderPairs(command.examples))
  if (command.options.length > 0) {
    lines.push('', heading('Options:'), ...renderOptions(command.options))
  }
  lines.push('', heading('Options of every command:'), ...renderOptions(GLOBAL_OPTIONS))
  return lines.join('\n')
}

/** Renders the list of what may follow a first word, such as `phylum ext`. */
export function renderFamily(
  terminal: Terminal,
  word: string,
  commands: readonly CommandSpec[],
): string {
  return [
    `${terminal.paint('bold', 'Usage:')} phylum ${word} COMMAND [OPTIONS]`,
    '',
    ...renderPairs(commands.map((each) => [`${each.name} ${each.usage}`.trim(), each.summary])),
    '',
    `phylum ${word} COMMAND --help tells more.`,
  ].join('\n')
}

/** The usage line of a command. */
export function usageLine(command: CommandSpec): string {
  const options = command.options.length > 0 ? ' [OPTIONS]' : ''
  return `phylum ${command.name}${options} ${command.usage}`.trimEnd()
}

function renderOptions(options: readonly OptionSpec[]): string[] {
  return renderPairs(options.map((option) => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `
    const value = option.value === undefined ? '' : ` ${option.value}`
    return [`${short}--${option.name}${value}`, option.summary]
  }))
}

/** Widest left side that others are lined up with; a wider one has its explanation on the next line. */
const MAX_LEFT = 40

function renderPairs(pairs: readonly (readonly [string, string])[]): string[] {
  const lengths = pairs.map(([left]) => left.length).filter((length) => length <= MAX_LEFT)
  const width = Math.max(0, ...lengths)
  const indent = ' '.repeat(width + 4)
  return pairs.map(([left, right]) =>
    left.length > MAX_LEFT ? `  ${left}\n${indent}${right}` : `  ${left.padEnd(width)}  ${right}`
  )
}
