/** What extensions import from elsewhere is fetched when they are installed, by the whole program from real servers, and never in a run. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startModuleServer, whyNoModuleServer, withModules } from '../harness/module_server.ts'
import type { ModuleServer } from '../harness/module_server.ts'
import { startNpmRegistry } from '../harness/npm_registry.ts'
import type { NpmRegistry } from '../harness/npm_registry.ts'
import { DENO, onAllRuntimes, ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'
import { makePack } from '../harness/tar.ts'

const skip = whyNoModuleServer
const form: Form = ONE_FORM.at(-1)!

let registry: NpmRegistry

before(async () => {
  registry = await startNpmRegistry()
  await registry.publish('inner', '2.0.0', pack('inner', '2.0.0', 'module.exports = "inner"'))
  const scripts = { preinstall: 'touch /tmp/PWNED', postinstall: 'touch /tmp/PWNED' }
  await registry.publish(
    '@team/outer',
    '1.2.0',
    pack('@team/outer', '1.2.0', 'module.exports = { word: "outer " + require("inner") }', {
      scripts,
    }),
    { manifest: { dependencies: { inner: '^2' }, scripts } },
  )
})

after(async () => await registry.stop())

function pack(name: string, version: string, source: string, more = {}) {
  const manifest = { name, version, main: 'index.js', dependencies: {}, ...more }
  if (name === '@team/outer') manifest.dependencies = { inner: '^2' }
  return makePack({ 'package.json': JSON.stringify(manifest), 'index.js': source })
}

interface Sample {
  engine?: string
  files?: Record<string, string>
  isNamed?: boolean
}

/** Writes an extension called "sample"; HOST in its modules stands for the server. */
function write(
  home: Home,
  server: ModuleServer,
  main: string,
  { engine = 'deno', files = {}, isNamed = true }: Sample = {},
): string {
  const all = { 'main.ts': main, ...files }
  return home.extension('sample', {
    'PhylumExt.toml': `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"
[api]\nallow = []\n[permissions]\n${isNamed ? `net = ["${server.host}"]` : ''}\n`,
    ...Object.fromEntries(
      Object.entries(all).map(([name, text]) => [name, text.replaceAll('HOST', server.host)]),
    ),
  })
}

async function install(
  home: Home,
  server: ModuleServer,
  environment: Record<string, string> = {},
  used: Form = form,
): Promise<Outcome> {
  return await home.phylum(used, ['ext', 'install', '-y', './sample'], {
    environment: { ...server.environment, ...environment },
  })
}

/** Directory of the modules of the extension that is installed. */
function keptModules(home: Home): string {
  return join(realpathSync(join(home.extensions, 'sample')), '../modules')
}

/** The other engine needs no more than one form: what differs between these is the host. */
function inOneForm(body: (home: Home, form: Form) => Promise<void>): () => Promise<void> {
  return withHome((home) => body(home, form))
}

const EVERYTHING = `import { a } from 'https://HOST/old'
import { c } from 'jsr:@s/p@1'
import outer from 'npm:@team/outer@^1'
import { api } from 'phylum'
const again = await import('https://HOST/deep/b.js')
console.log(a, c, outer.word, again.b, typeof api)
`

function serve(server: ModuleServer): void {
  server.files['/old'] = { location: '/a.ts' }
  server.files['/a.ts'] = `import { b } from './deep/b.js'\nexport const a: string = 'a' + b\n`
  server.files['/deep/b.js'] = `export const b = 'b'\n`
  server.publishJsr('@s/p', '1.0.0', `export const c: string = 'c'\n`)
}

