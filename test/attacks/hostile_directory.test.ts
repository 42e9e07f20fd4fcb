/**
 * Section B of the catalogue: phylum is started in a directory that somebody else has filled. Nothing in it may change what
 * runs, which API is called or which credential is used.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { commandOf, FORMS, outcomeOf, ROOT, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'

const ALL_FORMS: readonly Form[] = [
  ...FORMS,
  ...(FORMS.includes('bun') ? ['launcher' as const] : []),
]

/** Fills the working directory with all that a runtime or a careless program would pick up; each leaves a mark when it runs. */
function fill(home: Home, evilOrigin: string): { directory: string; mark: string } {
  const directory = join(home.path, 'work/hostile')
  const mark = join(home.path, 'mark')
  const script = `require('node:fs').appendFileSync(${JSON.stringify(mark)}, 'script ran\\n')`
  const module = `import { appendFileSync } from 'node:fs'; appendFileSync(${
    JSON.stringify(mark)
  }, 'module ran\\n'); export const cac = 1, parse = 1, parseDocument = 1, Type = 1`
  const program = `#!/bin/sh\necho "$0 ran" >> ${mark}\n`
  const dotenv =
    `PHYLUM_API_KEY=ph0_${
      'e'.repeat(43)
    }\nPHYLUM_API_URI=${evilOrigin}\nPHYLUM_DENO=${directory}/deno\n` +
    `NODE_TLS_REJECT_UNAUTHORIZED=0\nHTTPS_PROXY=${evilOrigin}\nHTTP_PROXY=${evilOrigin}\nXDG_CONFIG_HOME=${directory}\n`
  const files: Record<string, string> = {
    'bunfig.toml':
      'preload = ["./preload.cjs"]\n[run]\nbun = true\n[test]\npreload = ["./preload.cjs"]\n',
    'preload.cjs': script,
    'evil.ts': module,
    'deno.json': JSON.stringify({
      imports: {
        'cac': './evil.ts',
        'yaml': './evil.ts',
        '#cli': './evil.ts',
        '#base': './evil.ts',
      },
      tasks: { phylum: './deno' },
    }),
    'deno.lock': '{ "version": "99" }',
    'package.json': JSON.stringify({
      name: 'phylum',
      type: 'commonjs',
      imports: { '#cli': './evil.ts', '#base': './evil.ts' },
      scripts: { prestart: './git' },
    }),
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        paths: { '#cli': ['./evil.ts'], cac: ['./evil.ts'] },
        jsx: 'react',
        jsxImportSource: 'evil',
      },
    }),
    '.npmrc': `registry=${evilOrigin}\n`,
    '.phylum_project': `connection:\n  uri: ${evilOrigin}\nignore_certs: true\n`,
    'settings.yaml': `connection:\n  uri: ${evilOrigin}\n`,
    'phylum/settings.yaml': `connection:\n  uri: ${evilOrigin}\n`,
    'node_modules/cac/package.json': '{"name":"cac","main":"index.js"}',
    'node_modules/cac/index.js': script,
    'node_modules/yaml/package.json': '{"name":"yaml","main":"index.js"}',
    'node_modules/yaml/index.js': script,
  }
  for (const name of ['.env', '.env.local', '.env.production', '.env.development', '.env.test']) {
    files[name] = dotenv
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  for (const name of ['git', 'npm', 'deno', 'bun', 'sh', 'bwrap', 'unshare', 'readlink', 'node']) {
    writeFileSync(join(directory, name), program)
    chmodSync(join(directory, name), 0o755)
  }
  return { directory, mark }
}

