import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OptionSpec } from '../../src/cli/option.ts'
import { parseArguments } from '../../src/cli/parse.ts'

const OPTIONS: OptionSpec[] = [
  { name: 'config', short: 'c', value: 'FILE', summary: '' },
  { name: 'no-config', summary: '' },
  { name: 'ignore-certs', aliases: ['no-check-certificate'], summary: '' },
  { name: 'token-name', value: 'NAME', summary: '' },
  { name: 'verbose', short: 'v', isCounted: true, summary: '' },
  { name: 'yes', short: 'y', summary: '' },
  { name: 'fault', value: 'FAULTS', isRepeated: true, summary: '' },
]

function parse(words: string[], stopAfter?: number) {
  const given = parseArguments(words, {
    options: OPTIONS,
    ...(stopAfter === undefined ? {} : { stopAfter }),
  })
  return { ...given, options: Object.fromEntries(given.options) }
}

test('parseArguments() reads values as the texts that they are', () => {
  for (
    const value of [
      '007',
      '1e3',
      '0x10',
      'true',
      '-1',
      '--yes',
      '',
      '@0',
      'a=b',
      '__proto__',
      'x y',
    ]
  ) {
    assert.equal(parse(['--config', value]).options['config'], value)
    assert.equal(parse([`--config=${value}`]).options['config'], value)
    assert.equal(parse(['-c', value]).options['config'], value)
    assert.deepEqual(parse(['--', value]).positionals, [value])
  }
  assert.equal(parse(['-cfile']).options['config'], 'file')
  assert.equal(parse(['--token-name', '12']).options['token-name'], '12')
  assert.equal(parse(['-c', 'a', '-c', 'b']).options['config'], 'b')
})

test('parseArguments() counts switches, in clusters and under other names', () => {
  assert.deepEqual(parse(['-vvy', '--verbose', 'x']), {
    positionals: ['x'],
    options: { verbose: 3, yes: 1 },
    rest: [],
  })
  assert.deepEqual(parse(['--no-check-certificate']).options, { 'ignore-certs': 1 })
  assert.deepEqual(parse(['--no-config']).options, { 'no-config': 1 })
  assert.deepEqual(parse(['--no-config', '--config', 'x']).options, {
    'no-config': 1,
    'config': 'x',
  })
})

test('parseArguments() leaves what follows the last positional alone', () => {
  const words = ['groups', '--json', '--limit', '5', '-x', '--no-color', '--help', '--', 'a']
  assert.deepEqual(parse(['-y', ...words], 1), {
    positionals: ['groups'],
    options: { yes: 1 },
    rest: words.slice(1),
  })
  assert.deepEqual(parse(['groups', '--', '--json'], 1).rest, ['--json'])
  assert.deepEqual(parse(['--', 'groups', '--json'], 1), {
    positionals: ['groups'],
    options: {},
    rest: ['--json'],
  })
  assert.deepEqual(parse(['-c', 'groups', 'name', 'x'], 1), {
    positionals: ['name'],
    options: { config: 'groups' },
    rest: ['x'],
  })
})

test('parseArguments() refuses what is not declared, and says what was meant', () => {
  for (
    const words of [
      ['--bogus'],
      ['-z'],
      ['-vz'],
      ['--config'],
      ['-c'],
      ['--yes=1'],
      ['--__proto__'],
      ['--constructor=1'],
      ['---yes'],
    ]
  ) {
    assert.throws(() => parse(words), { code: 'ERR_CLI_USAGE' }, words.join(' '))
  }
  assert.throws(
    () => parse(['--verbos']),
    (error: { hints?: string[] }) => error.hints?.[0] === 'did you mean --verbose?',
  )
})

test('parseArguments() loses no value of an option that takes several', () => {
  assert.deepEqual(parse(['--fault', 'a,b']).options['fault'], ['a,b'])
  assert.deepEqual(parse(['--fault', 'a', '--fault=b,c', '--fault', '']).options['fault'], [
    'a',
    'b,c',
    '',
  ])
  assert.equal(parse(['--config', 'a', '--config', 'b']).options['config'], 'b')
})
