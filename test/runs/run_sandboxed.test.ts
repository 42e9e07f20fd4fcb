/**
 * `runSandboxed()`: an extension has its host run a command, behind a wall of its own, with no more than it was granted itself.
 */
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { onAllRuntimes, outcomeOf, RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'

const ENGINES = ['deno', 'bun'] as const

/** Says of each attempt what came of it. */
const PRELUDE = `import { runSandboxed, runSandboxedAsync } from 'phylum'
const told = (work) => { try { return work() } catch (error) { return [error.name, error.message].join(': ') } }
`

interface Trial {
  home: Home
  form: Form
  engine: (typeof ENGINES)[number]
  permissions: string
  code: string
}

async function tryIt(
  { home, form, engine, permissions, code }: Trial,
): Promise<Outcome> {
  const canary = createCanary()
  home.extension('sample', {
    'PhylumExt.toml':
      `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = []\n[permissions]\n${permissions}\n`,
    'main.ts': PRELUDE + code,
  })
  const outcome = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
    environment: { PHYLUM_API_KEY: canary, SECRET: 'for nobody' },
    input: 'typed\n',
  })
  home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
  return outcome
}

test(
  'runSandboxed() runs a command with its streams and its exit code, in both engines',
  onAllRuntimes(async (home, form) => {
    for (const engine of ENGINES) {
      const outcome = await tryIt({
        home,
        form,
        engine,
        permissions: 'run = ["sh"]\nread = ["./"]',
        code: `
          const script = 'read x; echo "out $x$SECRET$PHYLUM_API_KEY"; echo err >&2; exit 3'
          console.log(JSON.stringify(runSandboxed({ cmd: 'sh', args: ['-c', script], stdout: 'piped', stderr: 'piped' })))
          console.log(JSON.stringify(await Promise.all(['exit 117', 'kill -9 $$', 'exit 0'].map((script) =>
            runSandboxedAsync({ cmd: 'sh', args: ['-c', script], stdin: 'null' })))))
          runSandboxed({ cmd: 'sh', args: ['-c', 'echo through'], stdin: 'piped' })`,
      })
      const [first, second, third] = outcome.stdout.split('\n')
      assert.deepEqual(JSON.parse(first!), {
        success: false,
        code: 3,
        signal: null,
        stdout: 'out typed\n',
        stderr: 'err\n',
      }, outcome.stderr)
      assert.deepEqual(
        JSON.parse(second!).map(({ code, signal, success }: Record<string, unknown>) => [
          code,
          signal,
          success,
        ]),
        [[118, null, false], [137, 9, false], [0, null, true]],
      )
      assert.equal(third, 'through')
    }
  }),
)

/** The form in which what does not depend on it is tried. */
const [FORM = 'bun'] = RUNTIMES

test(
  'D53 runSandboxed() grants nothing that the manifest does not grant, however it is asked for',
  withHome(async (home) => {
    const work = join(home.path, 'work')
    mkdirSync(join(work, 'mine/out'), { recursive: true })
    mkdirSync(join(work, 'other'))
    writeFileSync(join(work, 'mine/file'), 'mine')
    writeFileSync(join(work, 'other/file'), 'other')
    symlinkSync('../other', join(work, 'mine/link'))
    const cat = (path: string, exceptions: object) =>
      `told(() => runSandboxed({ cmd: 'cat', args: [${
        JSON.stringify(path)
      }], stdout: 'piped', stderr: 'null', exceptions: ${JSON.stringify(exceptions)} }).stdout)`
    const attempts: [code: string, result: string][] = [
      [cat('mine/file', { read: ['mine'] }), 'mine'],
      [cat('mine/file', { read: ['./mine/../mine/file'] }), 'mine'],
      [cat('mine/file', {}), ''],
      [
        cat('other/file', { read: ['mine/../other'] }),
        `NotCapable: Requires read access to "${work}/other"`,
      ],
      [
        cat('other/file', { read: ['mine/link'] }),
        `NotCapable: Requires read access to "${work}/mine/link"`,
      ],
      [
        cat('other/file', { read: ['mineral'] }),
        `NotCapable: Requires read access to "${work}/mineral"`,
      ],
      [
        cat('other/file', { read: ['mine/link/gone'] }),
        `NotCapable: Requires read access to "${work}/mine/link/gone"`,
      ],
      [cat('mine/link/file', { read: ['mine'] }), ''],
      [cat('mine/file', { read: ['mine', 'mine/gone'] }), 'mine'],
      [cat('other/file', { read: true }), 'NotCapable: Requires read access'],
      [
        cat('mine/file', { read: false, write: ['mine'] }),
        `NotCapable: Requires write access to "${work}/mine"`,
      ],
      [cat('mine/file', { run: ['cat', 'ls'] }), 'NotCapable: Requires run access to "ls"'],
      [cat('mine/file', { run: true }), 'NotCapable: Requires run access'],
      [cat('mine/file', { env: ['SECRET'] }), 'NotCapable: Requires env access to "SECRET"'],
      [cat('mine/file', { env: true }), 'NotCapable: Requires env access'],
      [cat('mine/file', { net: true }), 'NotCapable: Requires net access'],
      [
        cat('mine/file', { net: ['one.example'] }),
        'ApiError: Cannot run a command: exceptions.net is a list, and a command has all of the network or none',
      ],
      [
        cat('mine/file', { env: ['PHYLUM_API_KEY'] }),
        'ApiError: Cannot grant env "PHYLUM_API_KEY": the credential never crosses into an extension; call api.fetch()',
      ],
      [`told(() => runSandboxed({ cmd: 'ls' }))`, 'NotCapable: Requires run access to "ls"'],
      [
        `told(() => runSandboxed({ cmd: '/bin/../usr/bin/ls' }))`,
        'NotCapable: Requires run access to "/bin/../usr/bin/ls"',
      ],
      [
        `told(() => runSandboxed({ cmd: './mine/link/ls' }))`,
        'NotCapable: Requires run access to "./mine/link/ls"',
      ],
      [
        `told(() => runSandboxed({ cmd: '/opt/tools/none' }))`,
        'ApiError: Cannot run "/opt/tools/none": there is no such command',
      ],
    ]
    // A catalogue of programs that a manifest may list; that of the last attempt lies in it.
    const permissions =
      'read = ["./mine"]\nwrite = ["./mine/out"]\nrun = ["cat", "/opt"]\nenv = ["HOME"]\nnet = ["one.example"]'
    const outcome = await tryIt({
      home,
      form: FORM,
      engine: 'deno',
      permissions,
      code: `console.log(JSON.stringify([${attempts.map(([code]) => code).join(',\n')}]))`,
    })
    const results = JSON.parse(outcome.stdout)
    for (const [index, [code, result]] of attempts.entries()) {
      assert.equal(results[index], result, code)
    }
    const writing = await tryIt({
      home,
      form: FORM,
      engine: 'bun',
      permissions: 'run = ["sh"]\nwrite = ["./mine/out"]',
      code: `for (const place of ['mine/out/new', 'mine/new'])
        runSandboxed({ cmd: 'sh', args: ['-c', 'echo > ' + place], stderr: 'null', exceptions: { write: ['mine/out'] } })`,
    })
    assert.equal(writing.code, 0, writing.stderr)
    assert.ok(existsSync(join(work, 'mine/out/new')) && !existsSync(join(work, 'mine/new')))
  }),
)