for (const engine of ['deno', 'bun']) {
  test(
    `https:, jsr: and npm: imports are there in a run when no server is, in engine ${engine}`,
    { skip },
    (engine === 'deno' ? onAllRuntimes : inOneForm)(async (home, used) => {
      const server = await startModuleServer()
      serve(server)
      writeFileSync(
        join(home.path, '.npmrc'),
        `registry=${registry.url}\n${registry.npmrc}min-release-age=0\n`,
      )
      const directory = write(home, server, EVERYTHING, { engine })
      // Whoever wrote the repository has no say in where packages come from.
      const npmrc = 'registry=https://evil.invalid/\n@team:registry=https://evil.invalid/\n'
      for (const place of [directory, join(home.path, 'work')]) {
        writeFileSync(join(place, '.npmrc'), npmrc)
      }
      const installed = await install(home, server, {}, used)
      await server.stop()
      assert.equal(installed.code, 0, installed.stderr)
      const run = await home.phylum(used, ['ext', 'run', '-y', 'sample'])
      assert.equal(run.stdout, 'ab c outer inner b object\n', run.stderr)
      assert.equal(run.code, 0)
      assert.ok(!existsSync('/tmp/PWNED'), 'I112: no script of a package was run')
      // The credential of the registry is nowhere but in the file in which the user keeps it.
      writeFileSync(join(home.path, '.npmrc'), '')
      home.assertNoLeak(registry.token, installed.stdout, installed.stderr, run.stderr)
    }),
  )
}

test(
  'a run fetches nothing, with the wall or without, and says what helps',
  { skip },
  withHome(withModules(async (server, home) => {
    serve(server)
    server.files['/late.js'] = 'export {}'
    server.publishJsr('@s/late', '1.0.0', 'export {}')
    write(
      home,
      server,
      `import { a } from 'https://HOST/a.ts'
       import 'jsr:@s/p@1'
       const late = ['https://HOST/late.js?' + a, 'jsr:@s/late', 'npm:late', 'http://HOST/x.js']
       for (const each of late) await import(each).then(() => console.log('got', each), () => {})
       await import(late[0]!)`,
    )
    assert.equal((await install(home, server)).code, 0)
    server.seen.length = 0
    for (const wall of [[], ['--no-wall']]) {
      const run = await home.phylum(form, ['ext', 'run', '-y', ...wall, 'sample'], {
        environment: server.environment,
      })
      assert.equal(run.code, 16)
      assert.equal(run.stdout, '')
      assert.match(run.stderr, /hint: .*fetched when it is installed/)
    }
    assert.deepEqual(server.seen, [])
  })),
)

test(
  'an extension in a directory says what fetches what it imports',
  { skip },
  withHome(withModules(async (server, home) => {
    for (const engine of ['deno', 'bun']) {
      write(home, server, `import 'https://HOST/a.ts'`, { engine })
      const run = await home.phylum(form, ['ext', 'run', '-y', './sample'])
      assert.equal(run.code, 16)
      assert.match(run.stderr, /hint: .*`phylum ext check .*sample`/)
    }
    assert.deepEqual(server.seen, [])
  })),
)

/** What must not be installed: what it imports, what else is there, what is said of it, and how it ends. */
const REFUSED: [string, string, RegExp, number, Sample?][] = [
  ['a module that is not there', `import 'https://HOST/none.ts'`, /Cannot find .*none\.ts/, 18],
  [
    'I129 a host that is not of the internet, and not named',
    `import 'https://HOST/a.ts'`,
    /not a host of the internet/,
    18,
    { isNamed: false },
  ],
  [
    'I129 a text from elsewhere, of which no checksum is kept',
    `import x from 'https://HOST/a.ts' with { type: 'text' }; console.log(x)`,
    /Cannot lock module .*a\.ts/,
    33,
  ],
  [
    'I129 a file of the machine',
    `import x from '/etc/hostname' with { type: 'text' }; import 'https://HOST/a.ts'; x`,
    /"\/etc\/hostname": it is outside of the directory/,
    21,
  ],
  [
    'I129 a redirect to where nobody may go',
    `import 'https://HOST/inside'`,
    /"169\.254\.169\.254" is not a host of the internet/,
    18,
  ],
  [
    'a lock file that lacks something',
    `import 'https://HOST/a.ts'`,
    /"deno\.lock": it does not say all/,
    33,
    { files: { 'deno.lock': '{"version":"5"}' } },
  ],
  [
    'a module that is not the locked one',
    `import 'https://HOST/deep/b.js'`,
    /Cannot use module "https:\/\/.*\/deep\/b\.js": it is not the one that was locked/,
    33,
    {
      files: {
        'deno.lock': JSON.stringify({
          version: '5',
          remote: { 'https://HOST/deep/b.js': '0'.repeat(64) },
        }),
      },
    },
  ],
]

