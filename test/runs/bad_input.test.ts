import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome, StartOptions } from '../harness/phylum.ts'

const GOOD = 'name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n'

/** What a refusal must look like: one clear error, its exit code, nothing on stdout, no stack. */
function assertRefused(outcome: Outcome, code: string, exit: number, text: RegExp): void {
  assert.match(outcome.stderr, new RegExp(`^error\\[${code}\\]: `), outcome.stderr)
  assert.match(outcome.stderr, text)
  assert.equal(outcome.stderr.match(/^error/gm)?.length, 1, outcome.stderr)
  assert.doesNotMatch(outcome.stderr, /^\s+at /m)
  assert.equal(outcome.stdout, '')
  assert.equal(outcome.code, exit, outcome.stderr)
}

/** One wrong input: how it is made, what is typed, what comes of it. */
interface Case {
  name: string
  prepare?: (home: Home) => void
  args: string[]
  options?: (home: Home) => StartOptions
  code: string
  exit: number
  text: RegExp
}

function put(home: Home, files: Record<string, string>): void {
  home.extension('sample', files)
}

const RUN = ['ext', 'run', '-y', './sample']
const key = createCanary()
const withKey = (more: Record<string, string | undefined> = {}): StartOptions => ({
  environment: { PHYLUM_API_KEY: key, PHYLUM_API_URI: 'http://127.0.0.1:9', ...more },
})

function writeSettings(home: Home, text: string): void {
  mkdirSync(dirname(home.settingsFile), { recursive: true, mode: 0o700 })
  writeFileSync(home.settingsFile, text, { mode: 0o600 })
}

