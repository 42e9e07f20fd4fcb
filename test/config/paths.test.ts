import assert from 'node:assert/strict'
import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { resolvePaths } from '#config'
import { withTemporaryDirectory } from '../harness/temporary.ts'

test('resolvePaths() puts everything below the home directory', () => {
  const paths = resolvePaths({ HOME: '/home/u' })
  assert.equal(paths.configDirectory, '/home/u/.config/phylum')
  assert.equal(paths.settingsFile, '/home/u/.config/phylum/settings.yaml')
  assert.equal(paths.dataDirectory, '/home/u/.local/share/phylum')
  assert.equal(paths.extensionsDirectory, '/home/u/.local/share/phylum/extensions')
  assert.equal(paths.stateDirectory, '/home/u/.local/state/phylum')
  assert.equal(paths.cacheDirectory, '/home/u/.cache/phylum')
  assert.equal(paths.runtimeDirectory, undefined)
  assert.equal(
    paths.extensionStateDirectory('sbom'),
    '/home/u/.local/state/phylum/extensions/sbom',
  )
})

test('resolvePaths() obeys the XDG variables, and needs no home when all are set', () => {
  const paths = resolvePaths({
    XDG_CONFIG_HOME: '/c',
    XDG_DATA_HOME: '/d',
    XDG_STATE_HOME: '/s',
    XDG_CACHE_HOME: '/k',
    HOME: 'relative',
  }, { settingsFile: '/elsewhere/s.yaml' })
  assert.equal(paths.configDirectory, '/c/phylum')
  assert.equal(paths.extensionsDirectory, '/d/phylum/extensions')
  assert.equal(paths.stateDirectory, '/s/phylum')
  assert.equal(paths.cacheDirectory, '/k/phylum')
  assert.equal(paths.settingsFile, '/elsewhere/s.yaml')
})

test('J142 resolvePaths() takes an empty XDG variable as unset and ignores a relative one', () => {
  const paths = resolvePaths({ HOME: '/home/u', XDG_CONFIG_HOME: '', XDG_DATA_HOME: 'data' })
  assert.equal(paths.configDirectory, '/home/u/.config/phylum')
  assert.equal(paths.dataDirectory, '/home/u/.local/share/phylum')
})

test('J142 resolvePaths() asks the system for the home directory when HOME is unset or empty', () => {
  for (const environment of [{}, { HOME: '' }]) {
    assert.match(resolvePaths(environment).settingsFile, /^\/.*\/\.config\/phylum\/settings\.yaml$/)
  }
})

test('J142 resolvePaths() refuses a relative HOME instead of using the working directory', () => {
  assert.throws(() => resolvePaths({ HOME: 'home\u001b[2J' }), {
    code: 'ERR_CONFIG_READ',
    message:
      'Cannot find the home directory: HOME is "home\\x1b[2J", which is not an absolute path',
  })
})

test('resolvePaths() uses XDG_RUNTIME_DIR only when nobody else can enter it', () =>
  withTemporaryDirectory(async (directory) => {
    const runtime = (path: string) =>
      resolvePaths({ HOME: '/home/u', XDG_RUNTIME_DIR: path }).runtimeDirectory
    const own = join(directory, 'own')
    await mkdir(own, { mode: 0o700 })
    assert.equal(runtime(own), own)
    await chmod(own, 0o710)
    assert.equal(runtime(own), undefined)
    assert.equal(runtime(join(directory, 'absent')), undefined)
    assert.equal(runtime('relative'), undefined)
    assert.equal(runtime(''), undefined)
    if (process.getuid?.() === 0) {
      await chmod(own, 0o700)
      await chown(own, 65534, 65534)
      assert.equal(runtime(own), undefined)
    }
  }))

test('extensionStateDirectory() stays inside the state directory', () => {
  const paths = resolvePaths({ HOME: '/home/u' })
  for (const name of ['', '.', '..', '../x', 'a/b', '/etc']) {
    assert.throws(() => paths.extensionStateDirectory(name), { code: 'ERR_REGISTRY_NAME' }, name)
  }
})