for (const form of ALL_FORMS) {
  test(
    `B19 B20 B21 B23 phylum takes nothing from the directory it stands in [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      const evil = await startFakeApi()
      const canary = createCanary()
      try {
        const { directory, mark } = fill(home, evil.origin)
        await home.phylum(form, ['auth', 'set-token'], { input: canary })
        const options = { directory, environment: { PHYLUM_API_URI: api.origin } }
        const status = await home.phylum(form, ['auth', 'status', '--json'], options)
        assert.equal(status.code, 0, status.stderr)
        const told = JSON.parse(status.stdout)
        assert.equal(told.api_uri, api.origin)
        assert.equal(told.credential.source, home.settingsFile)
        const unset = await home.phylum(form, ['auth', 'status', '--json'], { directory })
        assert.equal(JSON.parse(unset.stdout).api_uri, 'https://api.phylum.io')
        const list = await home.phylum(form, ['group', 'list', '--json'], options)
        assert.deepEqual([list.code, list.stdout], [0, '{"groups":[]}\n'], list.stderr)
        assert.equal(api.seen.at(-1)?.headers.authorization, `Bearer ${canary}`)
        const run = await home.phylum(form, ['ext', 'run', '-y', 'groups'], options)
        assert.deepEqual([run.code, run.stdout], [0, '[]\n'], run.stderr)
        assert.equal(api.seen.at(-1)?.headers.authorization, `Bearer ${canary}`)
        assert.ok(!existsSync(mark), 'none of its programs ran')
        assert.equal(evil.seen.length, 0, 'its API was not called')
        home.assertNoLeak(canary, status.stdout, list.stdout, run.stdout, run.stderr)
      } finally {
        await api.stop()
        await evil.stop()
      }
    }),
  )

  test(
    `B22 phylum runs no program that a relative entry of PATH finds [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      try {
        const { directory, mark } = fill(home, api.origin)
        const outcome = await home.phylum(form, ['ext', 'run', '-y', 'groups'], {
          directory,
          environment: {
            PHYLUM_API_KEY: createCanary(),
            PHYLUM_API_URI: api.origin,
            // What the launcher's own shell needs comes behind: a shell itself follows PATH, and that is the user's to set.
            PATH: form === 'launcher' ? '/usr/bin:/bin:.:' : '.::/usr/bin:/bin',
            PHYLUM_DENO: undefined,
          },
        })
        assert.ok(!existsSync(mark), 'the engine is never one of this directory')
        if (form === 'executable') assert.equal(outcome.code, 117, outcome.stderr)
        else assert.deepEqual([outcome.code, outcome.stdout], [0, '[]\n'], outcome.stderr)
      } finally {
        await api.stop()
      }
    }),
  )

  test(
    `B25 phylum stands in a directory with a strange name [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      try {
        for (
          const name of [
            'new\nline',
            'esc\x1b[2J',
            'comma,/etc',
            'x'.repeat(200),
            'percent%20',
            '-A',
            '[link]',
          ]
        ) {
          const directory = join(home.path, 'work', name)
          mkdirSync(join(directory, 'own'), { recursive: true })
          writeFileSync(
            join(directory, 'own/PhylumExt.toml'),
            'name = "own"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n',
          )
          writeFileSync(
            join(directory, 'own/main.ts'),
            'try { Deno.readTextFileSync("/etc/hostname"); console.log("READ") } catch { console.log("fine") }',
          )
          const outcome = await home.phylum(form, ['ext', 'run', '-y', './own'], {
            directory,
            environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
          })
          const text = outcome.stdout + outcome.stderr
          assert.ok(
            outcome.stdout === 'fine\n' ||
              (outcome.code !== 0 && /^error\[ERR_/.test(outcome.stderr)),
            `${JSON.stringify(name)}: ${text}`,
          )
          // deno-lint-ignore no-control-regex
          assert.doesNotMatch(text, /\x1b\[2J/)
        }
      } finally {
        await api.stop()
      }
    }),
  )
}

test(
  'B19 the same directory takes over a Bun that is started the usual way',
  withHome(async (home) => {
    const { directory, mark } = fill(home, 'http://127.0.0.1:1')
    const child = spawn(commandOf('bun')[0]!, [join(ROOT, 'src/main.ts'), '--version'], {
      cwd: directory,
      env: home.environment,
    })
    await outcomeOf(child)
    assert.ok(existsSync(mark), 'otherwise the tests above prove nothing')
  }),
)

for (const form of FORMS) {
  test(
    `B24 A7 phylum hands no switch of a runtime to a child, and prints no request of its own [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      const canary = createCanary()
      try {
        home.extension('env', {
          'PhylumExt.toml':
            'name = "env"\ndescription = "x"\nversion = "1.0.0"\n[permissions]\nenv = true\n[api]\nallow = ["GET /groups"]\n',
          'main.ts':
            `import { api } from 'phylum'\nawait (await api.fetch('/groups')).text()\nconsole.log(JSON.stringify(Object.keys(Deno.env.toObject()).sort()))`,
        })
        const environment = {
          PHYLUM_API_KEY: canary,
          PHYLUM_API_URI: api.origin,
          PHYLUM_LOG: 'trace',
          NODE_DEBUG: 'http,https,net,tls',
          RUST_LOG: 'trace',
          DENO_LOG: 'debug',
          ...(form === 'deno'
            ? {}
            : { NODE_OPTIONS: '--no-warnings', DENO_PERMISSION_BROKER_PATH: '/nowhere' }),
          LD_LIBRARY_PATH: '/nowhere',
        }
        const outcome = await home.phylum(form, ['-vvv', 'ext', 'run', '-y', './env'], {
          environment,
        })
        assert.equal(outcome.code, 0, outcome.stderr)
        const names: string[] = JSON.parse(outcome.stdout)
        assert.deepEqual(names.filter((name) => /^(PHYLUM|NODE|BUN|LD|DYLD)_/.test(name)), [])
        assert.deepEqual(names.filter((name) => name.startsWith('DENO_')), [
          'DENO_DIR',
          'DENO_DISABLE_NODE_SHIM',
          'DENO_NO_UPDATE_CHECK',
        ])
        home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
        const verbose = await home.phylum(form, ['group', 'list'], {
          environment: { ...environment, BUN_CONFIG_VERBOSE_FETCH: 'curl' },
        })
        home.assertNoLeak(canary, verbose.stdout, verbose.stderr)
      } finally {
        await api.stop()
      }
    }),
  )
}