const CASES: Case[] = [
  {
    name: 'an unknown command',
    args: ['gruop', 'list'],
    code: 'ERR_CLI_USAGE',
    exit: 2,
    text: /did you mean `phylum group`/,
  },
  {
    name: 'an unknown second word',
    args: ['group', 'lst'],
    code: 'ERR_CLI_USAGE',
    exit: 2,
    text: /did you mean `phylum group list`/,
  },
  {
    name: 'an unknown option',
    args: ['group', 'list', '--jsn'],
    code: 'ERR_CLI_USAGE',
    exit: 2,
    text: /did you mean --json/,
  },
  {
    name: 'a missing argument',
    args: ['group', 'create'],
    code: 'ERR_CLI_USAGE',
    exit: 2,
    text: /usage: phylum group create/,
  },
  {
    name: 'an unknown extension',
    args: ['ext', 'run', 'gruops'],
    code: 'ERR_REGISTRY_NOT_FOUND',
    exit: 18,
    text: /groups/,
  },
  {
    name: 'a name of Object.prototype',
    args: ['ext', 'run', 'constructor'],
    code: 'ERR_REGISTRY_NOT_FOUND',
    exit: 18,
    text: /constructor/,
  },
  {
    name: 'a path that is not there',
    args: ['ext', 'run', './nowhere'],
    code: 'ERR_REGISTRY_NOT_FOUND',
    exit: 18,
    text: /nowhere/,
  },
  {
    name: 'a directory that is no path',
    prepare: (home) => put(home, { 'PhylumExt.toml': GOOD }),
    args: ['ext', 'run', 'sample'],
    code: 'ERR_REGISTRY_NOT_FOUND',
    exit: 18,
    text: /\.\/sample/,
  },
  {
    name: 'a path without a manifest',
    prepare: (home) => put(home, { 'main.ts': '' }),
    args: RUN,
    code: 'ERR_REGISTRY_(MANIFEST|NOT_FOUND)',
    exit: 20,
    text: /PhylumExt\.toml/,
  },
  {
    name: 'a manifest that is a directory',
    prepare: (home) => put(home, { 'PhylumExt.toml/x': '' }),
    args: RUN,
    code: 'ERR_REGISTRY_MANIFEST',
    exit: 20,
    text: /directory/,
  },
  {
    name: 'a manifest of 10 MB of noise',
    prepare: (home) => put(home, { 'PhylumExt.toml': '\u0001\u00ff['.repeat(3_000_000) }),
    args: RUN,
    code: 'ERR_REGISTRY_MANIFEST',
    exit: 20,
    text: /PhylumExt\.toml/,
  },
  {
    name: 'a manifest with a fault of syntax',
    prepare: (home) => put(home, { 'PhylumExt.toml': 'name = "x\n' }),
    args: RUN,
    code: 'ERR_REGISTRY_MANIFEST',
    exit: 20,
    text: /PhylumExt\.toml:1:\d+/,
  },
  {
    name: 'a manifest with many faults',
    prepare: (home) =>
      put(home, {
        'PhylumExt.toml':
          'name = "Bad Name"\nversion = 1\n[permissions]\nread = "x"\nnet = ["a b"]\n',
      }),
    args: RUN,
    code: 'ERR_REGISTRY_MANIFEST',
    exit: 20,
    text: /:1:\d+:(.|\n)*:2:\d+:(.|\n)*:4:\d+:(.|\n)*:5:\d+:/,
  },
  {
    name: 'an entry point outside the directory',
    prepare: (home) =>
      put(home, {
        'PhylumExt.toml': GOOD.replace('[api]', 'entry_point = "../other.ts"\n[api]'),
        '../other.ts': '',
      }),
    args: RUN,
    code: 'ERR_REGISTRY_PATH',
    exit: 21,
    text: /other\.ts/,
  },
  {
    name: 'an entry point that is a link to the outside',
    prepare(home) {
      put(home, { 'PhylumExt.toml': GOOD, '../other.ts': '' })
      symlinkSync(join(home.path, 'work/other.ts'), join(home.path, 'work/sample/main.ts'))
    },
    args: RUN,
    code: 'ERR_REGISTRY_PATH',
    exit: 21,
    text: /main\.ts/,
  },
  {
    name: 'an entry point that is missing',
    prepare: (home) => put(home, { 'PhylumExt.toml': GOOD }),
    args: RUN,
    code: 'ERR_REGISTRY_PATH',
    exit: 21,
    text: /main\.ts/,
  },
  {
    name: 'A6 a credential with a line break in it',
    args: ['group', 'list'],
    options: () => withKey({ PHYLUM_API_KEY: `${key}\nX: y` }),
    code: 'ERR_AUTH_CREDENTIAL',
    exit: 11,
    text: /PHYLUM_API_KEY.*character 48/,
  },
  {
    name: 'A6 a stored credential with a line break in it',
    args: ['auth', 'set-token'],
    options: () => ({ input: `${key}\r\nX: y\n` }),
    code: 'ERR_AUTH_CREDENTIAL',
    exit: 11,
    text: /standard input/,
  },
  {
    name: 'K162 a key that was cut off',
    args: ['auth', 'set-token'],
    options: () => ({ input: key.slice(0, 30) }),
    code: 'ERR_AUTH_CREDENTIAL',
    exit: 11,
    text: /43/,
  },
  {
    name: 'no credential',
    args: ['group', 'list'],
    options: () => withKey({ PHYLUM_API_KEY: undefined }),
    code: 'ERR_AUTH_REQUIRED',
    exit: 10,
    text: /PHYLUM_API_KEY/,
  },
  {
    name: 'a URI that is not http',
    args: ['group', 'list'],
    options: () => withKey({ PHYLUM_API_URI: 'ftp://api.example' }),
    code: 'ERR_CONFIG_URI',
    exit: 1,
    text: /PHYLUM_API_URI/,
  },
  {
    name: 'C42 a URI of plain http to another machine',
    args: ['group', 'list'],
    options: () => withKey({ PHYLUM_API_URI: 'http://api.example' }),
    code: 'ERR_CONFIG_URI',
    exit: 1,
    text: /clear/,
  },
  {
    name: 'an API that is not there',
    args: ['group', 'list'],
    options: () => withKey({ PHYLUM_API_URI: 'https://nowhere.invalid' }),
    code: 'ERR_BROKER_DNS',
    exit: 30,
    text: /nowhere\.invalid/,
  },
  {
    name: 'J139 settings that are not YAML',
    prepare: (home) => writeSettings(home, 'connection:\n  uri: [\n'),
    args: ['auth', 'status'],
    code: 'ERR_CONFIG_SYNTAX',
    exit: 1,
    text: /settings\.yaml:\d+:\d+/,
  },
  {
    name: 'J140 settings of a wrong type',
    prepare: (home) =>
      writeSettings(home, 'connection:\n  uri: https://api.example\nignore_certs: "no"\n'),
    args: ['auth', 'status'],
    code: 'ERR_CONFIG_TYPE',
    exit: 1,
    text: /settings\.yaml:3:15/,
  },
  {
    name: 'N197 a Deno that is not there',
    prepare: (home) => put(home, { 'PhylumExt.toml': GOOD, 'main.ts': '' }),
    args: RUN,
    options: () => withKey({ PHYLUM_DENO: '/nowhere/deno' }),
    code: 'ERR_SANDBOX_ENGINE',
    exit: 117,
    text: /PHYLUM_DENO/,
  },
  {
    name: 'N197 a Deno that is another program',
    prepare(home) {
      put(home, { 'PhylumExt.toml': GOOD, 'main.ts': '' })
      writeFileSync(join(home.path, 'fake'), '#!/bin/sh\necho deno 1.0.0\n')
      chmodSync(join(home.path, 'fake'), 0o755)
    },
    args: RUN,
    options: (home) => withKey({ PHYLUM_DENO: join(home.path, 'fake') }),
    code: 'ERR_SANDBOX_ENGINE',
    exit: 117,
    text: /2\.9\.4/,
  },
  {
    name: 'a wrong time-out',
    args: ['-t', 'soon', 'group', 'list'],
    code: 'ERR_CLI_USAGE',
    exit: 2,
    text: /--timeout/,
  },
  {
    name: 'a wrong port',
    args: ['server', 'start', '--port', '70000'],
    code: 'ERR_CLI_USAGE',
    exit: 2,
    text: /--port/,
  },
  {
    name: 'a database that is none',
    prepare: (home) =>
      put(home, { 'x.sqlite': 'no database, but long enough to look like one'.repeat(50) }),
    args: ['server', 'start', '--port', '0', '--database', 'sample/x.sqlite'],
    code: 'ERR_SERVER_DATABASE',
    exit: 1,
    text: /x\.sqlite/,
  },
  {
    name: 'a command that is not there',
    args: ['server', 'exec', '--', 'no-such-command'],
    code: 'ERR_CLI_USAGE',
    exit: 2,
    text: /no-such-command/,
  },
  {
    name: 'an extension that asks for programs outside the sandbox, without the wall',
    prepare: (home) =>
      put(home, {
        'PhylumExt.toml': `${GOOD}[permissions]\nunsandboxed_run = ["cat"]\n`,
        'main.ts': '',
      }),
    args: ['ext', 'run', '-y', '-qq', '--no-wall', './sample'],
    options: () => withKey(),
    code: 'ERR_SANDBOX_START',
    exit: 117,
    text: /programs/,
  },
  {
    name: 'an extension that asks for programs, without the wall',
    prepare: (home) =>
      put(home, { 'PhylumExt.toml': `${GOOD}[permissions]\nrun = ["cat"]\n`, 'main.ts': '' }),
    args: ['ext', 'run', '-y', '-qq', '--no-wall', './sample'],
    options: () => withKey(),
    code: 'ERR_SANDBOX_START',
    exit: 117,
    text: /programs/,
  },
  {
    name: 'an extension for the engine that the wall alone holds, without the wall',
    prepare: (home) =>
      put(home, {
        'PhylumExt.toml': GOOD.replace('[api]', 'engine = "bun"\n[api]'),
        'main.ts': '',
      }),
    args: ['ext', 'run', '-y', '-qq', '--no-wall', './sample'],
    options: () => withKey(),
    code: 'ERR_SANDBOX_ENGINE',
    exit: 117,
    text: /bun/i,
  },
]