test(
  'I129 an engine that nobody holds back takes a file of the machine for a module',
  withHome((home) => {
    const main = join(home.path, 'main.ts')
    writeFileSync(main, `import x from '/etc/passwd' with { type: 'text' }\nconsole.log(x)`)
    const { stdout } = spawnSync(DENO, ['run', '--no-config', '--no-lock', main])
    assert.match(String(stdout), /^root:/)
    return Promise.resolve()
  }),
)

test(
  'what cannot be fetched as it should be is one line, and nothing is installed',
  { skip },
  withModules(async (server) => {
    serve(server)
    server.files['/inside'] = { location: 'https://169.254.169.254/latest/meta-data' }
    // Two at a time, as there are processors.
    const waiting = [...REFUSED]
    const work = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const [name, main, pattern, code, sample] = next
        await withHome(async (home) => {
          write(home, server, main, sample)
          const outcome = await install(home, server)
          assert.match(outcome.stderr, pattern, name)
          assert.equal(outcome.code, code, `${name}: ${outcome.stderr}`)
          assert.equal(outcome.stderr.match(/^error/gm)?.length, 1, outcome.stderr)
          assert.ok(!existsSync(home.extensions) || readdirSync(home.extensions).length === 0)
          assert.deepEqual(readdirSync(join(home.path, 'data/phylum/staging')), [])
        })()
      }
    }
    await Promise.all([work(), work()])
  }),
)

test(
  'a server with a bad certificate is not believed',
  { skip },
  withHome(async (home) => {
    const server = await startModuleServer(false)
    serve(server)
    write(home, server, `import 'https://HOST/a.ts'`)
    const outcome = await install(home, server)
    await server.stop()
    assert.equal(outcome.code, 30)
    assert.match(outcome.stderr, /Cannot reach module "https:.*a\.ts": the TLS certificate/)
    assert.deepEqual(server.seen, [])
  }),
)

test(
  'I113 the credential of a registry fetches packages, and no modules',
  { skip },
  withHome(withModules(async (server, home) => {
    const canary = createCanary()
    const seen: (string | undefined)[] = []
    server.files['/npm/secret'] = (response) => {
      seen.push(response.req.headers.authorization)
      response.setHeader('content-type', 'application/json').end('{"secret":"of the team"}')
    }
    const npmrc = `//${server.host}/npm/:_authToken=${canary}\n`
    writeFileSync(join(home.path, '.npmrc'), npmrc)
    write(home, server, `import x from 'https://HOST/npm/secret' with { type: 'json' }; x`)
    const outcome = await install(home, server)
    assert.deepEqual(seen, [`Bearer ${canary}`], 'it would have been brought home')
    assert.equal(outcome.code, 18)
    assert.match(outcome.stderr, /is in a registry that wants your credential/)
    assert.ok(!existsSync(home.extensions) || readdirSync(home.extensions).length === 0)
  })),
)

test(
  'I121 an extension cannot change its modules, and does not run when somebody has',
  { skip },
  withHome(withModules(async (server, home) => {
    serve(server)
    const attempts = `import fs from 'node:fs'
      import process from 'node:process'
      import { b } from 'https://HOST/deep/b.js'
      const place = process.argv.at(-1)
      for (const act of [
        () => fs.writeFileSync(place + '/new', 'x'),
        () => fs.rmSync(place + '/deno.lock'),
        () => fs.appendFileSync(place + '/modules.json', 'x'),
      ]) try { act(); console.log('done') } catch {}
      console.log(b)`
    for (const engine of ['bun', 'deno']) {
      write(home, server, attempts, { engine })
      const installed = await install(home, server)
      assert.equal(installed.code, 0, installed.stderr)
      const run = await home.phylum(form, ['ext', 'run', '-y', 'sample', keptModules(home)])
      assert.equal(run.stdout, 'b\n', run.stderr)
    }
    const remote = join(keptModules(home), 'remote/https')
    const file = readdirSync(remote, { recursive: true, withFileTypes: true })
      .find((each) => each.isFile())!
    const path = join(file.parentPath, file.name)
    writeFileSync(path, readFileSync(path, 'utf8').replace(`'b'`, `'x'`))
    const run = await home.phylum(form, ['ext', 'run', '-y', 'sample'])
    assert.equal(run.code, 33)
    assert.match(run.stderr, /the modules that were fetched for it have changed/)
  })),
)