test(
  'runSandboxed() refuses what is no command, and says what is wrong with it',
  withHome(async (home) => {
    const attempts: [command: string, message: string][] = [
      ['undefined', 'the parameters is no object'],
      ['{}', 'cmd is no string'],
      [`{ cmd: '' }`, 'cmd is empty'],
      [`{ cmd: 'cat', args: 'x' }`, 'args is no list'],
      [`{ cmd: 'cat', args: [1] }`, 'args[0] is no string'],
      [`{ cmd: 'cat', args: ['a\\0b'] }`, 'args[0] holds a zero byte'],
      [`{ cmd: 'cat', stdin: 'constructor' }`, 'stdin is none of "inherit", "piped", "null"'],
      [`{ cmd: 'cat', exceptions: { read: [null] } }`, 'exceptions.read[0] is no string'],
      [`{ cmd: 'cat', exceptions: { strict: 1 } }`, 'exceptions.strict is neither true nor false'],
      [`{ cmd: 'cat', args: ['x'.repeat(2 ** 20)] }`, 'it is longer than 1048576 bytes'],
      [
        `{ cmd: 'cat', args: ['/dev/zero'], stdout: 'piped' }`,
        'it has printed more than 16777216 bytes',
      ],
    ]
    const { stdout, stderr } = await tryIt({
      home,
      form: FORM,
      engine: 'bun',
      permissions: 'run = ["cat"]',
      code: `console.log(JSON.stringify([${
        attempts.map(([command]) => `told(() => runSandboxed(${command}))`).join(',\n')
      }]))`,
    })
    const results = JSON.parse(stdout || JSON.stringify(stderr))
    for (const [index, [command, message]] of attempts.entries()) {
      assert.match(results[index], /^ApiError: Cannot /, command)
      assert.ok(results[index].endsWith(message), `${command}: ${results[index]}`)
    }
  }),
)

test(
  'N190 a command of an extension ends with its run, however that ends',
  withHome(async (home) => {
    const mark = createCanary().slice(-12)
    home.extension('sample', {
      'PhylumExt.toml':
        'name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n[permissions]\nrun = ["sh", "sleep"]\n',
      'main.ts': `${PRELUDE}
        const sleep = { cmd: 'sh', args: ['-c', 'echo begun; exec sleep 1000 ${mark}'] }
        if (Deno.args[0] === 'exit') { runSandboxedAsync(sleep).catch(() => {}); setTimeout(() => Deno.exit(5), 500) }
        else runSandboxed(sleep)`,
    })
    const isRunning = () =>
      readdirSync('/proc').filter((each) => /^\d+$/.test(each)).some((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(mark)
        } catch {
          return false
        }
      })
    for (const [word, signal] of [['exit'], ['wait', 'SIGINT'], ['wait', 'SIGKILL']] as const) {
      const child = home.start(FORM, ['ext', 'run', '-y', './sample', word])
      child.stdout!.once('data', () => signal === undefined || child.kill(signal))
      await outcomeOf(child)
      for (let turn = 0; isRunning() && turn < 100; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      assert.ok(!isRunning(), `${word} ${signal ?? ''}`)
    }
  }),
)
