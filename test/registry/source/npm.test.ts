import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { after, before, test } from 'node:test'
import { digestExtension } from '#registry'
import { fetchSource } from '../../../src/registry/source/fetch_source.ts'
import type { Expected, Fetched } from '../../../src/registry/source/fetched.ts'
import { parseSource } from '../../../src/registry/source/source.ts'
import { createRepository } from '../../harness/git_repository.ts'
import { startNpmRegistry } from '../../harness/npm_registry.ts'
import type { NpmRegistry } from '../../harness/npm_registry.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { makePack, makeTgz } from '../../harness/tar.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { startWebServer } from '../../harness/web_server.ts'
import { writeFiles } from '../../harness/write_files.ts'

let registry: NpmRegistry

before(async () => {
  registry = await startNpmRegistry()
  for (const version of ['1.0.0', '1.2.0', '2.0.0', '3.0.0-beta.1']) {
    const files = {
      'PhylumExt.toml': `version = "${version}"`,
      // What npm would run, and what it would put on the PATH.
      'package.json': JSON.stringify({
        name: '@team/ext',
        version,
        scripts: { preinstall: 'touch /tmp/phylum-npm-ran', install: 'touch /tmp/phylum-npm-ran' },
        bin: { git: 'main.ts' },
      }),
      'binding.gyp': '{}',
      'node_modules/dep/build/Release/dep.node': 'x',
    }
    await registry.publish('@team/ext', version, makePack(files), {
      tag: version.includes('beta') ? 'beta' : version === '1.2.0' ? 'old' : 'latest',
    })
  }
  await registry.publish('plain', '0.1.0', makePack({ 'PhylumExt.toml': 'plain' }))
})

after(() => registry.stop())

interface Options {
  npmrc?: string
  environment?: Record<string, string>
  expected?: Expected
}

/** Fetches a package; answers what was fetched, and the manifest in it. */
async function fetchPackage(
  name: string,
  range: string,
  options: Options = {},
): Promise<Fetched & { manifest: string; paths: string[] }> {
  return await withTemporaryDirectory(async (home) => {
    writeFileSync(join(home, '.npmrc'), options.npmrc ?? registry.npmrc)
    for (const name of ['out', 'scratch']) mkdirSync(join(home, name))
    const world = {
      fetch,
      environment: options.environment ?? {},
      home,
      log: createRecordingLog(),
      scratch: join(home, 'scratch'),
    }
    try {
      const source = { kind: 'npm', name, range } as const
      const fetched = await fetchSource(source, join(home, 'out'), world, options.expected)
      const manifest = readFileSync(join(fetched.directory, 'PhylumExt.toml'), 'utf8')
      return { ...fetched, manifest, paths: readdirSync(fetched.directory).sort() }
    } catch (error) {
      assert.deepEqual(readdirSync(join(home, 'out')), [])
      throw error
    } finally {
      assert.deepEqual(readdirSync(join(home, 'scratch')), [])
    }
  })
}

test('fetchSource() fetches a private package, by range, tag and version', async () => {
  const cases: [string, string][] = [
    ['latest', '2.0.0'],
    ['^1', '1.2.0'],
    ['1.0.0', '1.0.0'],
    ['old', '1.2.0'],
    ['beta', '3.0.0-beta.1'],
    ['*', '2.0.0'],
    ['>=1 <2 || 9', '1.2.0'],
  ]
  for (const [range, version] of cases) {
    const { manifest, ...fetched } = await fetchPackage('@team/ext', range)
    assert.equal(manifest, `version = "${version}"`, range)
    assert.equal(fetched.version, version)
    assert.equal(fetched.resolved, `${registry.url}@team/ext/-/ext-${version}.tgz`)
  }
})

test('I112 fetchSource() runs nothing of a package and leaves out what it brought along', async () => {
  const { paths } = await fetchPackage('@team/ext', '^1')
  assert.deepEqual(paths, ['PhylumExt.toml', 'binding.gyp', 'package.json'])
  assert.equal(readdirSync('/tmp').includes('phylum-npm-ran'), false)
})

test('fetchSource() says which versions there are', async () => {
  await assert.rejects(fetchPackage('@team/ext', '^7'), {
    code: 'ERR_REGISTRY_SOURCE',
    message: 'Cannot fetch "npm:@team/ext": no version is "^7"',
    hints: ['there are 3.0.0-beta.1, 2.0.0, 1.2.0, 1.0.0', 'its tags are latest, old, beta'],
  })
  await assert.rejects(fetchPackage('@team/ext', 'next'), {
    code: 'ERR_REGISTRY_SOURCE',
    message: /no version is "next"/,
  })
})

test('fetchSource() says of a package that it is private, or is not there', async () => {
  const unreachable = { code: 'ERR_REGISTRY_UNREACHABLE' }
  const scope = `@team:registry=${registry.url}`
  await assert.rejects(fetchPackage('@team/ext', '^1', { npmrc: scope }), {
    ...unreachable,
    message: /asks for a credential/,
    hints: ['for a private package, run `npm login`, or put its token into "~/.npmrc"'],
  })
  const wrong = `${scope}\n//${new URL(registry.url).host}/:_authToken=wrong`
  await assert.rejects(fetchPackage('@team/ext', '^1', { npmrc: wrong }), unreachable)
  const source = { code: 'ERR_REGISTRY_SOURCE' }
  await assert.rejects(fetchPackage('none', '^1', { npmrc: `registry=${registry.url}` }), {
    ...source,
    message: /has no such package/,
  })
  await assert.rejects(fetchPackage('plain', '^1'), { ...source, message: /no registry is/ })
  const gone = await startWebServer(() => {})
  await gone.stop()
  await assert.rejects(fetchPackage('plain', '^1', { npmrc: `registry=${gone.origin}` }), {
    ...unreachable,
    message: /refused the connection/,
  })
})

