import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { compareSurfaces, readSurface, SURFACE_PATH } from './public_surface.ts'
import { ROOT } from './tree.ts'

test('the public surface is what public_surface.json says', async () => {
  const pinned = JSON.parse(readFileSync(join(ROOT, SURFACE_PATH), 'utf8'))
  const changes = compareSurfaces(pinned, await readSurface())
  assert.equal(
    changes.join('\n'),
    '',
    [
      'The public surface has changed:',
      ...changes,
      'Scripts and extensions rely on it. If it is meant: bun test/house/generate.ts, and tell in CHANGELOG.md',
    ].join('\n'),
  )
})

test('compareSurfaces() tells what is gone and what is new', () => {
  const before = { commands: ['phylum a', 'phylum b'], exitCodes: ['ERR_X 1'] }
  const after = { commands: ['phylum b', 'phylum c'], exitCodes: ['ERR_X 2'], guest: ['const api'] }
  assert.deepEqual(compareSurfaces(before, after), [
    '- commands: phylum a',
    '+ commands: phylum c',
    '- exitCodes: ERR_X 1',
    '+ exitCodes: ERR_X 2',
    '+ guest: const api',
  ])
  assert.deepEqual(compareSurfaces(before, before), [])
})

test('readSurface() sees every part', async () => {
  const { commands, globalOptions, exitCodes, manifest, guest } = await readSurface()
  assert.ok(commands!.includes('phylum group create NAME'))
  assert.ok(globalOptions!.includes('phylum -c, --config FILE'))
  assert.ok(exitCodes!.includes('ERR_AUTH_REQUIRED 10'))
  assert.ok(manifest!.includes('permissions.unsandboxed_run'))
  assert.ok(guest!.includes('const api'))
})

test('package.json offers a command and no module', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assert.deepEqual(manifest.bin, { phylum: 'src/phylum.sh' })
  for (const key of ['main', 'module', 'browser', 'types', 'typings']) {
    assert.equal(manifest[key], undefined, key)
  }
})

/** Asks for modules of this package as another package would that depends on it. */
function resolveFromOutside(names: readonly string[]): Promise<string[]> {
  return withTemporaryDirectory((directory) => {
    mkdirSync(join(directory, 'node_modules'))
    for (const name of ['phylum', 'twin']) {
      const place = name === 'phylum' ? ROOT : join(ROOT, 'node_modules/cac')
      symlinkSync(place, join(directory, 'node_modules', name))
    }
    const found = names.filter((name) => {
      try {
        return Bun.resolveSync(name, directory) !== ''
      } catch {
        return false
      }
    })
    return Promise.resolve(found)
  })
}

test('nothing under src can be imported from outside', async () => {
  const names = ['phylum', 'phylum/src/main.ts', 'phylum/src/base/mod.ts', 'phylum/src/auth/mod.ts']
  // The twin is a package that does offer a module: the question is one that can be answered with yes.
  assert.deepEqual(await resolveFromOutside([...names, 'twin']), ['twin'])
})
