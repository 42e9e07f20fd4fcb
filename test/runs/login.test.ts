import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { createCanary, findLeak } from '../harness/canary.ts'
import { startProvider } from '../harness/oidc_provider.ts'
import type { TestProvider, TestProviderOptions } from '../harness/oidc_provider.ts'
import { commandOf, ONE_FORM, outcomeOf, ROOT, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'
import { signIn } from '../harness/sign_in.ts'
import { NO_TERMINAL, startOnTerminal } from '../harness/terminal.ts'

/** A program for BROWSER that signs in as Ada. */
const BROWSER = `${commandOf('bun')[0]} ${join(ROOT, 'test/harness/browse.ts')}`

interface Stage {
  home: Home
  provider: TestProvider
  environment: Record<string, string>
  /** Runs phylum with a browser. */
  run(args: readonly string[], more?: Record<string, string | undefined>): Promise<Outcome>
}

function withStage(
  form: Form,
  body: (stage: Stage) => Promise<void>,
  options: TestProviderOptions = {},
): () => Promise<void> {
  return withHome(async (home) => {
    const provider = await startProvider({ path: '/realms/phylum', algorithm: 'RS256', ...options })
    const environment = { PHYLUM_API_URI: provider.uri, BROWSER }
    try {
      await body({
        home,
        provider,
        environment,
        run: (args, more) =>
          home.phylum(form, args, {
            environment: { ...environment, ...more } as Record<string, string>,
          }),
      })
      // Whatever the test was about: no key anywhere but in the settings.
      for (const { token } of provider.keys.values()) home.assertNoLeak(token)
    } finally {
      await provider.stop()
    }
  })
}

const readSettings = (home: Home) => readFileSync(home.settingsFile, 'utf8')

for (const form of ONE_FORM) {
  test(
    `auth login stores a key, which the next commands use, and auth logout ends both [${form}]`,
    withStage(form, async ({ home, provider, run }) => {
      const login = await run(['auth', 'login', '--token-name', 'laptop'])
      assert.equal(login.code, 0, login.stderr)
      assert.equal(login.stdout, '')
      assert.match(login.stderr, /^Opening the browser to log in to http:\/\/127\.0\.0\.1:\d+\./)
      assert.match(
        login.stderr,
        /\n {2}http:\/\/127\.0\.0\.1:\d+\/realms\/phylum\/auth\?redirect_uri=/,
      )
      assert.match(
        login.stderr,
        /\nLogged in to .*, which the settings now name\nThe new key "laptop" is in /,
      )
      const key = provider.keys.get('laptop')!.token
      home.assertNoLeak(key, login.stderr)
      assert.match(
        readSettings(home),
        new RegExp(`uri: ${provider.uri}\n.*\n  offline_access: ${key}\n`),
      )

      // The settings name the API from now on.
      const list = await run(['group', 'list', '--json'], { PHYLUM_API_URI: undefined })
      assert.deepEqual([list.code, list.stdout], [0, '{"groups":[]}\n'], list.stderr)
      const status = await run(['auth', 'status', '--check', '--json'])
      assert.deepEqual(JSON.parse(status.stdout).owner, { email: 'ada@example.org', name: 'Ada' })
      assert.deepEqual(JSON.parse(status.stdout).credential, {
        kind: 'api_key',
        source: home.settingsFile,
        prefix: 'ph0_****',
        keyring: false,
      })
      assert.equal((await run(['auth', 'token'])).stdout, `${key}\n`)
      assert.equal((await run(['auth', 'token', '--bearer'])).stdout, `${key}\n`)
      const tokens = JSON.parse((await run(['auth', 'list-tokens', '--json'])).stdout)
      assert.deepEqual(tokens.tokens.map(({ name }: { name: string }) => name), ['laptop'])

      const logout = await run(['auth', 'logout'])
      assert.deepEqual([logout.code, logout.stdout], [0, ''])
      assert.match(logout.stderr, /^Removed the credential from .*\nRevoked the key "laptop"\n$/)
      assert.equal(provider.keys.size, 0)
      assert.match(readSettings(home), /offline_access: null\n/)
      home.assertNoLeak(key, readSettings(home), logout.stderr)
      assert.equal((await run(['group', 'list'])).code, 10)
      const again = await run(['auth', 'logout'])
      assert.deepEqual([again.code, again.stderr], [0, 'There was no stored credential\n'])
    }),
  )

  test(
    `auth login replaces a refresh token by a key, and forgets what it was exchanged for [${form}]`,
    withStage(form, async ({ home, provider, run }) => {
      await home.phylum(form, ['auth', 'set-token'], { input: provider.refreshToken })
      assert.equal((await run(['group', 'list'])).code, 0)
      assert.ok(findAccess(home))
      const other = createCanary()
      const login = await run(['auth', 'login', '--reauth'], { PHYLUM_API_KEY: other })
      assert.equal(login.code, 0, login.stderr)
      assert.match(login.stderr, /warning: PHYLUM_API_KEY is set and wins over the key/)
      home.assertNoLeak(other, login.stderr, readSettings(home))
      assert.ok(provider.seen.some(({ line }) => /\/auth\?.*prompt=login/.test(line)))
      assert.match(readSettings(home), /offline_access: ph0_/)
      assert.ok(!findAccess(home))
      const [name] = provider.keys.keys()
      assert.match(name!, /^phylum-cli-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      home.assertNoLeak(provider.refreshToken, readSettings(home))
    }),
  )

  test(
    `auth logout ends the login of a refresh token at its provider [${form}]`,
    withStage(form, async ({ home, provider, run }) => {
      await home.phylum(form, ['auth', 'set-token'], {
        input: provider.refreshToken,
        environment: {},
      })
      // The API that the settings name, which is where the credential is for.
      writeFileSync(
        home.settingsFile,
        readSettings(home).replace(/uri: .*/, `uri: ${provider.uri}`),
      )
      assert.equal((await run(['group', 'list'])).code, 0)
      const logout = await run(['auth', 'logout'])
      assert.match(logout.stderr, /\nEnded the login\n$/)
      assert.ok(provider.seen.some(({ line }) => line === 'POST /realms/phylum/token/revocation'))
      assert.ok(!findAccess(home))
    }),
  )

  test(
    `auth create-token prints the key and nothing else on stdout, auth revoke-token ends it [${form}]`,
    withStage(form, async ({ home, provider, run }) => {
      const created = await run(['auth', 'create-token', 'ci', '--expiry', '30'])
      const { token, expiry } = provider.keys.get('ci')!
      assert.deepEqual([created.code, created.stdout], [0, `${token}\n`], created.stderr)
      const days = (Date.parse(expiry!) - Date.now()) / 86_400_000
      assert.ok(days > 29.9 && days <= 30, expiry!)
      home.assertNoLeak(token, created.stderr)
      assert.ok(!existsSync(home.settingsFile))

      await run(['auth', 'login', '--token-name', 'mine'])
      for (const expiry of ['0', '-1', '1.5', 'soon', '', '36501', '99999999999999999999', '1e3']) {
        const bad = await run(['auth', 'create-token', 'x', `--expiry=${expiry}`])
        assert.equal(bad.code, 19, bad.stderr)
        assert.match(bad.stderr, /^error\[ERR_AUTH_EXPIRY\]: Cannot make a key that expires after/)
        assert.equal(bad.stdout, '')
      }
      const nameless = await run(['auth', 'create-token', ' '])
      assert.equal(nameless.code, 2)

      const unasked = await run(['auth', 'revoke-token'])
      assert.equal(unasked.code, 17)
      assert.match(unasked.stderr, /hint: say their names/)
      const unknown = await run(['auth', 'revoke-token', 'nobody'])
      assert.equal(unknown.code, 18)
      assert.match(unknown.stderr, /The API refused: There is no such key/)
      const revoked = await run(['auth', 'revoke-token', 'mine', 'ci', '-y'])
      assert.equal(revoked.code, 0, revoked.stderr)
      // The key in use goes last, or the others could not be revoked with it.
      assert.match(
        revoked.stderr,
        /^Revoked "ci"\nRevoked "mine"\nwarning: the key that phylum used here is gone/,
      )
      assert.ok(!provider.keys.has('ci') && !provider.keys.has('mine'))
      const after = await run(['group', 'list'])
      assert.equal(after.code, 11)
      assert.match(
        after.stderr,
        /The API refused: The token is not valid\nhint: log in again: `phylum auth login`/,
      )
    }),
  )

  test(
    `an expired key is told in the API's words, with what to do [${form}]`,
    withStage(form, async ({ provider, run }) => {
      await run(['auth', 'login', '--token-name', 'short'])
      provider.keys.get('short')!.expiry = new Date(0).toISOString()
      const list = await run(['group', 'list', '--json'])
      assert.equal(list.code, 11)
      const { error } = JSON.parse(list.stderr)
      assert.deepEqual([error.code, error.message], [
        'ERR_AUTH_FAILED',
        'The API refused: The API key has expired',
      ])
      assert.match(error.hints.join(), /phylum auth login/)
    }),
  )

  test(
    `auth explain tells each source, which one is used, and why [${form}]`,
    withStage(form, async ({ home, run }) => {
      const explain = async (more: Record<string, string> = {}, args: string[] = []) => {
        const outcome = await run([...args, 'auth', 'explain', '--json'], more)
        const { used, sources } = JSON.parse(outcome.stdout)
        return [outcome.code, used, ...sources.map(({ state }: { state: string }) => state)]
      }
      const key = createCanary()
      const file = home.settingsFile
      assert.deepEqual(await explain(), [10, null, 'absent', 'absent', 'skipped'])
      assert.deepEqual(await explain({ PHYLUM_API_KEY: '' }), [
        10,
        null,
        'absent',
        'absent',
        'skipped',
      ])
      const broken = await run(['auth', 'explain'], { PHYLUM_API_KEY: key.slice(0, 20) })
      assert.match(
        broken.stdout,
        /^1\. PHYLUM_API_KEY: Cannot use the credential from PHYLUM_API_KEY/m,
      )
      home.assertNoLeak(key.slice(0, 20), broken.stdout, broken.stderr)
      await run(['auth', 'login'])
      assert.deepEqual(await explain(), [0, file, 'absent', 'used', 'skipped'])
      assert.deepEqual(await explain({}, ['--no-config']), [
        10,
        null,
        'absent',
        'skipped',
        'skipped',
      ])
      const env = { PHYLUM_API_KEY: key }
      assert.deepEqual(await explain(env), [0, 'PHYLUM_API_KEY', 'used', 'shadowed', 'skipped'])
      const shown = await run(['auth', 'explain'], env)
      assert.match(
        shown.stdout,
        /^API: .*\n1\. PHYLUM_API_KEY: used: API key ph0_\*{4}\n2\. .*: not used, PHYLUM_API_KEY comes first: API key ph0_\*{4}\n3\. login: not needed\n$/,
      )
      home.assertNoLeak(key, shown.stdout, shown.stderr)
      writeFileSync(file, 'nonsense: [')
      const [code, , , state] = await explain()
      assert.deepEqual([code, state], [10, 'broken'])
    }),
  )

  test(
    `without a terminal no command logs in by itself: exit 10, and what to do [${form}]`,
    withStage(form, async ({ home, provider, run }) => {
      home.extension('asks', {
        'PhylumExt.toml':
          'name = "asks"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n',
        'main.ts': `import { api } from 'phylum'; await api.fetch('/groups')`,
      })
      for (
        const args of [
          ['group', 'list'],
          ['auth', 'token'],
          ['auth', 'token', '--bearer'],
          ['auth', 'list-tokens'],
          ['ext', 'run', '-y', './asks'],
        ]
      ) {
        const outcome = await run(args)
        assert.equal(outcome.code, 10, `${args}: ${outcome.stderr}`)
        assert.match(outcome.stderr, /phylum auth login[^]*PHYLUM_API_KEY/)
      }
      assert.deepEqual(provider.seen, [])
    }),
  )

  test(
    `bad answers of a login service end with one clear line, and store nothing [${form}]`,
    withHome(async (home) => {
      const cases: [TestProviderOptions, string, number, RegExp][] = [
        [
          { describeKeyService: (own) => ({ ...own, issuer: 'https://evil.example' }) },
          'ERR_AUTH_LOGIN',
          11,
          /lies elsewhere than its issuer/,
        ],
        [
          { describeKeyService: () => 'no document' },
          'ERR_AUTH_LOGIN',
          11,
          /lacks what it must have|gave no usable answer/,
        ],
        [{ answerKey: () => ({ status: 200, body: {} }) }, 'ERR_AUTH_LOGIN', 11, /holds no key/],
        [
          { answerKey: () => ({ status: 400, body: { error: 'invalid_grant' } }) },
          'ERR_AUTH_FAILED',
          11,
          /does not accept the code/,
        ],
      ]
      for (const [options, code, exit, text] of cases) {
        const provider = await startProvider(options)
        const environment = { PHYLUM_API_URI: provider.uri, BROWSER }
        const outcome = await home.phylum(form, ['auth', 'login'], { environment })
        await provider.stop()
        assert.equal(outcome.code, exit, outcome.stderr)
        assert.match(outcome.stderr, new RegExp(`^error\\[${code}\\]: Cannot log in: `, 'm'))
        assert.match(outcome.stderr, text)
        assert.doesNotMatch(outcome.stderr, /^\s+at /m)
        assert.ok(!existsSync(home.settingsFile))
      }
      const nowhere = await home.phylum(form, ['auth', 'login'], {
        environment: { PHYLUM_API_URI: 'http://127.0.0.1:9', BROWSER },
      })
      assert.equal(nowhere.code, 11)
      assert.match(nowhere.stderr, /"127\.0\.0\.1:9" cannot be reached\nhint: /)
      const forbidden = await home.phylum(form, ['--no-config', 'auth', 'login'])
      assert.deepEqual([forbidden.code, /--no-config/.test(forbidden.stderr)], [1, true])
    }),
  )

  test(
    `auth logout removes the credential although nothing answers, and says so [${form}]`,
    withStage(form, async ({ home, provider, run }) => {
      await run(['auth', 'login'])
      const key = [...provider.keys.values()][0]!.token
      // Another API at the same address of the settings: nothing listens there any more.
      writeFileSync(
        home.settingsFile,
        readSettings(home).replace(/uri: .*/, 'uri: http://127.0.0.1:9'),
      )
      const logout = await run(['auth', 'logout'])
      assert.equal(logout.code, 0, logout.stderr)
      assert.match(
        logout.stderr,
        /^Removed the credential.*\nwarning: the credential could not be revoked/,
      )
      home.assertNoLeak(key, readSettings(home), logout.stderr)
      // A key that somebody pasted has no name here.
      await home.phylum(form, ['auth', 'set-token'], { input: key })
      const other = await run(['auth', 'logout'])
      assert.match(other.stderr, /its name is not known here/)
      assert.match(readSettings(home), /offline_access: null/)
    }),
  )

  test(
    `K165 the browser gets the address as one argument, and no address that is not a page [${form}]`,
    withStage(form, async ({ home, provider, run }) => {
      const note = join(home.path, 'arguments')
      const program = join(home.path, 'browser')
      writeFileSync(
        program,
        `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > ${note}\nexec ${BROWSER} "$1"\n`,
        {
          mode: 0o755,
        },
      )
      const outcome = await run(['auth', 'login'], { BROWSER: `/nowhere/at/all:${program} %s` })
      assert.equal(outcome.code, 0, outcome.stderr)
      const [count, address] = readFileSync(note, 'utf8').split('\n')
      assert.equal(count, '1')
      assert.match(address!, /^http:\/\/127\.0\.0\.1:\d+\/realms\/phylum\/auth\?/)
      assert.equal(provider.keys.size, 1)
    }, {
      // What a shell would run, and what a program would take for a switch.
      describeKeyService: (own) => ({
        ...own,
        authorization_endpoint: `${own['authorization_endpoint']}?x=$(touch%20/tmp/owned)&y="';--z`,
      }),
    }),
  )

  test(
    `K165 no program of the directory one stands in is taken for the browser [${form}]`,
    withStage(form, async ({ home, provider }) => {
      const program = join(home.path, 'work/xdg-open')
      writeFileSync(program, `#!/bin/sh\n: > ${home.path}/started\n`, { mode: 0o755 })
      for (const path of ['.', '', `.:${home.path}/nowhere`]) {
        const child = home.start(form, ['auth', 'login'], {
          environment: { PHYLUM_API_URI: provider.uri, DISPLAY: ':0', PATH: path },
        })
        let shown = ''
        for await (const chunk of child.stderr!) {
          shown += chunk
          if (/warning: Cannot open the browser: no program for it was found/.test(shown)) break
        }
        child.kill('SIGINT')
        const [code] = await once(child, 'exit')
        assert.equal(code, 130, shown)
      }
      assert.ok(!existsSync(join(home.path, 'started')))
    }),
  )

  test(
    `K164 auth logout in the middle of a run ends it cleanly [${form}]`,
    withStage(form, async ({ home, provider, environment, run }) => {
      home.extension('polls', {
        'PhylumExt.toml':
          'name = "polls"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n',
        'main.ts': `import { api } from 'phylum'
          for (;;) {
            const response = await api.fetch('/groups')
            if (response.status !== 200) throw new Error('status ' + response.status)
            console.log('ok')
          }`,
      })
      for (const kind of ['api_key', 'refresh_token']) {
        if (kind === 'api_key') await run(['auth', 'login'])
        else {
          await home.phylum(form, ['auth', 'set-token'], {
            input: provider.refreshToken,
            environment,
          })
        }
        const child = home.start(form, ['ext', 'run', '-y', './polls'], { environment })
        await once(child.stdout!, 'data')
        const outcome = outcomeOf(child)
        const logout = await run(['auth', 'logout'])
        assert.equal(logout.code, 0, logout.stderr)
        assert.match(logout.stderr, /\n(Revoked the key|Ended the login)/)
        provider.revokeAccessTokens()
        const { code, stderr } = await outcome
        assert.equal(code, kind === 'api_key' ? 16 : 10, stderr)
        assert.match(stderr, kind === 'api_key' ? /status 401/ : /there is no credential/)
      }
    }),
  )

  test(
    `first use on a terminal logs in, stores the key, and goes on with what was asked [${form}]`,
    { skip: NO_TERMINAL },
    withStage(form, async ({ home, provider, environment }) => {
      const session = startOnTerminal(home, form, ['group', 'list', '--json'], { environment })
      assert.equal(await session.ended, 0, session.shown())
      assert.match(
        session.shown(),
        /No credential is stored yet: logging in[^]*Logged in to[^]*\{"groups":\[\]\}/,
      )
      assert.equal(provider.keys.size, 1)
      const [key] = provider.keys.values()
      assert.ok(readSettings(home).includes(key!.token))
      assert.equal(findLeak(session.shown(), key!.token), undefined)
      for (const [name, value] of [['CI', 'true'], ['PHYLUM_NO_INPUT', '1']]) {
        writeFileSync(home.settingsFile, readSettings(home).replace(/ph0_.*/, 'null'))
        const quiet = startOnTerminal(home, form, ['group', 'list'], {
          environment: { ...environment, [name!]: value },
        })
        assert.equal(await quiet.ended, 10, quiet.shown())
      }
      assert.equal(provider.keys.size, 1)
    }),
  )

  test(
    `first use in an extension stops it until the login is over [${form}]`,
    { skip: NO_TERMINAL },
    withStage(form, async ({ home, provider, environment }) => {
      home.extension('asks', {
        'PhylumExt.toml':
          'name = "asks"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n',
        'main.ts': `import { api } from 'phylum'
          let ticks = 0
          setInterval(() => console.log('tick', ++ticks), 5)
          const answers = await Promise.all([1, 2, 3].map(() => api.fetch('/groups')))
          console.log('STATUS ' + answers.map(({ status }) => status).join(' '))
          Deno.exit(7)`,
      })
      const session = startOnTerminal(home, form, ['ext', 'run', '-y', './asks'], {
        environment: { ...environment, BROWSER: 'true' },
      })
      const [, address] = await session.until(/\n {2}(http:\S+code_challenge\S+)/)
      // A stopped process writes nothing: between two looks at the terminal nothing but the time changes.
      const before = session.shown().match(/tick/g)?.length
      await session.until(/4:5[0-8] left/)
      assert.equal(session.shown().match(/tick/g)?.length, before)
      await signIn(address!)
      assert.equal(await session.ended, 7, session.shown())
      assert.match(session.shown(), /STATUS 200 200 200/)
      assert.equal(provider.keys.size, 1)
    }),
  )

  test(
    `an extension that asks for nothing of the API leads to no login [${form}]`,
    { skip: NO_TERMINAL },
    withStage(form, async ({ home, provider, environment }) => {
      home.extension('quiet', {
        'PhylumExt.toml':
          'name = "quiet"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n',
        'main.ts': `console.log('done')`,
      })
      const session = startOnTerminal(home, form, ['ext', 'run', '-y', './quiet'], { environment })
      assert.equal(await session.ended, 0, session.shown())
      assert.deepEqual(provider.seen, [])
    }),
  )

  test(
    `over SSH, and with --device, login shows a code [${form}]`,
    { skip: NO_TERMINAL },
    withStage(form, async ({ home, provider, environment }) => {
      const ways: [string[], Record<string, string | undefined>][] = [
        [[], { BROWSER: undefined, SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22', DISPLAY: ':0' }],
        [[], { BROWSER: undefined }],
        [['--device'], {}],
      ]
      for (const [args, more] of ways) {
        const session = startOnTerminal(home, form, ['auth', 'login', ...args], {
          environment: { ...environment, ...more },
        })
        const [, address, code] = await session.until(
          /\n {2}(http:\S+)[^]*\n {2}\S*?([A-Z]{4}-[A-Z]{4})/,
        )
        await session.until(/Waiting for the code to be entered… \d+:\d\d left, Ctrl-C cancels/)
        await signIn(address!, { user_code: code! })
        assert.equal(await session.ended, 0, session.shown())
        assert.match(session.shown(), /Logged in to/)
      }
      assert.equal(provider.keys.size, 3)
    }),
  )

  test(
    `K166 Ctrl-C ends a login: exit 130, a clean line, nothing listens [${form}]`,
    { skip: NO_TERMINAL },
    withStage(form, async ({ home, provider, environment }) => {
      for (const args of [['auth', 'login'], ['auth', 'login', '--device'], ['group', 'list']]) {
        const session = startOnTerminal(home, form, args, {
          environment: { ...environment, BROWSER: 'true' },
        })
        await session.until(/Waiting for .* left/)
        session.type('\u0003')
        assert.equal(await session.ended, 130, session.shown())
        const line = '\r\u001b[2K\u001b[31merror[ERR_CLI_CANCELLED]:\u001b[39m Cancelled\r\n'
        assert.ok(session.shown().endsWith(line), session.shown())
        const redirect = /redirect_uri=(\S+?)&/.exec(session.shown())?.[1]
        if (redirect !== undefined) await assert.rejects(fetch(decodeURIComponent(redirect)))
      }
      assert.ok(!existsSync(home.settingsFile))
      assert.equal(provider.keys.size, 0)
    }),
  )

  test(
    `auth revoke-token lets choose on a terminal [${form}]`,
    { skip: NO_TERMINAL },
    withStage(form, async ({ home, provider, environment, run }) => {
      await run(['auth', 'login', '--token-name', 'mine'])
      for (const name of ['one', 'two\u001b[2J']) {
        const key = { ...provider.keys.get('mine')!, name, token: createCanary() }
        provider.keys.set(name, key)
      }
      const session = startOnTerminal(home, form, ['auth', 'revoke-token'], { environment })
      await session.until(/Which keys shall be revoked\?/)
      await session.until(/mine \(in use here\)/)
      await session.until(/two\\x1b\[2J/)
      session.type('\u001b[B \u001b[B \r')
      await session.until(/Revoke "one", "two\\x1b\[2J"\?/)
      session.type('y')
      assert.equal(await session.ended, 0, session.shown())
      assert.deepEqual([...provider.keys.keys()], ['mine'])
      // No, and nothing at all.
      const refused = startOnTerminal(home, form, ['auth', 'revoke-token', 'mine'], { environment })
      await refused.until(/Revoke "mine"\? One of them is in use here/)
      refused.type('n')
      assert.equal(await refused.ended, 17, refused.shown())
      const nothing = startOnTerminal(home, form, ['auth', 'revoke-token'], { environment })
      await nothing.until(/Which keys/)
      nothing.type('\r')
      assert.equal(await nothing.ended, 0, nothing.shown())
      assert.match(nothing.shown(), /Nothing was revoked/)
      const cancelled = startOnTerminal(home, form, ['auth', 'revoke-token'], { environment })
      await cancelled.until(/Which keys/)
      cancelled.type('\u0003')
      assert.equal(await cancelled.ended, 130, cancelled.shown())
      assert.deepEqual([...provider.keys.keys()], ['mine'])
    }),
  )

  test(
    `auth set-token asks on a terminal and does not show what is typed [${form}]`,
    { skip: NO_TERMINAL },
    withStage(form, async ({ home, environment }) => {
      const key = createCanary()
      const session = startOnTerminal(home, form, ['auth', 'set-token'], { environment })
      await session.until(/API key or refresh token/)
      await session.until(/_|▪/)
      session.type(`${key}\r`)
      assert.equal(await session.ended, 0, session.shown())
      assert.equal(findLeak(session.shown(), key), undefined)
      assert.ok(readSettings(home).includes(key))
    }),
  )
}

test(
  'a service that hangs is given up on [bun]',
  withHome(async (home) => {
    const server = createServer((request, response) => {
      if (!request.url?.endsWith('locksmith-configuration')) return
      const origin = `http://${request.headers.host}`
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({
        issuer: origin,
        authorization_endpoint: `${origin}/auth`,
        token_endpoint: `${origin}/token`,
      }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const program = join(home.path, 'browser')
    writeFileSync(
      program,
      `#!/bin/sh\nurl=$(printf %s "$1" | sed 's/.*redirect_uri=\\([^&]*\\).*state=\\([^&]*\\).*/\\1?code=c\\&state=\\2/; s/%3A/:/g; s/%2F/\\//g')\nexec curl -s "$url"\n`,
      { mode: 0o755 },
    )
    mkdirSync(dirname(home.settingsFile), { recursive: true })
    const outcome = await home.phylum('bun', ['-t', '1', 'auth', 'login'], {
      environment: { PHYLUM_API_URI: uri, BROWSER: program },
    })
    server.closeAllConnections()
    server.close()
    assert.equal(outcome.code, 11, outcome.stderr)
    assert.match(
      outcome.stderr,
      /^error\[ERR_AUTH_LOGIN\]: Cannot log in: "127\.0\.0\.1:\d+" did not answer in time$/m,
    )
  }),
)

/** Answers whether an access token is kept below a home. */
function findAccess(home: Home): boolean {
  const directory = join(home.path, 'state/phylum/credentials')
  return existsSync(directory) &&
    readDirectory(directory).some((name) => name.startsWith('access-'))
}

function readDirectory(path: string): string[] {
  return existsSync(path) ? [...new Bun.Glob('*').scanSync({ cwd: path, dot: true })] : []
}