test('fetchSource() reads the registry from the environment, and the token by its name', async () => {
  const host = new URL(registry.url).host
  const npmrc = `@team:registry = "${registry.url}"\n; x\n//${host}/:_authToken=\${TEAM_TOKEN}\n`
  const environment = { TEAM_TOKEN: registry.token, NPM_CONFIG_REGISTRY: registry.url }
  assert.equal((await fetchPackage('@team/ext', '^1', { npmrc, environment })).version, '1.2.0')
  assert.equal((await fetchPackage('plain', 'latest', { npmrc, environment })).manifest, 'plain')
  await assert.rejects(fetchPackage('@team/ext', '^1', { npmrc }), {
    code: 'ERR_REGISTRY_SOURCE',
    message: /_authToken" names "TEAM_TOKEN", which is not set/,
  })
  await withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'other')
    writeFileSync(file, registry.npmrc)
    const environment = { NPM_CONFIG_USERCONFIG: file }
    assert.equal(
      (await fetchPackage('@team/ext', '^1', { npmrc: '', environment })).version,
      '1.2.0',
    )
  })
})

test('I113 fetchSource() does not read the .npmrc of the directory that one stands in', () =>
  withTemporaryDirectory(async (directory) => {
    writeFileSync(join(directory, '.npmrc'), registry.npmrc)
    const before = process.cwd()
    process.chdir(directory)
    try {
      assert.equal((await fetchPackage('@team/ext', '^1')).version, '1.2.0')
      const nothing = { npmrc: '', environment: { NPM_CONFIG_USERCONFIG: '' } }
      const refused = { code: 'ERR_REGISTRY_SOURCE', message: /no registry is configured/ }
      await assert.rejects(fetchPackage('@team/ext', '^1', nothing), refused)
      const relative = { npmrc: '', environment: { NPM_CONFIG_USERCONFIG: '.npmrc' } }
      await assert.rejects(fetchPackage('@team/ext', '^1', relative), {
        code: 'ERR_REGISTRY_SOURCE',
        message: /no absolute path/,
      })
    } finally {
      process.chdir(before)
    }
  }))

test('fetchSource() fetches the version that was locked, and no other', async () => {
  const resolved = `${registry.url}@team/ext/-/ext-1.0.0.tgz`
  const fetched = await fetchPackage('@team/ext', '^1', { expected: { resolved } })
  assert.equal(fetched.version, '1.0.0')
  const mirrored = { version: '1.0.0', resolved: 'https://mirror.example/ext-1.0.0.tgz' }
  assert.equal((await fetchPackage('@team/ext', '^1', { expected: mirrored })).version, '1.0.0')
  const gone = { code: 'ERR_REGISTRY_SOURCE', message: /locked is not there any more/ }
  for (const expected of [{ resolved: `${resolved}x` }, { version: '1.0.1' }]) {
    await assert.rejects(fetchPackage('@team/ext', '^1', { expected }), gone)
  }
})

const FILES = {
  'PhylumExt.toml': 'name = "x"\r\n',
  'lib/ü.ts': 'export {}\n',
  'tool.sh': { program: '#!/bin/sh' },
  'empty': '',
  'package.json': '{ "name": "@team/x", "version": "1.0.0" }',
  '.env': 'SECRET=1',
  'node_modules/a/index.js': 'a',
}

test('fetchSource() writes the same files, whatever road they come by', () =>
  withTemporaryDirectory(async (home) => {
    const pack = makeTgz(
      Object.entries(FILES).map(([name, content]) => ({
        name: `package/${name}`,
        body: typeof content === 'string' ? content : content.program,
        mode: typeof content === 'string' ? 0o666 : 0o777,
      })),
    )
    writeFiles(join(home, 'directory'), FILES)
    writeFileSync(join(home, 'a.tgz'), pack)
    const repository = createRepository(join(home, 'repository'))
    repository.commit(Object.fromEntries(
      Object.entries(FILES).map(([name, content]) => [`inner/${name}`, content]),
    ))
    await registry.publish('@team/roads', '1.0.0', pack)
    writeFileSync(join(home, '.npmrc'), registry.npmrc)
    mkdirSync(join(home, 'scratch'))
    const roads = [
      '~/directory',
      '~/a.tgz',
      `git+file://${repository.path}//inner`,
      'npm:@team/roads@^1',
    ]
    const digests: string[] = []
    for (const [index, text] of roads.entries()) {
      const out = join(home, `out-${index}`)
      mkdirSync(out)
      const source = parseSource(text, { workingDirectory: home, home })
      const { directory } = await fetchSource(source, out, {
        fetch,
        environment: { PATH: process.env['PATH'] },
        home,
        log: createRecordingLog(),
        scratch: join(home, 'scratch'),
      })
      digests.push(digestExtension(directory))
    }
    assert.deepEqual(digests, roads.map(() => digests[0]))
  }))
