/** What extensions import from elsewhere is fetched when they are installed, by the whole program from real servers, and never in a run. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startModuleServer, whyNoModuleServer, withModules } from '../harness/module_server.ts'
import type { ModuleServer } from '../harness/module_server.ts'
import { startNpmRegistry } from '../harness/npm_registry.ts'
import type { NpmRegistry } from '../harness/npm_registry.ts'
import { FORMS, inAllForms, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'
import { makePack } from '../harness/tar.ts'

const skip = whyNoModuleServer
const form: Form = FORMS.includes('executable') ? 'executable' : FORMS[0]!

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

/** Directory of the modules of the one extension that is installed. */
function keptModules(home: Home): string {
  const store = join(home.path, 'data/phylum/store/sample')
  return join(store, readdirSync(store)[0]!, 'modules')
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
    (engine === 'deno' ? inAllForms : inOneForm)(async (home, used) => {
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
  ['a package that is not there', `import 'jsr:@s/none'`, /JSR package not found: @s\/none/, 18],
  ['http', `import 'http://HOST/a.ts'`, /not an https: URL/, 18],
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
    'I129 a file of the machine, imported from elsewhere',
    `import 'https://HOST/evil.ts'`,
    /not allowed to import local modules/,
    18,
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
    'a lock file with marks of a conflict',
    `import 'https://HOST/a.ts'`,
    /"deno\.lock": it is no lock file/,
    33,
    { files: { 'deno.lock': '<<<<<<< HEAD\n' } },
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
  'what cannot be fetched as it should be is one line, and nothing is installed',
  { skip },
  withModules(async (server) => {
    serve(server)
    server.files['/evil.ts'] = `import x from 'file:///etc/hostname' with { type: 'text' }; x`
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
  'I121 a module that is changed after it was fetched does not run',
  { skip },
  withHome(withModules(async (server, home) => {
    serve(server)
    write(home, server, `import { b } from 'https://HOST/deep/b.js'; console.log(b)`)
    assert.equal((await install(home, server)).code, 0)
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
  'an extension cannot change its modules',
  { skip },
  withHome(withModules(async (server, home) => {
    serve(server)
    for (const engine of ['deno', 'bun']) {
      write(
        home,
        server,
        `import fs from 'node:fs'
         import { b } from 'https://HOST/deep/b.js'
         for (const act of [
           () => fs.writeFileSync(process.argv.at(-1) + '/new', 'x'),
           () => fs.rmSync(process.argv.at(-1) + '/deno.lock'),
           () => fs.appendFileSync(process.argv.at(-1) + '/modules.json', 'x'),
         ]) try { act(); console.log('done') } catch {}
         console.log(b)`.replace('import fs', `import process from 'node:process'\nimport fs`),
        { engine },
      )
      assert.equal((await install(home, server)).code, 0)
      for (let times = 0; times < 2; times++) {
        const run = await home.phylum(form, ['ext', 'run', '-y', 'sample', keptModules(home)])
        assert.equal(run.stdout, 'b\n', run.stderr)
      }
      await home.phylum(form, ['ext', 'uninstall', '-y', 'sample'])
    }
  })),
)