for (const form of RUNTIMES) {
  test(
    `bad input gets one clear line and the right exit code [${form}]`,
    withHome(async (home) => {
      for (const each of CASES) {
        each.prepare?.(home)
        const before = existsSync(home.settingsFile)
          ? readFileSync(home.settingsFile, 'utf8')
          : undefined
        const outcome = await home.phylum(form, each.args, each.options?.(home))
        try {
          assertRefused(outcome, each.code, each.exit, each.text)
          const after = existsSync(home.settingsFile)
            ? readFileSync(home.settingsFile, 'utf8')
            : undefined
          assert.equal(after, before, 'the settings are untouched')
          home.assertNoLeak(key, outcome.stdout, outcome.stderr)
        } catch (error) {
          throw new Error(`${each.name}: ${(error as Error).message}`, { cause: error })
        }
        await import('node:fs/promises').then(({ rm }) =>
          rm(join(home.path, 'work'), { recursive: true })
        )
        await import('node:fs/promises').then(({ rm }) => rm(home.settingsFile, { force: true }))
        mkdirSync(join(home.path, 'work'))
      }
      assert.deepEqual(readdirSync(join(home.path, 'tmp')), [], 'no temporary file is left')
    }),
  )

  test(
    `an API that answers garbage gets one clear line [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi({
        '/groups': (request, response) => {
          const what =
            new URL(request.headers['x-request-id'] as string ?? 'x:', 'http://x').pathname
          response.end(what)
        },
      })
      const raw = createServer((socket) =>
        socket.on('error', () => {}).end('HELLO, THIS IS SMTP\r\n\r\n')
      )
      raw.listen(0, '127.0.0.1')
      await once(raw, 'listening')
      const answers = [
        '<html>Not JSON</html>',
        '{"groups": "none"}',
        'null',
        '[1, 2]',
        '{"groups":[{"group_name":1}]}',
        '',
      ]
      for (const answer of answers) {
        const server = await startFakeApi({ '/groups': (_, response) => void response.end(answer) })
        const outcome = await home.phylum(
          form,
          ['group', 'list'],
          withKey({ PHYLUM_API_URI: server.origin }),
        )
        assertRefused(outcome, 'ERR_API_RESPONSE', 1, /Cannot read the answer/)
        await server.stop()
      }
      const origin = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`
      const outcome = await home.phylum(
        form,
        ['group', 'list'],
        withKey({ PHYLUM_API_URI: origin }),
      )
      assertRefused(outcome, 'ERR_BROKER_(RESPONSE|CONNECT)', 30, /127\.0\.0\.1/)
      raw.close()
      await api.stop()
    }),
  )

  test(
    `an occupied port, and errors for programs [${form}]`,
    withHome(async (home) => {
      const occupied = createServer()
      occupied.listen(0, '127.0.0.1')
      await once(occupied, 'listening')
      const port = String((occupied.address() as AddressInfo).port)
      assertRefused(
        await home.phylum(form, ['server', 'start', '--port', port]),
        'ERR_SERVER_PORT',
        1,
        new RegExp(port),
      )
      occupied.close()
      const json = await home.phylum(
        form,
        ['group', 'list', '--json'],
        withKey({ PHYLUM_API_KEY: undefined }),
      )
      assert.deepEqual([json.code, json.stdout, JSON.parse(json.stderr).error.code], [
        10,
        '',
        'ERR_AUTH_REQUIRED',
      ])
      const verbose = await home.phylum(
        form,
        ['-v', 'group', 'list'],
        withKey({ PHYLUM_API_KEY: undefined }),
      )
      assert.match(verbose.stderr, /^\s+at /m, 'a stack with -v')
    }),
  )
}