for (const form of FORMS) {
  test(
    `A13 phylum opens no debugger when it is signalled to [${form}]`,
    withHome(async (home) => {
      home.extension('waiting', {
        'PhylumExt.toml':
          'name = "waiting"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n',
        'main.ts':
          `console.log('ready'); await Deno.stdin.read(new Uint8Array(1)); console.log('went on')`,
      })
      const child = home.start(form, ['ext', 'run', '-y', './waiting'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: 'http://127.0.0.1:9' },
      })
      let text = ''
      child.stdout!.on('data', (chunk) => text += chunk)
      await once(child.stdout!, 'data')
      for (let i = 0; i < 3; i++) child.kill('SIGUSR1')
      child.stdin!.end('x')
      const { code } = await outcomeOf(child)
      assert.deepEqual([code, text], [0, 'ready\nwent on\n'])
      // Port 9229, where a debugger would listen, in the kernel's hexadecimal.
      assert.doesNotMatch(readFileSync('/proc/net/tcp', 'utf8'), /:240D 00000000:0000 0A/)
    }),
  )

  test(
    `F84 F85 F86 an extension gets the granted variables exactly, and nothing that steers its engine [${form}]`,
    withHome(async (home) => {
      const odd = `a=b\n${'x'.repeat(50_000)}\n,;"'$(id)`
      home.extension('reader', {
        'PhylumExt.toml':
          'name = "reader"\ndescription = "x"\nversion = "1.0.0"\n[permissions]\nenv = ["ODD", "SSH_AUTH_SOCK", "EMPTY"]\n[api]\nallow = []\n',
        'main.ts':
          `const read = (name: string) => { try { return Deno.env.get(name) ?? null } catch { return 'refused' } }
        const reach = await Deno.connect({ transport: 'unix', path: read('SSH_AUTH_SOCK')! }).then(() => 'reached', (error) => error.name)
        console.log(JSON.stringify([read('ODD'), read('EMPTY'), reach, read('SSL_CERT_FILE'), read('SSLKEYLOGFILE'), read('DENO_CERT')]))`,
      })
      const { stdout, stderr } = await home.phylum(form, ['ext', 'run', '-y', './reader'], {
        environment: {
          PHYLUM_API_KEY: createCanary(),
          PHYLUM_API_URI: 'http://127.0.0.1:9',
          ODD: odd,
          EMPTY: '',
          SSH_AUTH_SOCK: join(home.path, 'agent.sock'),
          SSL_CERT_FILE: '/nowhere',
          SSLKEYLOGFILE: join(home.path, 'keys'),
        },
      })
      assert.equal(stderr, '')
      assert.deepEqual(JSON.parse(stdout), [odd, '', 'NotCapable', 'refused', 'refused', 'refused'])
    }),
  )
}
