import { Value } from '@sinclair/typebox/value'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { SCHEMA_PATH } from '../house/write_schema.ts'
import { checkSchema, renderPath } from '../../src/registry/check_schema.ts'
import type { Schema } from '../../src/registry/check_schema.ts'
import { Manifest, Workspace } from '../../src/registry/manifest_schema.ts'

const { definitions } = JSON.parse(readFileSync(SCHEMA_PATH, 'utf8')) as {
  definitions: Record<'Manifest' | 'Workspace', Schema>
}

function faults(value: unknown): string[] {
  return checkSchema(definitions.Manifest, value).faults.map((fault) => fault.message)
}

test('checkSchema() finds nothing wrong with a whole manifest', () => {
  const value = {
    name: 'groups',
    description: 'x',
    version: '1.0.0-rc.1+build',
    entry_point: 'main.ts',
    engine: 'bun',
    permissions: {
      read: true,
      write: false,
      env: [],
      run: ['git'],
      unsandboxed_run: [],
      net: ['a.com'],
    },
    api: { allow: true },
  }
  assert.deepEqual(checkSchema(definitions.Manifest, value), { faults: [], unknown: [] })
})

test('checkSchema() says what a value must be, and what it is', () => {
  assert.deepEqual(faults({}), ['"name" is missing'])
  assert.deepEqual(faults({ name: 3 }), ['"name" must be a string, not a number'])
  assert.deepEqual(faults({ name: 'x', engine: 'node' }), [
    '"engine" must be "deno" or "bun", not "node"',
  ])
  assert.deepEqual(faults({ name: 'x', api: { allow: false } }), [
    '"api.allow" must be true or a list of strings, not false',
  ])
  assert.deepEqual(faults({ name: 'x', api: {} }), ['"api.allow" is missing'])
  assert.deepEqual(faults({ name: 'x', version: new Date() }), [
    '"version" must be a string, not a date',
  ])
  assert.deepEqual(faults([]), ['The manifest must be a table, not a list'])
  assert.deepEqual(faults({ name: 'x', entry_point: '' }), ['"entry_point" must not be empty'])
  assert.deepEqual(faults({ name: 'x', description: 'y'.repeat(501) }), [
    '"description" must not be longer than 500 characters',
  ])
})

test('I117 checkSchema() takes no type for another', () => {
  for (
    const [read, what] of [
      ['true', 'a string'],
      [1, 'a number'],
      [{}, 'a table'],
      [new Date(), 'a date'],
    ] as const
  ) {
    assert.deepEqual(faults({ name: 'x', permissions: { read } }), [
      `"permissions.read" must be true, false or a list of strings, not ${what}`,
    ])
  }
  assert.deepEqual(faults({ name: 'x', permissions: { read: [true, 'a', ['b']] } }), [
    '"permissions.read[0]" must be a string, not true',
    '"permissions.read[2]" must be a string, not a list',
  ])
  assert.deepEqual(faults({ name: 'x', permissions: [] }), [
    '"permissions" must be a table, not a list',
  ])
  assert.deepEqual(faults({ name: 'x', permissions: { read: Array(100_000).fill(1) } }), [
    '"permissions.read" must not have more than 1000 entries',
  ])
})

test('I114 checkSchema() refuses names that are none', () => {
  for (
    const name of [
      '',
      '../x',
      '.',
      'a/b',
      'a\n',
      'Groups',
      '1a',
      '-y',
      '_a',
      'a b',
      'ä',
      'a'.repeat(65),
      '__proto__',
    ]
  ) assert.equal(faults({ name }).length, 1, name)
  for (const name of ['a', 'a-b_c9', 'constructor', 'con', 'a'.repeat(64)]) {
    assert.deepEqual(faults({ name }), [], name)
  }
})

test('checkSchema() reports keys that it does not know, and what they were meant to be', () => {
  const value = {
    name: 'x',
    permissions: { reads: true, toString: 1 },
    zzzzzzzz: 1,
    descripton: 'x',
  }
  assert.deepEqual(checkSchema(definitions.Manifest, value), {
    faults: [],
    unknown: [
      {
        path: ['permissions', 'reads'],
        message: '"permissions.reads" is not known and has no effect; did you mean "read"?',
      },
      {
        path: ['permissions', 'toString'],
        message: '"permissions.toString" is not known and has no effect',
      },
      { path: ['zzzzzzzz'], message: '"zzzzzzzz" is not known and has no effect' },
      {
        path: ['descripton'],
        message: '"descripton" is not known and has no effect; did you mean "description"?',
      },
    ],
  })
})

test('checkSchema() takes members of a workspace that stay inside', () => {
  const check = (members: unknown) =>
    checkSchema(definitions.Workspace, { workspace: { members } }).faults.length
  for (const member of ['extensions/*', 'a', 'a/b', '.hidden/x', 'a..b']) {
    assert.equal(check([member]), 0, member)
  }
  for (
    const member of [
      '',
      '/a',
      '..',
      '../a',
      'a/../b',
      './a',
      '*',
      '**',
      'a/*/b',
      'a/',
      'a\\b',
      'a\nb',
    ]
  ) {
    assert.equal(check([member]), 1, member)
  }
  assert.equal(check([]), 1)
})

test('renderPath() writes a path as in TOML, and hides nothing in it', () => {
  assert.equal(renderPath(['permissions', 'read', 1]), 'permissions.read[1]')
  assert.equal(renderPath(['a\u001b[2J\n']), 'a\\x1b[2J\\n')
})

test('checkSchema() knows every word of the schema', () => {
  const known = new Set(
    'type const anyOf properties required items minItems maxItems minLength maxLength pattern errorMessage description default'
      .split(' '),
  )
  const visit = (schema: Schema) => {
    for (const word of Object.keys(schema)) assert.ok(known.has(word), word)
    for (const each of Object.values(schema.properties ?? {})) visit(each)
    for (const each of schema.anyOf ?? []) visit(each)
    if (schema.items !== undefined) visit(schema.items)
  }
  for (const schema of Object.values(definitions)) visit(schema)
})

test('checkSchema() and TypeBox are of one mind', () => {
  const scalar = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom('a', 'deno', 'bun', '1.0.0', '01.0.0', '1.0', 'extensions/*', ''),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true }),
  )
  const anything = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 3 }),
    fc.dictionary(fc.string(), scalar),
  )
  const permissions = fc.record({ read: anything, net: anything, run: anything }, {
    requiredKeys: [],
  })
  const value = fc.record({
    name: anything,
    description: anything,
    version: anything,
    entry_point: anything,
    engine: anything,
    permissions: fc.oneof(permissions, anything),
    api: fc.oneof(fc.record({ allow: anything }), anything),
    workspace: fc.oneof(fc.record({ members: anything }), anything),
  }, { requiredKeys: [] })
  fc.assert(
    fc.property(value, (each) => {
      assert.equal(
        checkSchema(definitions.Manifest, each).faults.length === 0,
        Value.Check(Manifest, each),
      )
      assert.equal(
        checkSchema(definitions.Workspace, each).faults.length === 0,
        Value.Check(Workspace, each),
      )
    }),
    { numRuns: 1000 },
  )
})
