import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { digestExtension } from '#registry'
import { fetchSource } from '../../../src/registry/source/fetch_source.ts'
import { parseSource } from '../../../src/registry/source/source.ts'
import { createRepository } from '../../harness/git_repository.ts'
import { startNpmRegistry } from '../../harness/npm_registry.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { makeTgz } from '../../harness/tar.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { writeFiles } from '../../harness/write_files.ts'

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
    const registry = await startNpmRegistry()
    try {
      await registry.publish('@team/x', '1.0.0', pack)
      writeFileSync(join(home, '.npmrc'), registry.npmrc)
      mkdirSync(join(home, 'scratch'))
      const roads = [
        '~/directory',
        '~/a.tgz',
        `git+file://${repository.path}//inner`,
        'npm:@team/x@^1',
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
    } finally {
      await registry.stop()
    }
  }))
