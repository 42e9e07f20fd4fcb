/**
 * `phylum sandbox -- COMMAND`: any program behind the wall, with what the options name and nothing else.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { outcomeOf, RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Home, Outcome, StartOptions } from '../harness/phylum.ts'

interface Stage {
  home: Home
  /** Directory in which the command starts. */
  work: string
  sandbox(words: readonly string[], options?: StartOptions): Promise<Outcome>
}

function onStage(name: string, body: (stage: Stage) => Promise<void>): void {
  for (const form of RUNTIMES) {
    test(
      `${name} [${form}]`,
      withHome(async (home) => {
        const canary = createCanary()
        await home.phylum(form, ['auth', 'set-token'], { input: canary })
        const work = join(home.path, 'work')
        writeFileSync(join(work, 'file'), 'work')
        await body({
          home,
          work,
          async sandbox(words, options = {}) {
            const outcome = await home.phylum(form, ['sandbox', ...words], {
              ...options,
              environment: { PHYLUM_API_KEY: canary, ...options.environment },
            })
            home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
            return outcome
          },
        })
      }),
    )
  }
}

onStage(
  'sandbox runs a command with its input, its output and its exit code',
  async ({ sandbox }) => {
    const outcome = await sandbox([
      '--',
      'sh',
      '-c',
      'read x; echo "out $x"; echo "err $x" >&2; exit 3',
    ], {
      input: 'typed\n',
    })
    assert.deepEqual(outcome, {
      code: 3,
      signal: null,
      stdout: 'out typed\n',
      stderr: 'err typed\n',
    })
    assert.equal((await sandbox(['--', 'sh', '-c', 'exit 117'])).code, 118)
    assert.equal((await sandbox(['--', 'sh', '-c', 'kill -9 $$'])).code, 137)
    // What follows the command is its own.
    assert.equal((await sandbox(['--', 'echo', '--check', '--', '-x'])).stdout, '--check -- -x\n')
  },
)

onStage(
  'sandbox grants what its options name, and nothing else',
  async ({ home, work, sandbox }) => {
    mkdirSync(join(work, 'out'))
    const cat = (file: string, ...options: string[]) => sandbox([...options, '--', 'cat', file])
    assert.equal((await cat('file')).code, 1)
    assert.equal((await cat('file', '--allow-read', '.')).stdout, 'work')
    assert.equal((await cat('file', '--allow-read', join(work, 'file'))).stdout, 'work')
    assert.equal((await cat('file', '--allow-read', 'out')).code, 1)
    assert.equal((await cat('/etc/hostname')).code, 1)
    const write = (...options: string[]) =>
      sandbox([...options, '--', 'sh', '-c', 'echo new > out/new'])
    assert.notEqual((await write('--allow-read', '.')).code, 0)
    assert.ok(!existsSync(join(work, 'out/new')))
    assert.equal((await write('--allow-write', 'out')).code, 0)
    assert.equal(readFileSync(join(work, 'out/new'), 'utf8'), 'new\n')
    const run = (...options: string[]) => sandbox([...options, '--', 'sh', '-c', 'echo a | cat'])
    assert.notEqual((await run()).code, 0)
    assert.equal((await run('--allow-run', 'cat', '--allow-run', 'ls')).stdout, 'a\n')
    const env = (...options: string[]) =>
      sandbox([...options, '--', 'sh', '-c', 'echo $SECRET $HOME'], {
        environment: { SECRET: 'secret' },
      })
    assert.equal((await env()).stdout, '\n')
    assert.equal(
      (await env('--allow-env', 'SECRET', '--allow-env=HOME')).stdout,
      `secret ${home.path}\n`,
    )
  },
)

onStage(
  'A5 A15 sandbox keeps the settings closed, whatever is granted',
  async ({ home, sandbox }) => {
    for (const options of [['--allow-read', '/'], ['--allow-read', '~/', '--allow-write', '~/']]) {
      const { code, stdout } = await sandbox([...options, '--', 'cat', home.settingsFile])
      assert.deepEqual([code, stdout], [1, ''], options.join(' '))
    }
    const { stdout } = await sandbox(['--', 'sh', '-c', 'echo "[$PHYLUM_API_KEY]"'])
    assert.equal(stdout, '[]\n')
    const asked = await sandbox(['--allow-env', 'PHYLUM_API_KEY', '--', 'true'])
    assert.equal(asked.code, 2)
  },
)

