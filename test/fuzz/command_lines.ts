import { UsageError } from '#base'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { COMMANDS } from '../../src/cli/catalog.generated.ts'
import { dispatch } from '../../src/cli/dispatch.ts'
import { hostileText, refusal } from './hostile.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

const WORDS = [
  ...COMMANDS.flatMap(({ name }) => name.split(' ')),
  'extension',
  'help',
  '--',
  '-',
  '-y',
  '-yv',
  '-vvv',
  '-t',
  '5',
  '--timeout=5',
  '--timeout',
  '--json',
  '--no-config',
  '--config',
  '--config=',
  '-h',
  '--help',
  '--version',
  '-V',
  '--color=never',
  '--o0',
  '--o0=@1',
  '@0',
  '@1',
  '--__proto__=x',
  '--constructor',
  '--yes=1',
  '007',
  'NaN',
  '',
  ' ',
  './x',
  '../x',
  '/x',
  'groups',
]

const line = fc.array(
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...WORDS) }, hostileText(2)),
  { maxLength: 7 },
)

/** What was typed. */
export const commandLine: Target = {
  name: 'cli/dispatch',
  promise:
    'dispatch() understands or refuses any words, and leaves those behind an extension alone',
  inputs: 15_000,
  open: () => ({
    property: fc.property(line, line, (words, rest) => {
      const meaning = quickly(() => refusal(() => dispatch(words, COMMANDS), /^ERR_CLI_USAGE$/))
      if (meaning !== undefined && 'given' in meaning) {
        for (const positional of meaning.given.positionals) assert.ok(words.includes(positional))
      }
      for (const head of [['ext', 'run', 'x'], ['-v', 'ext', '-q', 'run', '-y', 'x'], ['x']]) {
        const run = dispatch([...head, ...rest], COMMANDS)
        assert.ok('given' in run && run.command.name === 'ext run')
        assert.deepEqual(run.given.positionals, ['x'])
        assert.deepEqual(run.given.rest, rest[0] === '--' ? rest.slice(1) : rest)
      }
      assert.throws(
        () => dispatch(['ext', 'run', '--no-such-option', ...rest], COMMANDS),
        UsageError,
      )
    }),
  }),
}
