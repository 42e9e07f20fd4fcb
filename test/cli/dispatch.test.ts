import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/catalog.generated.ts'
import { dispatch } from '../../src/cli/dispatch.ts'
import { readGlobalOptions } from '../../src/cli/global_options.ts'
import { commandLine } from '../fuzz/command_lines.ts'
import { fuzzTest } from '../fuzz/target.ts'
import { renderOverview } from '../../src/cli/help.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

/** All of a terminal that help looks at. */
const PLAIN_TERMINAL = { paint: (_style: string, text: string) => text } as unknown as Terminal

function mean(line: string) {
  return dispatch(line.split(' ').filter(Boolean), COMMANDS)
}

function commandOf(line: string): string {
  const meaning = mean(line)
  assert.equal(meaning.kind, 'command', line)
  return 'command' in meaning ? meaning.command.name : ''
}

test('dispatch() finds a command by its words, under its long name too, options anywhere before its arguments', () => {
  assert.equal(commandOf('ext run groups'), 'ext run')
  assert.equal(commandOf('extension run groups'), 'ext run')
  assert.equal(commandOf('-v ext -q run -y groups'), 'ext run')
  assert.equal(commandOf('-c f group create acme'), 'group create')
  assert.equal(commandOf('group -t 5 create acme -v'), 'group create')
  assert.equal(commandOf('server exec -- npm test'), 'server exec')
  // What all commands of a family take may stand before the last of its words.
  assert.equal(commandOf('group member --group team add bob@example.org'), 'group member add')
  assert.equal(commandOf('group member -g team list'), 'group member list')
})

test('dispatch() gives an extension everything that follows its name', () => {
  for (
    const [line, rest] of [
      ['ext run -y groups --help -y --json', ['--help', '-y', '--json']],
      ['groups --help', ['--help']],
      ['-v groups -y --config x --version', ['-y', '--config', 'x', '--version']],
      ['ext run groups -- --x', ['--x']],
      ['groups -- --x', ['--x']],
    ] as const
  ) {
    const meaning = mean(line)
    assert.ok('given' in meaning)
    assert.deepEqual(meaning.given.positionals, ['groups'])
    assert.deepEqual(meaning.given.rest, rest, line)
  }
  assert.equal(mean('groups x').kind, 'extension')
})

test('dispatch() takes nothing for an option that stands behind the words of a command and --', () => {
  const meaning = mean('ext test -- --filter groups')
  assert.ok('given' in meaning)
  assert.deepEqual(meaning.given.positionals, ['--filter', 'groups'])
})

test('dispatch() understands every example of the help', () => {
  for (const { name, examples } of COMMANDS) {
    for (const [example] of examples) {
      // Without what the shell does with it.
      const [, line = ''] = /\bphylum ([^|<>)]+)/.exec(example) ?? []
      assert.equal(commandOf(line), name, example)
    }
  }
})

test('dispatch() knows help and version in every place where one looks for them', () => {
  for (const line of ['', '--help', '-h', 'help']) assert.equal(mean(line).kind, 'overview', line)
  for (const line of ['--version', '-V']) assert.equal(mean(line).kind, 'version', line)
  for (const line of ['ext', 'ext --help', '--help ext', 'help ext', 'group -h']) {
    assert.equal(mean(line).kind, 'family', line)
  }
  for (const command of COMMANDS) {
    for (const line of [`${command.name} --help`, `${command.name} -h`, `help ${command.name}`]) {
      assert.equal(mean(line).kind, 'help', line)
    }
  }
})

test('dispatch() refuses wrong words and numbers of arguments, and suggests the right ones', () => {
  for (
    const line of [
      'ext rn',
      'ext run',
      'group create',
      'group create a b',
      'auth status extra',
      'help bogus',
      'ext list x',
      'server exec',
    ]
  ) {
    assert.throws(() => mean(line), { code: 'ERR_CLI_USAGE' }, line)
  }
  assert.throws(
    () => mean('group lst'),
    (error: { hints?: string[] }) => error.hints?.[0] === 'did you mean `phylum group list`?',
  )
})

test('readGlobalOptions() reads what was given before and after the words', () => {
  const meaning = mean('-v -t 5 ext list -vv --color never -o acme --ignore-certs --no-input')
  assert.ok('given' in meaning)
  assert.deepEqual(readGlobalOptions(meaning.given.options, {}), {
    configFile: undefined,
    isConfigAllowed: true,
    timeout: 5000,
    ignoreCerts: true,
    organization: 'acme',
    color: 'never',
    isInputAllowed: false,
    verbosity: 3,
  })
})

test('readGlobalOptions() refuses values that mean nothing', () => {
  for (
    const line of [
      '-t 0 ext list',
      '-t x ext list',
      '-t -1 ext list',
      '-t 1e9 ext list',
      '-t 9999999 ext list',
      '--color blue ext list',
    ]
  ) {
    const meaning = mean(line)
    assert.ok('given' in meaning)
    assert.throws(
      () => readGlobalOptions(meaning.given.options, {}),
      { code: 'ERR_CLI_USAGE' },
      line,
    )
  }
})

test('readGlobalOptions() takes PHYLUM_LOG where the command line does not say', () => {
  for (
    const [level, verbosity] of [['error', -2], ['warn', -1], ['info', 0], ['debug', 1], [
      'x',
      0,
    ]] as const
  ) {
    assert.equal(readGlobalOptions(new Map(), { PHYLUM_LOG: level }).verbosity, verbosity)
  }
  assert.equal(readGlobalOptions(new Map([['verbose', 2]]), { PHYLUM_LOG: 'error' }).verbosity, 2)
})

test('renderOverview() has a heading for every command', () => {
  const shown = renderOverview(PLAIN_TERMINAL, COMMANDS)
  for (const { name } of COMMANDS) assert.match(shown, new RegExp(`^  ${name}( |$)`, 'm'))
})

fuzzTest(commandLine, 200)
