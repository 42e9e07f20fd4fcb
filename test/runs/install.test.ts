/** Extensions are installed, updated, taken back and removed by the whole program, from real directories and archives. */
import { packExtension } from '#registry'
import assert from 'node:assert/strict'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { onAllRuntimes, ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'
import { startOnTerminal } from '../harness/pty.ts'

const form: Form = ONE_FORM.at(-1)!

interface Sample {
  version?: string
  permissions?: string
  api?: string
  main?: string
}

/** Writes an extension called "report". */
function writeReport(
  home: Home,
  { version = '1.0.0', permissions = '', api = '[]', main }: Sample = {},
) {
  return home.extension('report', {
    'PhylumExt.toml': `name = "report"\nversion = "${version}"\ndescription = "Reports"\n` +
      `[api]\nallow = ${api}\n[permissions]\n${permissions}\n`,
    'main.ts': main ?? `console.log('report ${version}')\n`,
  })
}

/** Runs phylum, and demands an exit code. */
async function expectCode(
  home: Home,
  args: readonly string[],
  code: number,
  used: Form = form,
): Promise<Outcome> {
  const outcome = await home.phylum(used, args)
  assert.equal(outcome.code, code, `${args.join(' ')}: ${outcome.stdout}${outcome.stderr}`)
  return outcome
}

test(
  'an extension is installed, run, updated with consent, taken back and removed',
  onAllRuntimes(async (home, form) => {
    const canary = createCanary()
    const api = await startFakeApi()
    const run = (args: readonly string[], code: number) => expectCode(home, args, code, form)
    await home.phylum(form, ['auth', 'set-token'], { input: canary })
    writeReport(home, {
      api: '["GET /groups"]',
      main:
        `import { api } from 'phylum'\nconst r = await api.fetch('/groups')\nconsole.log('one', r.status)\n`,
    })

    const asked = await run(['ext', 'install', './report'], 17)
    assert.match(asked.stderr, /GET \/groups[^]*--accept-permissions/)
    assert.ok(!existsSync(home.extensions) || readdirSync(home.extensions).length === 0)
    const installed = await run(['ext', 'install', '--accept-permissions', './report'], 0)
    assert.equal(installed.stdout, 'report 1.0.0 is installed: phylum report\n')

    const environment = { PHYLUM_API_URI: api.origin }
    const first = await home.phylum(form, ['report'], { environment })
    assert.deepEqual([first.code, first.stdout, first.stderr], [0, 'one 200\n', ''])
    assert.equal(api.seen[0]?.headers.authorization, `Bearer ${canary}`)

    const { stdout: json } = await run(['ext', 'info', '--json', 'report'], 0)
    const info = JSON.parse(json)
    assert.deepEqual([info.version, info.source, info.origin], [
      '1.0.0',
      'installed',
      join(home.path, 'work/report'),
    ])
    assert.match(info.integrity, /^sha512-/)

    writeReport(home, { version: '1.1.0', permissions: 'env = ["LANG"]', api: '["GET /groups"]' })
    const plan = await run(['ext', 'update', '--dry-run'], 0)
    assert.equal(
      plan.stdout,
      'report would go from 1.0.0 to 1.1.0\n  + Read environment variables: "LANG"\n',
    )
    const refused = await run(['ext', 'update'], 17)
    assert.match(
      refused.stderr,
      /asks for more than 1\.0\.0[^]*\+ Read environment variables: "LANG"/,
    )
    assert.doesNotMatch(
      refused.stderr,
      /\+ .*GET \/groups/,
      'what was agreed to is not asked again',
    )
    assert.equal((await home.phylum(form, ['report'], { environment })).stdout, 'one 200\n')
    await run(['ext', 'update', '-y'], 0)
    assert.equal((await run(['report'], 0)).stdout, 'report 1.1.0\n')
    assert.match((await run(['ext', 'update', 'report'], 0)).stdout, /up to date/)

    await run(['ext', 'rollback', 'report'], 0)
    const back = await home.phylum(form, ['report'], { environment })
    assert.deepEqual([back.stdout, back.stderr], ['one 200\n', ''], 'without a question')
    await run(['ext', 'uninstall', 'report'], 0)
    await run(['report'], 2)
    assert.deepEqual(readdirSync(home.extensions), [])
    assert.ok(!existsSync(join(home.path, 'state/phylum/consent/report.json')))
    assert.ok(!existsSync(join(home.path, 'state/phylum/extensions/report')))
    await api.stop()
    home.assertNoLeak(canary, asked.stderr, first.stdout, json, refused.stderr)
  }),
)

test(
  'I121 a file that was changed since it was installed is named, and nothing runs',
  withHome(async (home) => {
    writeReport(home)
    await expectCode(home, ['ext', 'install', './report'], 0)
    const tree = join(home.extensions, 'report')
    writeFileSync(join(tree, 'main.ts'), "console.log('evil')\n")
    const changed = await expectCode(home, ['report'], 33)
    assert.match(changed.stderr, /"main\.ts" has changed since it was installed/)
    writeFileSync(join(tree, 'extra.ts'), '')
    const more = await expectCode(home, ['ext', 'run', '-y', 'report'], 33)
    assert.match(more.stderr, /"extra\.ts" and 1 more was added since/)
    await expectCode(home, ['ext', 'update', 'report'], 0)
    assert.equal((await expectCode(home, ['report'], 0)).stdout, 'report 1.0.0\n')
  }),
)

test(
  'an extension is the same, byte for byte, whether it came as a directory or as an archive',
  withHome(async (home) => {
    const directory = writeReport(home)
    home.extension('report', {
      '.env': 'SECRET=x',
      'node_modules/x/index.js': '',
      'lib/data.json': '{}',
    })
    writeFileSync(join(home.path, 'work/report.tgz'), (await packExtension(directory)).bytes)
    const integrities = []
    for (const source of ['./report', './report.tgz']) {
      await expectCode(home, ['ext', 'install', '--overwrite', source], 0)
      const { stdout } = await expectCode(home, ['ext', 'info', '--json', 'report'], 0)
      integrities.push(JSON.parse(stdout).integrity)
    }
    assert.equal(integrities[0], integrities[1])
    const tree = join(home.extensions, 'report')
    const names = (readdirSync(tree, { recursive: true }) as string[]).sort()
    assert.deepEqual(names, ['PhylumExt.toml', 'lib', 'lib/data.json', 'main.ts'])
    assert.equal(lstatSync(join(tree, 'main.ts')).mode & 0o777, 0o600)
  }),
)

test(
  'a workspace offers its extensions: by name, all of them, and none unasked',
  withHome(async (home) => {
    const manifest = (name: string) => `name = "${name}"\n[api]\nallow = []\n`
    home.extension('tools', {
      'PhylumExt.toml': '[workspace]\nmembers = ["extensions/*", "other"]\n',
      'extensions/a/PhylumExt.toml': manifest('a'),
      'extensions/a/main.ts': "console.log('a')",
      'extensions/b/PhylumExt.toml': manifest('b'),
      'extensions/b/main.ts': "console.log('b')",
      'extensions/no/README.md': '',
      'other/PhylumExt.toml': manifest('c'),
      'other/main.ts': "console.log('c')",
    })
    const none = await expectCode(home, ['ext', 'install', './tools'], 17)
    assert.match(none.stderr, /holds 3 extensions[^]*a, b, c[^]*--all/)
    const wrong = await expectCode(home, ['ext', 'install', './tools', 'a', 'd'], 18)
    assert.match(wrong.stderr, /"d".*no extension of this name/)
    await expectCode(home, ['ext', 'install', './tools', 'c'], 0)
    assert.equal((await expectCode(home, ['c'], 0)).stdout, 'c\n')
    assert.deepEqual(readdirSync(home.extensions), ['c'])
    await expectCode(home, ['ext', 'install', '--all', './tools'], 0)
    assert.deepEqual(readdirSync(home.extensions).sort(), ['a', 'b', 'c'])
  }),
)

test(
  'I114 I123 what would shadow a command, replace another, go back or change under its version is refused',
  withHome(async (home) => {
    home.extension('auth', {
      'PhylumExt.toml': 'name = "auth"\n[api]\nallow = []\n',
      'main.ts': '',
    })
    const shadow = await expectCode(home, ['ext', 'install', '-y', './auth'], 2)
    assert.match(shadow.stderr, /"auth" is a command of phylum/)

    writeReport(home, { version: '2.0.0' })
    await expectCode(home, ['ext', 'install', './report'], 0)
    home.extension('other', {
      'PhylumExt.toml': 'name = "report"\nversion = "3.0.0"\n[api]\nallow = []\n',
      'main.ts': "console.log('other')",
    })
    const other = await expectCode(home, ['ext', 'install', './other'], 14)
    assert.match(other.stderr, /installed already, 2\.0\.0 from .*work\/report[^]*--overwrite/)

    home.extension('copy', {
      'PhylumExt.toml': readFileSync(join(home.path, 'work/report/PhylumExt.toml'), 'utf8'),
      'main.ts': readFileSync(join(home.path, 'work/report/main.ts'), 'utf8'),
    })
    // The same files today: what comes tomorrow is for whoever keeps that place to say.
    const moved = await expectCode(home, ['ext', 'install', './copy'], 14)
    assert.match(moved.stderr, /installed already, 2\.0\.0 from .*work\/report[^]*--overwrite/)
    home.extension('groups', {
      'PhylumExt.toml': 'name = "groups"\n[api]\nallow = []\n',
      'main.ts': "console.log('not what came with phylum')",
    })
    const bundled = await expectCode(home, ['ext', 'install', './groups'], 14)
    assert.match(bundled.stderr, /comes with phylum[^]*--overwrite/)

    writeReport(home, { version: '1.9.9' })
    const older = await expectCode(home, ['ext', 'update'], 33)
    assert.match(older.stderr, /holds 1\.9\.9, which is older than 2\.0\.0/)
    writeReport(home, { version: '2.0.0', main: "console.log('same number')" })
    const same = await expectCode(home, ['ext', 'update', 'report'], 33)
    assert.match(same.stderr, /other files under the same version, 2\.0\.0/)
    assert.equal((await expectCode(home, ['report'], 0)).stdout, 'report 2.0.0\n')
    await expectCode(home, ['ext', 'update', '--overwrite', 'report'], 0)
    assert.equal((await expectCode(home, ['report'], 0)).stdout, 'same number\n')
    writeReport(home, { version: '2.0.0' })
    await expectCode(home, ['ext', 'update', '--overwrite', 'report'], 0)
    const taken = await expectCode(home, ['ext', 'install', '--overwrite', './copy'], 0)
    assert.match(taken.stdout, /updates come from .*work\/copy from now on/)
    await expectCode(home, ['ext', 'install', '--overwrite', './other'], 0)
    assert.equal((await expectCode(home, ['report'], 0)).stdout, 'other\n')
    await expectCode(home, ['ext', 'install', '--overwrite', './groups'], 0)
    assert.match((await expectCode(home, ['groups'], 0)).stdout, /not what came/)
  }),
)

test(
  'I126 uninstall removes a link, and never what it leads to',
  withHome(async (home) => {
    mkdirSync(home.extensions, { recursive: true })
    mkdirSync(join(home.path, 'precious'))
    writeFileSync(join(home.path, 'precious/file'), 'mine')
    symlinkSync(join(home.path, 'precious'), join(home.extensions, 'report'))
    await expectCode(home, ['ext', 'uninstall', 'report'], 0)
    assert.equal(readFileSync(join(home.path, 'precious/file'), 'utf8'), 'mine')
    assert.deepEqual(readdirSync(home.extensions), [])
    const twice = await expectCode(home, ['ext', 'uninstall', 'report'], 18)
    assert.match(twice.stderr, /no extension of this name is installed/)
    assert.match(
      (await expectCode(home, ['ext', 'uninstall', 'groups'], 18)).stderr,
      /comes with phylum/,
    )
  }),
)

test(
  'I125 of two installs at once, either is whole, and none is lost',
  withHome(async (home) => {
    for (const name of ['one', 'two']) {
      home.extension(name, {
        'PhylumExt.toml': `name = "report"\nversion = "1.0.0"\n[api]\nallow = []\n`,
        'main.ts': `console.log('${name}')`,
      })
    }
    for (let round = 0; round < 4; round++) {
      const outcomes = await Promise.all(
        ['./one', './two', './one', './two'].map((source) =>
          home.phylum(form, ['ext', 'install', '--overwrite', source])
        ),
      )
      for (const { code, stderr } of outcomes) {
        assert.ok(code === 0 || code === 14 && /changed it meanwhile/.test(stderr), stderr)
      }
      assert.ok(outcomes.some(({ code }) => code === 0))
      assert.match((await expectCode(home, ['report'], 0)).stdout, /^(one|two)\n$/)
    }
  }),
)

test(
  'I124 an update that is killed at any moment leaves the old version or the new one, and it runs',
  withHome(async (home) => {
    // With a permission, so that a run asks where the answer was lost.
    const permissions = 'env = ["LANG"]'
    writeReport(home, { version: '1.0.0', permissions })
    await expectCode(home, ['ext', 'install', '-y', './report'], 0)
    const started = performance.now()
    writeReport(home, { version: '1.0.1', permissions })
    await expectCode(home, ['ext', 'update'], 0)
    const whole = performance.now() - started
    const seen = new Set<string>()
    const least = Number(process.env['PHYLUM_TEST_KILLS'] ?? 12)
    let kills = 0
    // Later each time, and until one has come through, however busy the machine is.
    for (let limit = whole / least; kills < least || seen.size < 2; limit *= 1.25) {
      writeReport(home, { version: `1.1.${kills++}`, permissions })
      await home.phylum(form, ['ext', 'update'], { limit })
      const listed = JSON.parse((await expectCode(home, ['ext', 'list', '--json'], 0)).stdout)
      const { version, error } = listed.extensions.find((each: { name: string }) =>
        each.name === 'report'
      )
      assert.equal(error, null)
      assert.equal((await expectCode(home, ['report'], 0)).stdout, `report ${version}\n`)
      seen.add(version)
    }
    await expectCode(home, ['ext', 'update'], 0)
    assert.equal((await expectCode(home, ['report'], 0)).stdout, `report 1.1.${kills - 1}\n`)
  }),
)

test(
  'I124 a first install that is killed at any moment leaves nothing that is in use, or all of it',
  withHome(async (home) => {
    const install = ['ext', 'install', '-y', './report']
    writeReport(home, { permissions: 'env = ["LANG"]' })
    const started = performance.now()
    await expectCode(home, install, 0)
    const whole = performance.now() - started
    const seen = new Set<boolean>()
    const least = Number(process.env['PHYLUM_TEST_KILLS'] ?? 12)
    let kills = 0
    for (let limit = whole / least; kills < least || seen.size < 2; limit *= 1.25) {
      kills++
      await expectCode(home, ['ext', 'uninstall', 'report'], 0)
      await home.phylum(form, install, { limit })
      const listed = JSON.parse((await expectCode(home, ['ext', 'list', '--json'], 0)).stdout)
      const isThere = listed.extensions.some((each: { name: string }) => each.name === 'report')
      seen.add(isThere)
      // What is left over stands in nobody's way.
      if (!isThere) {
        await expectCode(home, ['ext', 'run', 'report'], 18)
        await expectCode(home, install, 0)
      }
      assert.equal((await expectCode(home, ['report'], 0)).stdout, 'report 1.0.0\n')
    }
  }),
)

test(
  'the question of an install is shown on a terminal, and its answer is no unless somebody says yes',
  withHome(async (home) => {
    writeReport(home, { permissions: 'read = true\nnet = true' })
    const refusing = startOnTerminal(home, form, ['ext', 'install', './report'])
    await refusing.shows(/can send any file away[^]*Install extension "report"\?/)
    refusing.type('\r')
    assert.equal(await refusing.ended, 17)
    assert.ok(!existsSync(join(home.extensions, 'report')))
    const agreeing = startOnTerminal(home, form, ['ext', 'install', './report'])
    await agreeing.shows(/Install extension "report"\?[^]*No/)
    agreeing.type('y')
    assert.equal(await agreeing.ended, 0)
    assert.equal((await expectCode(home, ['report'], 0)).stdout, 'report 1.0.0\n')
  }),
)

test(
  'bad sources are refused in one line, with nothing changed',
  withHome(async (home) => {
    home.extension('empty', { 'README.md': '' })
    home.extension('deep', { 'a/PhylumExt.toml': 'name = "a"', 'b/PhylumExt.toml': 'name = "b"' })
    writeFileSync(join(home.path, 'work/broken.tgz'), 'no archive')
    const cases: [string, number, RegExp][] = [
      ['report', 18, /bare name/],
      ['./nowhere', 18, /does not exist|no such/],
      ['./empty', 18, /no PhylumExt\.toml in it/],
      ['./deep', 18, /not? PhylumExt\.toml at its top[^]*"a"[^]*"b"/],
      ['./broken.tgz', 21, /archive|gzip/],
      ['-x', 2, /Unknown option/],
    ]
    for (const [source, code, message] of cases) {
      const { stderr, stdout } = await home.phylum(form, ['ext', 'install', source])
        .then((outcome) => {
          assert.equal(outcome.code, code, `${source}: ${outcome.stderr}`)
          return outcome
        })
      assert.match(stderr, message)
      assert.equal(stdout, '')
      assert.doesNotMatch(stderr, /^\s+at /m)
    }
    assert.ok(!existsSync(home.extensions) || readdirSync(home.extensions).length === 0)
    assert.deepEqual(readdirSync(join(home.path, 'data/phylum/staging')), [])
  }),
)
