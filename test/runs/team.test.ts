/** What a team pins is synced, asked about and run by the whole program; and what a checkout can make it do, which is nothing. */
import { packExtension } from '#registry'
import assert from 'node:assert/strict'
import {
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createRepository } from '../harness/git_repository.ts'
import { startGitServer } from '../harness/git_server.ts'
import { startModuleServer, whyNoModuleServer } from '../harness/module_server.ts'
import { startNpmRegistry } from '../harness/npm_registry.ts'
import { createHome, onAllRuntimes, ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome, StartOptions } from '../harness/phylum.ts'
import { startOnTerminal } from '../harness/pty.ts'

const form: Form = ONE_FORM.at(-1)!

interface Sample {
  name?: string
  version?: string
  permissions?: string
  directory?: string
}

/** Writes an extension that says its name and its version. */
function writeSample(
  home: Home,
  { name = 'report', version = '1.0.0', permissions = 'read = ["./"]', directory = name }: Sample =
    {},
): string {
  return home.extension(directory, {
    'PhylumExt.toml':
      `name = "${name}"\nversion = "${version}"\n[api]\nallow = []\n[permissions]\n${permissions}\n`,
    'main.ts': `console.log('${name} ${version}')\n`,
  })
}

function write(home: Home, name: string, text: string | Uint8Array): string {
  const path = join(home.path, 'work', name)
  writeFileSync(path, text)
  return path
}

const list = (home: Home, lines: string) =>
  write(home, 'phylum-extensions.toml', `[extensions]\n${lines}\n`)

const lockOf = (home: Home) => join(home.path, 'work/phylum-extensions.lock')

const readLock = (home: Home) => existsSync(lockOf(home)) ? readFileSync(lockOf(home), 'utf8') : ''

/** Packs an extension into a file of the project, as a release that everybody gets. */
async function release(home: Home, sample: Sample = {}): Promise<string> {
  const { bytes, integrity } = await packExtension(
    writeSample(home, { ...sample, directory: 'source' }),
  )
  write(home, 'report.tgz', bytes)
  return integrity
}

async function ends(
  home: Home,
  words: string,
  code: number,
  { used = form, ...options }: StartOptions & { used?: Form } = {},
): Promise<Outcome> {
  const outcome = await home.phylum(used, words.split(' '), options)
  assert.equal(outcome.code, code, `${words}: ${outcome.stdout}${outcome.stderr}`)
  return outcome
}

/** Demands a failure that changes nothing in the lock file. */
async function refuses(
  home: Home,
  words: string,
  code: number,
  state: RegExp,
  options: StartOptions = {},
): Promise<void> {
  const before = readLock(home)
  const { stderr } = await ends(home, words, code, options)
  assert.match(stderr, state)
  assert.equal(readLock(home), before)
}

test(
  'what a team lists is synced, locked, and run wherever one stands in the project',
  onAllRuntimes(async (home, used) => {
    writeSample(home)
    list(home, 'report = "./report"')
    const synced = await ends(home, 'ext sync -y', 0, { used })
    assert.equal(synced.stdout, 'report 1.0.0 is new\n')
    const { integrity } = await packExtension(join(home.path, 'work/report'))
    assert.equal(
      readLock(home),
      `# Written by \`phylum ext sync\` from phylum-extensions.toml. Commit both, and change the other one.
schema = 1

[[extension]]
name = "report"
version = "1.0.0"
source = "./report"
resolved = "./report"
integrity = "${integrity}"
permissions.read = ["./"]
api.allow = []
`,
    )
    const directory = join(home.path, 'work/a/b')
    mkdirSync(directory, { recursive: true })
    const run = await ends(home, 'report', 0, { used, directory })
    assert.deepEqual([run.stdout, run.stderr], ['report 1.0.0\n', ''])
    const listed = JSON.parse((await ends(home, 'ext list --json', 0, { used })).stdout)
    const found = listed.extensions.find(({ name }: { name: string }) => name === 'report')
    assert.deepEqual([found.source, found.version, found.origin, found.error], [
      'pinned',
      '1.0.0',
      './report',
      null,
    ])
    await ends(home, 'report', 2, { used, directory: home.path })
  }),
)