const isRoot = process.getuid?.() === 0

for (const form of RUNTIMES as Form[]) {
  test(
    `J142 J143 a home that nothing can be written into [${form}]`,
    { skip: isRoot ? false : 'only root can start a program as somebody else' },
    withHome(async (home) => {
      const api = await startFakeApi()
      chmodSync(home.path, 0o755)
      for (const name of ['work', 'run', 'tmp']) chmodSync(join(home.path, name), 0o755)
      const as = { spawn: { uid: 65534, gid: 65534 } }
      const environment = {
        PHYLUM_API_KEY: key,
        PHYLUM_API_URI: api.origin,
        XDG_RUNTIME_DIR: undefined,
        TMPDIR: undefined,
        DENO_DIR: '/tmp/phylum-test-deno-nobody',
      }
      const stored = await home.phylum(form, ['auth', 'set-token'], {
        ...as,
        environment,
        input: key,
      })
      assertRefused(stored, 'ERR_CONFIG_WRITE', 1, /Cannot/)
      const listed = await home.phylum(form, ['group', 'list', '--json'], { ...as, environment })
      assert.deepEqual([listed.code, listed.stdout], [0, '{"groups":[]}\n'], listed.stderr)
      if (form !== 'executable') {
        const run = await home.phylum(form, ['ext', 'run', '-y', 'groups'], { ...as, environment })
        assert.deepEqual([run.code, run.stdout], [0, '[]\n'], run.stderr)
      }
      await api.stop()
    }),
  )
}

test(
  'a full disk is one clear line, and the old settings stay',
  { skip: isRoot ? false : 'only root can mount a small disk' },
  withHome(async (home) => {
    const disk = join(home.path, 'config')
    mkdirSync(disk)
    const run = async (...words: string[]) =>
      await once(spawn(words[0]!, words.slice(1), { stdio: 'ignore' }), 'exit')
    const [mounted] = await run('mount', '-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', disk)
    if (mounted !== 0) return
    try {
      for (const form of RUNTIMES) {
        writeSettings(
          home,
          'connection:\n  uri: https://api.example\nauth_info:\n  offline_access: null\n',
        )
        try {
          writeFileSync(join(disk, 'full'), Buffer.alloc(64 * 1024))
        } catch {
          // That is what it is for.
        }
        const before = readFileSync(home.settingsFile, 'utf8')
        assertRefused(
          await home.phylum(form, ['auth', 'set-token'], { input: key }),
          'ERR_CONFIG_(WRITE|LOCKED)',
          1,
          /full|space/i,
        )
        assert.equal(readFileSync(home.settingsFile, 'utf8'), before)
      }
    } finally {
      await run('umount', disk)
    }
  }),
)
