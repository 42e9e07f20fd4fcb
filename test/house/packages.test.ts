import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadedWith, readEdges } from './graph.ts'
import { BUILT_INS, checkPackages, findUnusedDoors, PACKAGES, RUNTIMES } from './packages.ts'
import { readSources, ROOT } from './tree.ts'

/** Packages and built-ins that cost a run more than it may: each is imported where it is needed, when it is. */
const HEAVY = [
  ...['@clack/prompts', '@sinclair/typebox', 'hono', 'jose', 'node:http', 'node:sqlite'],
  ...['open', 'openid-client', 'pg', 'smol-toml', 'string-width', 'yaml'],
  // What logs in and what exchanges; a run with an API key needs neither.
  ...['auth/access.ts', 'auth/login.ts', 'auth/locksmith.ts', 'auth/store_credential.ts'],
]

function judge(path: string, text: string): string {
  return checkPackages([{ path, text }]).join('\n')
}

test('each package is imported behind its own door only', () => {
  assert.deepEqual(checkPackages(readSources()), [])
})

test('package.json depends on the packages of the table and on the runtimes', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assert.deepEqual(Object.keys(dependencies).sort(), [...Object.keys(PACKAGES), ...RUNTIMES].sort())
})

test('each door to a built-in is used', () => {
  assert.deepEqual(findUnusedDoors(readSources()), [])
})

test('main.ts loads nothing heavy before it knows what was asked', () => {
  const loaded = loadedWith('main.ts', readEdges(readSources()))
  const found = [...loaded].filter(([module]) =>
    HEAVY.some((name) => module === name || module.startsWith(`${name}/`)) ||
    module.startsWith('server/')
  )
  assert.deepEqual(found.map(([module, by]) => `src/${by} imports ${module} at start`), [])
})

test('checkPackages() refuses a package in another room, its subpaths and types too', () => {
  assert.match(judge('broker/a.ts', "import { parse } from 'yaml'"), /src\/broker\/a.ts:1.*no door/)
  assert.match(judge('registry/a.ts', "const { parse } = await import('yaml')"), /no door/)
  assert.match(judge('config/a.ts', "import type { Context } from 'hono'"), /no door/)
  assert.match(judge('config/a.ts', "import { html } from 'hono/html'"), /no door/)
  assert.match(judge('host/a.ts', "import { Value } from '@sinclair/typebox/value'"), /no door/)
  assert.match(judge('broker/a.ts', "let client: typeof import('openid-client')"), /no door/)
  assert.equal(judge('server/a.ts', "import { Value } from '@sinclair/typebox/value'"), '')
})

test('checkPackages() refuses what is no dependency, and built-ins by their bare name', () => {
  assert.match(judge('cli/a.ts', "import chalk from 'chalk'"), /nobody's/)
  assert.match(judge('cli/a.ts', "import { readFileSync } from 'fs'"), /nobody's/)
  assert.match(judge('cli/a.ts', "import x from 'https://example.org/x.ts'"), /nobody's/)
  assert.match(judge('cli/a.ts', "import x from 'npm:yaml'"), /nobody's/)
  assert.match(judge('cli/a.ts', "import { sql } from 'bun:sqlite'"), /nobody's/)
})

test('checkPackages() refuses built-ins that go round a port', () => {
  assert.match(judge('registry/a.ts', "import { spawn } from 'node:child_process'"), /no door/)
  assert.match(judge('auth/a.ts', "import { request } from 'node:https'"), /no door/)
  assert.match(judge('broker/a.ts', "await import('node:net')"), /no door/)
  assert.match(judge('cli/a.ts', "import { createRequire } from 'node:module'"), /no door/)
  assert.match(judge('config/a.ts', "import { env } from 'node:process'"), /whole/)
  assert.match(judge('config/a.ts', "import * as process from 'node:process'"), /whole/)
  assert.equal(judge('config/a.ts', "import process from 'node:process'"), '')
  assert.equal(judge('registry/a.ts', "import { readFileSync } from 'node:fs'"), '')
})

test('findUnusedDoors() tells of every door when nobody is there', () => {
  const count = Object.values(BUILT_INS).flatMap((doors) => Object.keys(doors)).length
  assert.equal(findUnusedDoors([]).length, count)
})

test('loadedWith() follows values that load at start, and neither types nor dynamic imports', () => {
  const files = Object.entries({
    'a.ts': "import './b.ts'\nimport type { C } from './c.ts'\nawait import('./d.ts')",
    'b.ts': "export { e } from 'e'",
    'c.ts': "import 'f'",
    'd.ts': "import 'g'",
  }).map(([path, text]) => ({ path, text }))
  assert.deepEqual([...loadedWith('a.ts', readEdges(files))], [['b.ts', 'a.ts'], ['e', 'b.ts']])
})