test(
  'phylum ext sync asks for what is new, and without a terminal changes nothing',
  withHome(async (home) => {
    await release(home)
    list(home, 'report = "./report.tgz"')
    await refuses(home, 'ext sync', 17, /asks for permission[^]*Read "\.\/"[^]*-y accepts it/)
    await refuses(home, 'report', 33, /the lock file does not have it[^]*phylum ext sync/)

    const terminal = startOnTerminal(home, form, ['ext', 'sync'])
    await terminal.shows(/Install extension "report"\?/)
    terminal.type('y')
    assert.equal(await terminal.ended, 0)
    assert.match(readLock(home), /version = "1\.0\.0"/)
    assert.equal((await ends(home, 'ext run report', 0)).stdout, 'report 1.0.0\n')

    // Nothing new, no question; more, a question, which -y answers only as far as the lock file goes.
    await release(home, { version: '1.1.0' })
    assert.equal((await ends(home, 'ext sync', 0)).stdout, 'report 1.1.0 is new, before 1.0.0\n')
    await release(home, { version: '1.2.0', permissions: 'read = ["./"]\nnet = ["a.example"]' })
    await refuses(home, 'ext sync', 17, /also wants to:[^]*\+ Connect to "a\.example"/)
    await refuses(home, 'ext sync -y', 17, /more than the lock file says/)
    assert.equal((await ends(home, 'report', 0)).stdout, 'report 1.1.0\n')

    const settings = join(home.path, 'config/phylum')
    mkdirSync(settings, { recursive: true })
    const policy = (rule: string) =>
      writeFileSync(
        home.settingsFile,
        `connection:\n  uri: https://api.example\ntrust:\n  policy:\n    - ${rule}\n`,
        { mode: 0o600 },
      )
    policy('{ asks: [net], then: refuse }')
    await refuses(home, 'ext sync -y', 35, /rule 1 of your settings refuses it/)
    policy(`{ source: "${home.path}/*", permits: { read: ["./"], net: any }, then: accept }`)
    assert.equal((await ends(home, 'ext sync', 0)).stdout, 'report 1.2.0 is new, before 1.1.0\n')
    assert.equal((await ends(home, 'report', 0)).stdout, 'report 1.2.0\n')

    list(home, '')
    assert.equal((await ends(home, 'ext sync', 0)).stdout, 'report is not used any more\n')
    assert.doesNotMatch(readLock(home), /report/)
  }),
)

test(
  'phylum ext sync --frozen gives another machine the same bytes, and fails on every difference',
  withHome(async (home) => {
    await release(home)
    list(home, 'report = "./report.tgz"')
    await refuses(home, 'ext sync --frozen', 33, /"report" is not in the lock file/)
    await ends(home, 'ext sync -y', 0)
    const lock = readLock(home)

    const other = createHome()
    try {
      cpSync(join(home.path, 'work'), join(other.path, 'work'), { recursive: true })
      const ci = { environment: { CI: 'true' } }
      const fails = (state: RegExp) => refuses(other, 'ext sync -y', 33, state, ci)
      write(other, 'phylum-extensions.lock', lock.replace('"./report.tgz"', '"./old.tgz"'))
      await fails(/toml:2:1: "report" is in the lock file from "\.\/old\.tgz"/)
      write(other, 'phylum-extensions.lock', lock.replace(/sha512-.{10}/, 'sha512-AAAAAAAAAA'))
      await fails(/its files are not those of the lock file/)
      write(other, 'phylum-extensions.lock', lock.replace('permissions.read = ["./"]\n', ''))
      await fails(/its manifest says permissions\.read = \["\.\/"\], and the lock file does not/)
      write(other, 'phylum-extensions.lock', lock.replace('read = ["./"]', 'read = true'))
      await fails(/the lock file says permissions\.read = true, and its manifest does not/)
      write(other, 'phylum-extensions.lock', lock.replace('"1.0.0"', '"1.0.1"'))
      await fails(/the lock file says version 1\.0\.1/)
      write(other, 'phylum-extensions.lock', lock.replace('schema', '<<<<<<< HEAD\nschema'))
      await fails(/lock:2:1: A conflict of a merge is not resolved here/)
      write(other, 'phylum-extensions.lock', lock.replace('schema = 1', 'schema = 9'))
      await fails(/"schema" is 9/)
      write(other, 'phylum-extensions.lock', lock)
      write(other, 'phylum-extensions.toml', '[extensions]\n')
      await fails(/"report" is in the lock file alone/)
      copyFileSync(
        join(home.path, 'work/phylum-extensions.toml'),
        join(other.path, 'work/phylum-extensions.toml'),
      )
      await refuses(other, 'ext sync --update', 2, /contradicts --frozen/, ci)

      const json = JSON.parse((await ends(other, 'ext sync --json', 0, ci)).stdout)
      assert.deepEqual([json.is_lock_written, json.extensions[0].state], [false, 'fetched'])
      assert.equal(readLock(other), lock)
      assert.equal((await ends(other, 'report', 0, ci)).stdout, 'report 1.0.0\n')
      assert.match((await ends(other, 'ext sync', 0, ci)).stdout, /report 1\.0\.0 is here\n/)
    } finally {
      other.remove()
    }
  }),
)