onStage('D53 sandbox resolves paths before it compares them', async ({ work, sandbox }) => {
  symlinkSync('/etc', join(work, 'link'))
  mkdirSync(join(work, 'inside'))
  for (const file of ['link/hostname', 'inside/../../../../../../etc/hostname', '/etc/hostname']) {
    const { code } = await sandbox(['--allow-read', './inside/..', '--', 'cat', file])
    assert.equal(code, 1, file)
  }
  // On the command line it is the user who names a link.
  assert.equal((await sandbox(['--allow-read', 'link', '--', 'cat', 'link/hostname'])).code, 0)
})

onStage('G88 sandbox connects to nobody unless it may', async ({ sandbox }) => {
  const api = await startFakeApi()
  const { port } = new URL(api.origin)
  const script = `use IO::Socket::INET; exit(IO::Socket::INET->new("127.0.0.1:${port}") ? 0 : 9)`
  const run = (...options: string[]) => sandbox([...options, '--', 'perl', '-e', script])
  assert.equal((await run()).code, 9)
  assert.equal((await run('--allow-net')).code, 0)
  await api.stop()
})

onStage('sandbox --strict grants not even libraries', async ({ sandbox }) => {
  assert.notEqual((await sandbox(['--strict', '--', 'true'])).code, 0)
  const named = ['/usr/lib', '/lib', '/lib64', '/etc/ld.so.cache'].filter(existsSync)
  const options = named.flatMap((each) => ['--allow-read', each])
  const loader = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].find(existsSync)
  const outcome = await sandbox(['--strict', ...options, '--allow-run', loader!, '--', 'true'])
  assert.equal(outcome.code, 0, outcome.stderr)
})

onStage('N196 sandbox says what is wrong, and runs nothing then', async ({ work, sandbox }) => {
  writeFileSync(join(work, 'not-executable'), 'x')
  writeFileSync(join(work, 'no-program'), 'x')
  chmodSync(join(work, 'no-program'), 0o755)
  const elsewhere = mkdtempSync('/var/tmp/phylum-loop-')
  symlinkSync('loop', join(elsewhere, 'loop'))
  for (
    const [words, code, text] of [
      [['--', 'no-such-command'], 117, /there is no such command/],
      [['--', './no-such-command'], 117, /there is no such command/],
      [['--', './no-program'], 117, /execve of .*no-program: ENOEXEC/],
      [['--', './not-executable'], 117, /EACCES/],
      [['--allow-read', '/nowhere', '--', 'true'], 2, /"\/nowhere" does not exist/],
      [['--allow-read', `${elsewhere}/loop`, '--', 'true'], 2, /does not exist/],
      [['--allow-read', '', '--', 'true'], 2, /it is empty/],
      [['--allow-env', '*', '--', 'true'], 2, /wildcard/],
      [[], 2, /A command is missing/],
      [['--check', '--', 'true'], 2, /runs no command/],
      [['--allow-all', '--', 'true'], 2, /Unknown option/],
    ] as const
  ) {
    const outcome = await sandbox(words)
    assert.equal(outcome.code, code, `${words.join(' ')}: ${outcome.stderr}`)
    assert.match(outcome.stderr, text)
    assert.equal(outcome.stdout, '')
  }
  rmSync(elsewhere, { recursive: true })
})

for (const form of RUNTIMES) {
  test(
    `N190 sandbox passes signals on, and leaves nothing [${form}]`,
    withHome(async (home) => {
      for (
        const [script, code] of [
          ['trap "exit 7" TERM; echo ready; while :; do sleep 600 & wait; done', 7],
          ['echo ready; exec sleep 600', 128 + constants.signals.SIGTERM],
        ] as const
      ) {
        const child = home.start(form, [
          'sandbox',
          '--allow-run',
          'sleep',
          '--',
          'sh',
          '-c',
          script,
        ])
        await once(child.stdout!, 'data')
        child.kill('SIGTERM')
        assert.equal((await outcomeOf(child)).code, code)
      }
    }),
  )
}
