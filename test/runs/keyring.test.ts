import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startProvider } from '../harness/oidc_provider.ts'
import { commandOf, FORMS, ROOT, withHome } from '../harness/phylum.ts'
import type { Home } from '../harness/phylum.ts'

const PROGRAMS = [
  '/usr/bin/dbus-run-session',
  '/usr/bin/gnome-keyring-daemon',
  '/usr/bin/secret-tool',
]
const missing = PROGRAMS.filter((path) => !existsSync(path))

/** Why there is no keyring for tests here; `false` where there is one. */
const NO_KEYRING: string | false = missing.length === 0
  ? false
  : `not installed: ${missing.join(', ')} (Debian: dbus gnome-keyring libsecret-tools)`

const BROWSER = `${commandOf('bun')[0]} ${join(ROOT, 'test/harness/browse.ts')}`

const LIST = ['group', 'list', '--json']

/** A session bus of its own with an unlocked keyring on it, whose files lie below the home. */
async function startKeyring(home: Home): Promise<{ bus: string; process: ChildProcess }> {
  const script =
    'printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; echo "$DBUS_SESSION_BUS_ADDRESS"; read -r end'
  const child = spawn('dbus-run-session', ['--', 'sh', '-c', script], {
    env: home.environment,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const [line] = await once(child.stdout, 'data')
  return { bus: String(line).trim(), process: child }
}

function withKeyring(body: (home: Home, bus: string) => Promise<void>): () => Promise<void> {
  return withHome(async (home) => {
    const keyring = await startKeyring(home)
    try {
      await body(home, keyring.bus)
    } finally {
      keyring.process.stdin?.end('end\n')
      await once(keyring.process, 'exit')
    }
  })
}

/** What the keyring holds of phylum's, as another program sees it. */
function search(home: Home, bus: string): string {
  const { stdout } = spawnSync('secret-tool', ['search', '--all', 'service', 'phylum'], {
    env: { ...home.environment, DBUS_SESSION_BUS_ADDRESS: bus },
  })
  return String(stdout)
}

const readSettings = (home: Home) => readFileSync(home.settingsFile, 'utf8')

const REFERENCE = /offline_access:\n {4}keyring: ([0-9a-f-]{36})\n/

for (const form of FORMS) {
  test(
    `auth login --keyring keeps the key in the keyring, and every form finds it there [${form}]`,
    { skip: NO_KEYRING },
    withKeyring(async (home, bus) => {
      const provider = await startProvider()
      const environment = { PHYLUM_API_URI: provider.uri, BROWSER, DBUS_SESSION_BUS_ADDRESS: bus }
      try {
        const login = await home.phylum(form, ['auth', 'login', '--keyring'], { environment })
        assert.equal(login.code, 0, login.stderr)
        assert.match(login.stderr, /is in the keyring, and ".*" refers to it\n$/)
        const [{ token }] = provider.keys.values() as unknown as [{ token: string }]
        const [, account] = REFERENCE.exec(readSettings(home))!
        assert.ok(!readSettings(home).includes(token))
        home.assertNoLeak(token, readSettings(home), login.stderr)
        assert.match(search(home, bus), new RegExp(`secret = ${token}\n`))
        for (const reader of FORMS) {
          const list = await home.phylum(reader, LIST, { environment })
          assert.deepEqual([list.code, list.stdout], [0, '{"groups":[]}\n'], list.stderr)
        }
        const status = await home.phylum(form, ['auth', 'status', '--json'], { environment })
        assert.equal(JSON.parse(status.stdout).credential.keyring, true)
        const explain = await home.phylum(form, ['auth', 'explain'], { environment })
        assert.match(explain.stdout, /used: API key ph0_\*{4} in the keyring/)

        // Another credential: the old one leaves the keyring.
        const key = createCanary()
        await home.phylum(form, ['auth', 'set-token', '--keyring'], { environment, input: key })
        assert.notEqual(REFERENCE.exec(readSettings(home))![1], account)
        const found = search(home, bus)
        assert.match(found, new RegExp(`secret = ${key}\n`))
        assert.ok(!found.includes(token))
        const logout = await home.phylum(form, ['auth', 'logout'], { environment })
        assert.match(logout.stderr, /^Removed the credential from ".*" and from the keyring\n/)
        assert.match(readSettings(home), /offline_access: null\n/)
        assert.equal(search(home, bus), '')
      } finally {
        await provider.stop()
      }
    }),
  )

  test(
    `E73 a program outside the sandbox cannot ask the keyring that holds the credential [${form}]`,
    { skip: NO_KEYRING },
    withKeyring(async (home, bus) => {
      const key = createCanary()
      const environment = { DBUS_SESSION_BUS_ADDRESS: bus, PHYLUM_API_URI: 'http://127.0.0.1:9' }
      home.extension('sample', {
        'PhylumExt.toml':
          'name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n[permissions]\nunsandboxed_run = ["secret-tool"]\n',
        'main.ts': `const args = ['search', '--all', 'service', 'phylum']
          const { stdout, stderr } = new Deno.Command('secret-tool', { args }).outputSync()
          for (const each of [stdout, stderr]) console.log(new TextDecoder().decode(each))`,
      })
      await home.phylum(form, ['auth', 'set-token', '--keyring'], { environment, input: key })
      assert.match(
        search(home, bus),
        new RegExp(`secret = ${key}\n`),
        'it works where nothing protects',
      )
      const { stdout, stderr } = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment,
      })
      assert.match(stdout, /connect/i, stderr)
      home.assertNoLeak(key, stdout, stderr)
      // By a name that is no path, nothing could be covered.
      const abstract = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment: { ...environment, DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=/tmp/dbus' },
      })
      assert.equal(abstract.code, 117)
      assert.match(abstract.stderr, /your credential lies in a keyring that those would reach/)
    }),
  )

  test(
    `a refresh token in the keyring is replaced there, by this process or the one that exchanges [${form}]`,
    { skip: NO_KEYRING },
    withKeyring(async (home, bus) => {
      const provider = await startProvider()
      const environment = { PHYLUM_API_URI: provider.uri, DBUS_SESSION_BUS_ADDRESS: bus }
      try {
        const input = provider.refreshToken
        await home.phylum(form, ['auth', 'set-token', '--keyring'], { environment, input })
        const before = readSettings(home)
        for (let round = 1; round <= 2; round++) {
          const list = await home.phylum(form, LIST, { environment })
          assert.deepEqual([list.code, list.stdout, list.stderr], [0, '{"groups":[]}\n', ''])
          assert.deepEqual([provider.exchanges(), provider.refusals()], [round, 0])
          provider.revokeAccessTokens()
        }
        assert.equal(readSettings(home), before)
        assert.ok(!search(home, bus).includes(input))
        home.assertNoLeak(input)
      } finally {
        await provider.stop()
      }
    }),
  )

  test(
    `without a keyring --keyring says so before anybody logs in, and a reference is no credential [${form}]`,
    withHome(async (home) => {
      const provider = await startProvider()
      const environment = { PHYLUM_API_URI: provider.uri, BROWSER }
      try {
        for (const args of [['auth', 'login', '--keyring'], ['auth', 'set-token', '--keyring']]) {
          const outcome = await home.phylum(form, args, { environment, input: createCanary() })
          assert.equal(outcome.code, 11, outcome.stderr)
          assert.match(
            outcome.stderr,
            /^error\[ERR_AUTH_KEYRING\]: Cannot (use|store the credential in) the keyring: (there is no Secret Service|phylum runs under Deno, which needs)/,
          )
          assert.match(
            outcome.stderr,
            /hint: .*`phylum auth login` keeps the key in settings\.yaml/,
          )
          assert.doesNotMatch(outcome.stderr, /^\s+at /m)
        }
        assert.deepEqual(provider.seen, [])
        assert.ok(!existsSync(home.settingsFile))
        await home.phylum(form, ['auth', 'set-token'], { input: createCanary() })
        const { writeFileSync } = await import('node:fs')
        writeFileSync(
          home.settingsFile,
          readSettings(home).replace(
            /offline_access: .*/,
            'offline_access:\n    keyring: 7a2c0f0e-0000-4000-8000-000000000000',
          ),
        )
        const list = await home.phylum(form, LIST, { environment })
        assert.deepEqual([list.code, JSON.parse(list.stderr).error.code], [11, 'ERR_AUTH_KEYRING'])
        // The variable needs no keyring, and logout works without.
        const [code] = [
          (await home.phylum(form, ['auth', 'status'], {
            environment: { ...environment, PHYLUM_API_KEY: createCanary() },
          })).code,
        ]
        assert.equal(code, 0)
        const logout = await home.phylum(form, ['auth', 'logout'], { environment })
        assert.equal(logout.code, 0, logout.stderr)
        assert.match(readSettings(home), /offline_access: null/)
      } finally {
        await provider.stop()
      }
    }),
  )

  test(
    `a keyring that does not answer is waited for 5 seconds on a machine without a screen [${form}]`,
    { skip: NO_KEYRING },
    withHome(async (home) => {
      // A bus that takes connections and never says a word.
      const bus = join(home.path, 'run/bus')
      const silent = createServer(() => {})
      silent.listen(bus)
      await once(silent, 'listening')
      const outcome = await home.phylum(form, ['auth', 'set-token', '--keyring'], {
        environment: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}` },
        input: createCanary(),
      })
      silent.close()
      assert.equal(outcome.code, 11, outcome.stderr)
      assert.match(outcome.stderr, /keyring: it did not answer within 5 seconds\n/)
    }),
  )
}