test(
  'I121 B19 a checkout runs nothing that was not synced in this directory, and changes nothing elsewhere',
  withHome(async (home) => {
    // Installed, in the store, with a consent: and a project that was never synced asks for it.
    await release(home, { permissions: '' })
    await ends(home, 'ext install ./report.tgz', 0)
    list(home, 'report = "./report.tgz"')
    await ends(home, 'ext sync', 0)
    assert.equal(
      (await ends(home, 'report', 0)).stdout,
      'report 1.0.0\n',
      'the attempt can succeed',
    )

    const evil = join(home.path, 'evil')
    mkdirSync(evil)
    for (const name of ['phylum-extensions.toml', 'phylum-extensions.lock', 'report.tgz']) {
      copyFileSync(join(home.path, 'work', name), join(evil, name))
    }
    const there = { directory: evil }
    await refuses(home, 'report', 33, /it has not been synced for this directory/, there)
    await refuses(home, 'ext run -y report', 33, /it has not been synced/, there)
    assert.equal((await ends(home, 'report', 0, { directory: home.path })).stdout, 'report 1.0.0\n')

    // A name that is bundled is no other program, either.
    writeFileSync(
      join(evil, 'phylum-extensions.toml'),
      '[extensions]\ngroups = "./report.tgz"\n',
    )
    await refuses(home, 'groups', 33, /the lock file does not have it/, there)

    // A lock file that is a link would be written through.
    const target = join(home.path, 'precious')
    writeFileSync(target, 'precious')
    rmSync(join(evil, 'phylum-extensions.lock'))
    symlinkSync(target, join(evil, 'phylum-extensions.lock'))
    writeFileSync(join(evil, 'phylum-extensions.toml'), '[extensions]\nreport = "./report.tgz"\n')
    await refuses(home, 'ext sync -y', 33, /symbolic link/, there)
    assert.equal(readFileSync(target, 'utf8'), 'precious')
    assert.ok(lstatSync(join(evil, 'phylum-extensions.lock')).isSymbolicLink())
  }),
)