test(
  'ext check fetches what an extension in a directory imports, and locks it',
  { skip },
  withHome(withModules(async (server, home) => {
    server.files['/a.js'] = 'export const a = "a"'
    server.files['/b.ts'] = 'export const b: string = "b"'
    const run = (words: string[], more: Record<string, string> = {}) =>
      home.phylum(form, words, { environment: { ...server.environment, ...more } })
    const main = `import { a } from 'https://HOST/a.js'
      import { b } from 'https://HOST/b.ts'
      const number: number = b
      console.log(a, number)`
    const locked = createHash('sha256').update('export const a = "a"').digest('hex')
    const lock = JSON.stringify({ version: '5', remote: { 'https://HOST/a.js': locked } })
    const directory = write(home, server, main, { files: { 'deno.lock': lock } })
    // What is new is added; but on a build machine nobody commits it.
    const frozen = await run(['ext', 'check', './sample'], { CI: 'true' })
    assert.equal(frozen.code, 20)
    assert.match(frozen.stdout, /"deno\.lock": it does not say all/)
    const checked = await run(['ext', 'check', './sample'])
    assert.equal(checked.code, 20)
    assert.match(checked.stdout, /main\.ts:3:13: fault: Type 'string' is not assignable/)
    assert.match(checked.stderr, /"deno\.lock" has changed/)
    assert.ok(readFileSync(join(directory, 'deno.lock'), 'utf8').includes('/b.ts'))
    const ran = await run(['ext', 'run', '-y', './sample'])
    assert.equal(ran.stdout, 'a b\n', ran.stderr)
    server.files['/b.ts'] = 'export const b: string = "changed"'
    const changed = await run(['ext', 'check', './sample'])
    assert.equal(changed.code, 20)
    assert.match(changed.stdout, /fault: Cannot use module ".*\/b\.ts": it is not the one/)
  })),
)

test(
  "ext check writes to no place that a link in a stranger's directory leads to",
  { skip },
  withHome(withModules(async (server, home) => {
    serve(server)
    const mine = join(home.path, 'mine')
    mkdirSync(join(mine, 'modules'), { recursive: true })
    writeFileSync(join(mine, 'profile'), 'mine')
    for (const [link, target] of [['.phylum', mine], ['deno.lock', join(mine, 'profile')]]) {
      const directory = write(home, server, `import 'https://HOST/a.ts'`)
      symlinkSync(target!, join(directory, link!))
      const checked = await home.phylum(form, ['ext', 'check', './sample'], {
        environment: server.environment,
      })
      assert.equal(checked.code, 20, checked.stderr)
      assert.match(checked.stdout, /is a link/)
      rmSync(directory, { recursive: true })
    }
    assert.deepEqual(readdirSync(mine), ['modules', 'profile'])
    assert.equal(readFileSync(join(mine, 'profile'), 'utf8'), 'mine')
  })),
)

test(
  "a team's lock file holds modules, which are the same bytes whenever they are fetched",
  { skip },
  withHome(withModules(async (server, home) => {
    serve(server)
    write(
      home,
      server,
      `import { b } from 'https://HOST/deep/b.js'\nimport 'jsr:@s/p@1'\nconsole.log(b)`,
    )
    writeFileSync(
      join(home.path, 'work/phylum-extensions.toml'),
      '[extensions]\nsample = "./sample"\n',
    )
    const sync = (...more: string[]) =>
      home.phylum(form, ['ext', 'sync', '-y', ...more], { environment: server.environment })
    const synced = await sync()
    assert.equal(synced.code, 0, synced.stderr)
    const store = join(home.path, 'data/phylum/store')
    rmSync(store, { recursive: true })
    const again = await sync('--frozen')
    assert.equal(again.code, 0, again.stderr)
    server.files['/deep/b.js'] = `export const b = 'changed'`
    rmSync(store, { recursive: true })
    const changed = await sync('--frozen')
    assert.equal(changed.code, 33)
    assert.match(changed.stderr, /what it imports from elsewhere is not what the lock file says/)
  })),
)
