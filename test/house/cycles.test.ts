import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCycles, readEdges } from './graph.ts'
import { readSources } from './tree.ts'

test('no file of src imports itself, not by way of others, nor for its types alone', () => {
  assert.deepEqual(findCycles(readEdges(readSources())), [])
})

test('findCycles() finds a cycle of values, of types, and one through a dynamic import or a door', () => {
  const cycles = (...files: [string, string][]) =>
    findCycles(readEdges(files.map(([path, text]) => ({ path, text }))))
  assert.deepEqual(cycles(['a/x.ts', "import { x } from './x.ts'"]), ['a/x.ts → a/x.ts'])
  assert.deepEqual(
    cycles(['a/x.ts', "import type { Y } from './y.ts'"], ['a/y.ts', "await import('./x.ts')"]),
    ['a/x.ts → a/y.ts → a/x.ts'],
  )
  assert.deepEqual(
    cycles(['a/x.ts', "import { Y } from '#b'"], ['b/mod.ts', "export { x } from '../a/x.ts'"]),
    ['a/x.ts → b/mod.ts → a/x.ts'],
  )
  assert.deepEqual(
    cycles(
      ['a/x.ts', "import './y.ts'\nimport './z.ts'"],
      ['a/y.ts', "import './z.ts'"],
      ['a/z.ts', ''],
    ),
    [],
  )
})