test(
  'I121 I123 a pinned extension that was changed in the store does not run, and another source inherits no consent',
  withHome(async (home) => {
    await release(home)
    list(home, 'report = "./report.tgz"')
    await ends(home, 'ext sync -y', 0)
    const { directory } = JSON.parse((await ends(home, 'ext info --json report', 0)).stdout)
    writeFileSync(join(directory, 'main.ts'), 'console.log("evil")\n')
    await refuses(home, 'report', 33, /"main\.ts" has changed since it was installed/)
    await ends(home, 'ext sync', 0)
    assert.equal((await ends(home, 'report', 0)).stdout, 'report 1.0.0\n')

    // Somebody changes both files of the project: the same name and permissions, from elsewhere.
    const integrity = await release(home, { version: '1.0.9' })
    copyFileSync(join(home.path, 'work/report.tgz'), join(home.path, 'work/evil.tgz'))
    list(home, 'report = "./evil.tgz"')
    const lock = readLock(home).replaceAll('./report.tgz', './evil.tgz')
      .replace('1.0.0', '1.0.9').replace(/sha512-[^"]*/, integrity)
    write(home, 'phylum-extensions.lock', lock)
    await refuses(home, 'report', 33, /it is not on this machine/)
    await refuses(home, 'ext sync', 17, /asks for permission/)
  }),
)

test(
  'I124 a sync that is killed at any moment leaves the old lock file or the new one, and what it says runs',
  withHome(async (home) => {
    await release(home)
    list(home, 'report = "./report.tgz"')
    await ends(home, 'ext sync -y', 0)
    await release(home, { version: '1.0.1' })
    const started = performance.now()
    await ends(home, 'ext sync', 0)
    const whole = performance.now() - started
    const seen = new Set<string>()
    const least = Number(process.env['PHYLUM_TEST_KILLS'] ?? 4)
    let kills = 0
    // Later each time, and until one has come through, however busy the machine is.
    for (let limit = (2 * whole) / least; kills < least || !seen.has('new'); limit *= 1.5) {
      const before = readLock(home)
      const fresh = `1.1.${kills++}`
      const integrity = await release(home, { version: fresh })
      await home.phylum(form, ['ext', 'sync'], { limit })
      const [, version = ''] = /^version = "(.*)"$/m.exec(readLock(home)) ?? []
      if (version !== fresh) assert.equal(readLock(home), before)
      else assert.ok(readLock(home).includes(integrity))
      assert.equal((await ends(home, 'report', 0)).stdout, `report ${version}\n`)
      seen.add(version === fresh ? 'new' : 'old')
    }
    await ends(home, 'ext sync', 0)
    assert.equal((await ends(home, 'report', 0)).stdout, `report 1.1.${kills - 1}\n`)
  }),
)

test(
  'phylum ext sync says in one line what is wrong with a project',
  withHome(async (home) => {
    await refuses(home, 'ext sync', 18, /there is no phylum-extensions\.toml here, nor above/)
    list(home, 'login = "./login"\nreport = "report"')
    await refuses(home, 'ext sync', 33, /toml:3:1: Cannot use source "report": a bare name/)
    await refuses(home, 'groups', 33, /toml:3:1/)
    list(home, 'auth = "./auth"')
    await refuses(home, 'ext sync', 2, /"auth" is a command of phylum/)
    list(home, 'report = "./nowhere"')
    await refuses(home, 'ext sync', 18, /nowhere/)
    writeSample(home, { name: 'other' })
    list(home, 'report = "./other"')
    await refuses(home, 'ext sync -y', 33, /toml:2:1: its source holds "other"/)
    home.extension('shop', { 'PhylumExt.toml': '[workspace]\nmembers = ["all/*"]\n' })
    writeSample(home, { name: 'audit', directory: 'shop/all/audit' })
    list(home, 'report = "./shop"')
    await refuses(home, 'ext sync -y', 18, /holds no extension of this name[^]*it holds audit/)
    list(home, 'audit = "./shop"')
    assert.equal((await ends(home, 'ext sync -y', 0)).stdout, 'audit 1.0.0 is new\n')
    await refuses(home, 'ext sync --update adit', 18, /did you mean "audit"/)
    await refuses(home, 'ext sync audit', 2, /Names are for --update/)
  }),
)

test(
  'I110 what a team pins from npm and git stays the same when tags move, until somebody updates it',
  withHome(async (home) => {
    const registry = await startNpmRegistry()
    const root = join(home.path, 'repositories')
    const repository = createRepository(join(root, 'team/tools'))
    const server = await startGitServer(root)
    const other = createHome()
    try {
      const files = (version: string) => ({
        'audit/PhylumExt.toml': `name = "audit"\nversion = "${version}"\n[api]\nallow = []\n`,
        'audit/main.ts': `console.log('audit ${version}')\n`,
      })
      const commit = repository.commit(files('2.0.0'))
      repository.git('tag', 'v2')
      const publish = async (version: string) => {
        const { bytes, integrity } = await packExtension(
          writeSample(home, { version, directory: 'source' }),
        )
        await registry.publish('@team/report', version, bytes)
        return integrity
      }
      const integrity = await publish('1.0.0')
      for (const each of [home, other]) writeFileSync(join(each.path, '.npmrc'), registry.npmrc)
      list(
        home,
        `report = "npm:@team/report@^1"\naudit = "git+${server.origin}/team/tools.git#v2//audit"`,
      )
      await ends(home, 'ext sync -y', 0)
      const lock = readLock(home)
      // The integrity that npm gives to what was published is that of the lock file.
      assert.ok(lock.includes(`integrity = "${integrity}"`), lock)
      assert.ok(lock.includes(`#${commit}//audit"`), lock)
      assert.doesNotMatch(lock, new RegExp(registry.token))

      await publish('1.1.0')
      repository.commit(files('2.0.1'))
      repository.git('tag', '-f', 'v2')
      assert.equal(
        (await ends(home, 'ext sync', 0)).stdout,
        'audit 2.0.0 is here\nreport 1.0.0 is here\n',
      )
      for (const name of ['phylum-extensions.toml', 'phylum-extensions.lock']) {
        copyFileSync(join(home.path, 'work', name), join(other.path, 'work', name))
      }
      await ends(other, 'ext sync --frozen', 0)
      assert.equal((await ends(other, 'report', 0)).stdout, 'report 1.0.0\n')
      assert.equal((await ends(other, 'audit', 0)).stdout, 'audit 2.0.0\n')
      assert.equal(readLock(other), lock)

      // A lock file that leads the archive elsewhere: the registry has no such version.
      write(
        other,
        'phylum-extensions.lock',
        lock.replace(/(resolved = "http[^"]*report-)1\.0\.0/, '$19.9.9'),
      )
      rmSync(join(other.path, 'data'), { recursive: true })
      await refuses(other, 'ext sync --frozen', 18, /the version that was locked is not there/)

      const updated = await ends(home, 'ext sync --update', 0)
      assert.equal(
        updated.stdout,
        'audit 2.0.1 is new, before 2.0.0\nreport 1.1.0 is new, before 1.0.0\n',
      )
      // The one place where it belongs.
      rmSync(join(home.path, '.npmrc'))
      home.assertNoLeak(registry.token, readLock(home), updated.stderr)
    } finally {
      other.remove()
      await server.stop()
      await registry.stop()
    }
  }),
)

test(
  'what a pinned extension imports is the same on another machine, or is refused',
  { skip: whyNoModuleServer },
  withHome(async (home) => {
    const server = await startModuleServer()
    const other = createHome()
    try {
      server.files['/a.ts'] = `export const a: string = 'first'\n`
      home.extension('report', {
        'PhylumExt.toml':
          `name = "report"\n[api]\nallow = []\n[permissions]\nnet = ["${server.host}"]\n`,
        'main.ts': `import { a } from 'https://${server.host}/a.ts'\nconsole.log(a)\n`,
      })
      list(home, 'report = "./report"')
      await ends(home, 'ext sync -y', 0, { environment: server.environment })
      assert.match(readLock(home), /^modules = "sha512-/m)
      assert.equal((await ends(home, 'report', 0)).stdout, 'first\n')
      cpSync(join(home.path, 'work'), join(other.path, 'work'), { recursive: true })
      const environment = { ...server.environment, CI: 'true' }
      await ends(other, 'ext sync', 0, { environment })
      assert.equal((await ends(other, 'report', 0)).stdout, 'first\n')
      server.files['/a.ts'] = `export const a: string = 'other'\n`
      rmSync(join(other.path, 'data'), { recursive: true })
      await refuses(other, 'ext sync', 33, /not what the lock file says/, { environment })
    } finally {
      other.remove()
      await server.stop()
    }
  }),
)
