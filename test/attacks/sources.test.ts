/** Where extensions come from: what lies beside their code, and what changes while somebody decides about them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BUN, DENO, onAllRuntimes, ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Home } from '../harness/phylum.ts'
import { startOnTerminal } from '../harness/pty.ts'

const FORM = ONE_FORM.at(-1)!

/** Writes an extension called "sample" that asks for something, and answers its directory. */
function writeSample(home: Home, files: Record<string, string>, engine = 'deno'): string {
  return home.extension('sample', {
    'PhylumExt.toml': `name = "sample"\nversion = "1.0.0"\nengine = "${engine}"\n` +
      `[api]\nallow = []\n[permissions]\nenv = ["LANG"]\n`,
    ...files,
  })
}

/** Settings of engines that put other code in the place of what is imported, or before it. */
const SETTINGS = {
  'deno.json': JSON.stringify({
    imports: { phylum: './evil.ts', named: './evil.ts' },
    permissions: { default: { read: true } },
    nodeModulesDir: 'manual',
  }),
  'package.json': JSON.stringify({ name: 'sample', dependencies: { named: '1' } }),
  'node_modules/named/package.json': JSON.stringify({
    name: 'named',
    type: 'module',
    main: '../../../outside.js',
    exports: '../../../outside.js',
  }),
  'node_modules/phylum/package.json': JSON.stringify({ name: 'phylum', main: '../../evil.ts' }),
  'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { phylum: ['./evil.ts'] } } }),
  'bunfig.toml': 'preload = ["./evil.ts"]\n',
  '.env': 'LANG=evil\n',
  'evil.ts': `console.log('EVIL')\nexport const api = undefined\n`,
}

for (const [engine, unheld] of [['deno', [DENO, 'run', '-A']], ['bun', [BUN]]] as const) {
  test(
    `I116 settings of engines that lie in an extension change nothing of its run, in engine ${engine}`,
    onAllRuntimes(async (home, form) => {
      writeFileSync(join(home.path, 'work/outside.js'), `console.log('OUTSIDE')\n`)
      const directory = writeSample(home, {
        ...SETTINGS,
        'main.ts': `import { api } from 'phylum'\nconsole.log(typeof api.fetch)\n` +
          `try { await import('named'); console.log('taken') } catch { console.log('refused') }\n`,
      }, engine)
      const [command, ...words] = unheld
      const free = spawnSync(command, [...words, 'main.ts'], {
        cwd: directory,
        env: home.environment,
      })
      assert.match(String(free.stdout), /EVIL/, String(free.stderr))
      for (const place of ['./sample', 'sample']) {
        if (place === 'sample') {
          const installed = await home.phylum(form, ['ext', 'install', '-y', './sample'])
          assert.equal(installed.code, 0, installed.stderr)
        }
        const { code, stdout, stderr } = await home.phylum(form, ['ext', 'run', '-y', place])
        assert.equal(code, 0, stderr)
        assert.equal(stdout, 'function\nrefused\n', stderr)
      }
    }),
  )
}

test(
  'I120 what is installed is what was asked about, whatever becomes of its source meanwhile',
  withHome(async (home) => {
    const directory = writeSample(home, { 'main.ts': `console.log('shown')\n` })
    const manifest = readFileSync(join(directory, 'PhylumExt.toml'), 'utf8')
    const change = () => {
      writeFileSync(join(directory, 'main.ts'), `console.log('exchanged')\n`)
      writeFileSync(join(directory, 'PhylumExt.toml'), manifest.replace('["LANG"]', 'true'))
    }
    const installing = startOnTerminal(home, FORM, ['ext', 'install', './sample'])
    await installing.shows(/Install extension "sample"\?[^]*No/)
    change()
    installing.type('y')
    assert.equal(await installing.ended, 0, installing.output())
    const installed = join(home.extensions, 'sample')
    assert.equal(readFileSync(join(installed, 'main.ts'), 'utf8'), `console.log('shown')\n`)
    assert.equal(readFileSync(join(installed, 'PhylumExt.toml'), 'utf8'), manifest)
    const ran = await home.phylum(FORM, ['sample'])
    assert.equal(ran.stdout, 'shown\n', ran.stderr)
  }),
)

test(
  'I120 an extension that changes while one is asked about it does not run',
  withHome(async (home) => {
    const directory = writeSample(home, { 'main.ts': `console.log('RAN')\n` })
    const ask = async (meanwhile: () => void) => {
      const running = startOnTerminal(home, FORM, ['ext', 'run', './sample'])
      await running.shows(/with these permissions\?[^]*No/)
      meanwhile()
      running.type('y')
      return { code: await running.ended, output: running.output() }
    }
    const changed = await ask(() =>
      writeFileSync(join(directory, 'main.ts'), `console.log('RAN', 'changed')\n`)
    )
    assert.equal(changed.code, 33, changed.output)
    assert.match(changed.output, /have changed while you were asked/)
    assert.doesNotMatch(changed.output, /RAN/)
    // Nothing was recorded, for these files or the others.
    const left = await ask(() => {})
    assert.equal(left.code, 0, left.output)
    assert.match(left.output, /RAN changed/)
  }),
)

test(
  'I127 without a terminal nothing is installed unasked, and a yes on standard input is none',
  onAllRuntimes(async (home, form) => {
    writeSample(home, { 'main.ts': '' })
    for (const args of [['./sample'], ['--overwrite', './sample'], ['--all', './sample']]) {
      const { code, stdout, stderr } = await home.phylum(form, ['ext', 'install', ...args], {
        input: 'y\nyes\n'.repeat(100),
      })
      assert.equal(code, 17, stderr)
      assert.match(stderr, /--accept-permissions accepts what it asks for/)
      assert.equal(stdout, '')
    }
    assert.ok(!existsSync(home.extensions) || readdirSync(home.extensions).length === 0)
    const accepted = await home.phylum(form, ['ext', 'install', '--accept-permissions', './sample'])
    assert.equal(accepted.code, 0, accepted.stderr)
  }),
)
