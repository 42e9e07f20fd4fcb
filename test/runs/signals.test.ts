/**
 * Section N of the catalogue, the part with signals: whenever one arrives, and whichever it is, nothing is left of the run, nothing is
 * half written, and the exit code says what happened.
 */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { startProvider } from '../harness/oidc_provider.ts'
import {
  commandOf,
  IS_SOAK,
  onAllRuntimes,
  outcomeOf,
  RUNTIMES,
  withHome,
} from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'
import { ECHO, ICANON, startOnTerminal, startProgram } from '../harness/pty.ts'
import {
  guestOf,
  processesOf,
  runDirectories,
  temporaryFiles,
  until,
  waitForNothing,
} from '../harness/traces.ts'

const MANIFEST = `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n`
const NOWHERE = 'http://127.0.0.1:9'

/** Starts an extension; `origin` is that of its API. */
function start(home: Home, form: Form, code: string, origin = NOWHERE, ...options: string[]) {
  home.extension('sample', { 'PhylumExt.toml': MANIFEST, 'main.ts': code })
  return home.start(form, ['ext', 'run', ...options, '-y', './sample'], {
    environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: origin },
  })
}

const IDLE = `console.log('ready')\nsetInterval(() => {}, 1000)`

/** Collects what a process prints, to be waited for. */
function reading(child: ChildProcess): { shows(pattern: RegExp): Promise<void>; text(): string } {
  let text = ''
  child.stdout!.on('data', (chunk) => text += chunk)
  return { shows: (pattern) => until(() => pattern.test(text)), text: () => text }
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

for (const form of RUNTIMES) {
  test(
    `N190 a signal at any moment of a run leaves nothing, and is told by the exit code [${form}]`,
    withHome(async (home) => {
      const started = performance.now()
      const first = start(home, form, IDLE)
      await reading(first).shows(/ready/)
      const whole = performance.now() - started
      first.kill('SIGTERM')
      await outcomeOf(first)

      const moments = IS_SOAK ? 400 : 12
      async function strike(moment: number): Promise<void> {
        const name = ENDING[moment % ENDING.length]!
        const child = start(home, form, IDLE)
        // More of them where things happen: the first half is spent in starting the program itself.
        const timer = setTimeout(() => child.kill(name), whole * (0.4 + moment / moments))
        const { code, signal, stderr } = await outcomeOf(child)
        clearTimeout(timer)
        const isTold = signal === name || code === 128 + constants.signals[name]
        assert.ok(isTold, `${name} at ${moment}: ${code} ${signal} ${stderr}`)
      }
      await Promise.all([0, 1].map(async (lane) => {
        for (let moment = lane; moment < moments; moment += 2) await strike(moment)
      }))
      await waitForNothing(home)
      assert.deepEqual(temporaryFiles(home), [])
    }),
  )

  test(
    `N191 a host that is killed at any moment leaves nobody behind [${form}]`,
    withHome(async (home) => {
      const started = performance.now()
      const first = start(home, form, IDLE)
      await reading(first).shows(/ready/)
      const whole = performance.now() - started
      first.kill('SIGKILL')
      await waitForNothing(home)
      const moments = IS_SOAK ? 200 : 5
      for (let moment = 0; moment < moments; moment++) {
        const child = start(home, form, IDLE)
        setTimeout(() => child.kill('SIGKILL'), whole * (0.5 + moment / moments))
        await once(child, 'close')
      }
      await until(() => processesOf(home).length === 0)
      // Of one that died with its directory just made and no mark in it yet, a run removes it a minute later.
      for (const name of runDirectories(home)) {
        utimesSync(join(home.path, `run/phylum-${process.getuid?.()}`, name), 0, 0)
      }
      home.extension('sample', { 'main.ts': '' })
      const next = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: NOWHERE },
      })
      assert.equal(next.code, 0, next.stderr)
      assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
    }),
  )

  test(
    `N190 a signal at the question gives the terminal back, and takes it for a "no" [${form}]`,
    withHome(async (home) => {
      home.extension('sample', { 'PhylumExt.toml': MANIFEST, 'main.ts': `console.log('RAN')` })
      await Promise.all(ENDING.map(async (name) => {
        const terminal = startOnTerminal(home, form, ['ext', 'run', './sample'])
        try {
          const before = terminal.modes()
          await terminal.shows(/with these permissions\?[^]*No/)
          assert.equal(terminal.modes() & (ECHO | ICANON), 0, 'keys are read one by one')
          terminal.signal(name)
          assert.equal(await terminal.ended, 128 + constants.signals[name])
          assert.equal(terminal.modes(), before)
          const output = terminal.output()
          assert.ok(output.lastIndexOf('\x1b[?25h') > output.lastIndexOf('\x1b[?25l'), 'a cursor')
          assert.doesNotMatch(output, /RAN/)
        } finally {
          terminal.close()
        }
      }))
      assert.ok(!existsSync(join(home.path, 'state/phylum/consent')), 'nothing was agreed to')
    }),
  )

  test(
    `N192 a host that slept longer than its token and its connections goes on [${form}]`,
    withHome(async (home) => {
      const provider = await startProvider()
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts': `import { api } from 'phylum'
        const ask = async () => console.log((await api.fetch('/groups')).status)
        await ask()
        await Deno.stdin.read(new Uint8Array(1))
        await ask()`,
      })
      const child = home.start(form, ['ext', 'run', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: provider.refreshToken, PHYLUM_API_URI: provider.uri },
      })
      const output = reading(child)
      await output.shows(/200/)
      process.kill(child.pid!, 'SIGSTOP')
      provider.revokeAccessTokens()
      provider.closeConnections()
      process.kill(child.pid!, 'SIGCONT')
      child.stdin!.end('x')
      const { code, stderr } = await outcomeOf(child)
      assert.deepEqual([code, output.text()], [0, '200\n200\n'], stderr)
      assert.equal(provider.exchanges(), 2, 'one exchange for each token')
      await provider.stop()
    }),
  )

  test(
    `N198 Ctrl-Z stops a run as a job of the shell, and fg takes it up again [${form}]`,
    withHome(async (home) => {
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts':
          `let count = 0; setInterval(() => console.log('tick', ++count), 20); Deno.addSignalListener('SIGINT', () => Deno.exit(7))`,
      })
      const command = [...commandOf(form), 'ext', 'run', '-y', './sample']
      const shell = startProgram(home, ['bash', '--norc', '--noprofile', '-i'], {
        environment: {
          PS1: '$ ',
          NO_COLOR: '1',
          PHYLUM_API_KEY: createCanary(),
          PHYLUM_API_URI: NOWHERE,
        },
      })
      try {
        await shell.shows(/\$ /)
        shell.type(`${command.map((word) => `'${word}'`).join(' ')}\r`)
        await shell.shows(/tick 3\r/)
        shell.type('\x1a')
        await shell.shows(/Stopped/)
        assert.equal(stateOf(guestOf(home)!), 'T', 'the guest stands still')
        const count = shell.output().match(/tick/g)!.length
        shell.type('echo between $((20 + 3))\r')
        await shell.shows(/between 23/)
        assert.equal(shell.output().match(/tick/g)!.length, count)
        shell.type('fg\r')
        await until(() => shell.output().match(/tick/g)!.length > count + 3)
        shell.type('\x03')
        await shell.shows(/\$ $/)
        shell.type('echo code $?\r')
        await shell.shows(/code 7\r/)
        await until(() => guestOf(home) === undefined && runDirectories(home).length === 0)
      } finally {
        shell.close()
      }
    }),
  )
}

test(
  'N190 Ctrl-C twice ends an extension that does not want to end',
  onAllRuntimes(async (home, form) => {
    const child = start(
      home,
      form,
      `Deno.addSignalListener('SIGINT', () => console.log('asked'))\n${IDLE}`,
    )
    const output = reading(child)
    await output.shows(/ready/)
    child.kill('SIGINT')
    await output.shows(/asked/)
    child.kill('SIGINT')
    assert.equal((await outcomeOf(child)).code, 128 + constants.signals.SIGKILL)
    await waitForNothing(home)
  }),
)

test(
  'N192 a host that stood still takes the answer that came meanwhile',
  onAllRuntimes(async (home, form) => {
    let release = () => {}
    const api = await startFakeApi({
      '/wait': (_, response) => void (release = () => response.end('{"late":true}')),
    })
    const child = start(
      home,
      form,
      `import { api } from 'phylum'; console.log(await (await api.fetch('/wait')).text())`,
      api.origin,
      '-t',
      '1',
    )
    await until(() => api.seen.length === 1)
    process.kill(child.pid!, 'SIGSTOP')
    release()
    // Longer than the API may be silent: what is tried is that this counts for nothing.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    process.kill(child.pid!, 'SIGCONT')
    const { code, stdout, stderr } = await outcomeOf(child)
    assert.deepEqual([code, stdout], [0, '{"late":true}\n'], stderr)
    await api.stop()
  }),
)

test(
  'N193 a storm of signals that mean nothing changes nothing',
  onAllRuntimes(async (home, form) => {
    const child = start(
      home,
      form,
      `console.log('ready'); await Deno.stdin.read(new Uint8Array(1)); console.log('went on')`,
    )
    const output = reading(child)
    await output.shows(/ready/)
    for (
      const name of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGWINCH', 'SIGCHLD', 'SIGURG'] as const
    ) {
      for (let i = 0; i < 100; i++) child.kill(name)
    }
    child.stdin!.end('x')
    assert.equal((await outcomeOf(child)).code, 0)
    assert.equal(output.text(), 'ready\nwent on\n')
    // Port 9229, where a debugger would listen, in the kernel's hexadecimal.
    assert.doesNotMatch(readFileSync('/proc/net/tcp', 'utf8'), /:240D 00000000:0000 0A/)
  }),
)

test(
  'N194 each way to end has its own exit code',
  onAllRuntimes(async (home, form) => {
    const api = await startFakeApi()
    await Promise.all([0, 1, 16, 70, 87, 117, 255].map(async (code) => {
      home.extension(`exit-${code}`, {
        'PhylumExt.toml': MANIFEST,
        // With a request under way, and one whose answer nobody has read.
        'main.ts': `import { api } from 'phylum'
        await api.fetch('/download?bytes=10000000')
        api.fetch('/slow?ms=60000').catch(() => {})
        Deno.exit(${code})`,
      })
      const outcome = await home.phylum(form, ['ext', 'run', '-y', `./exit-${code}`], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
      })
      assert.equal(outcome.code, code, outcome.stderr)
    }))
    for (const name of ['SIGABRT', 'SIGKILL', 'SIGALRM'] as const) {
      for (const options of [[], ['--no-wall']]) {
        const child = start(home, form, IDLE, NOWHERE, ...options)
        await reading(child).shows(/ready/)
        process.kill(guestOf(home)!, name)
        const { code, stderr } = await outcomeOf(child)
        assert.equal(code, 128 + constants.signals[name])
        // Behind the wall the init of its namespace says only the code, as a shell does.
        const warning = new RegExp(`^warning: extension "sample" was ended by ${name}$`, 'm')
        if (options.length > 0) assert.match(stderr, warning)
      }
    }
    await waitForNothing(home)
    await api.stop()
  }),
)

test(
  'N195 an API that goes away while an extension waits is an error of its request',
  onAllRuntimes(async (home, form) => {
    const api = await startFakeApi()
    const child = start(
      home,
      form,
      `import { api } from 'phylum'
      const waiting = api.fetch('/slow?ms=60000').catch((error) => console.log(error.code))
      const { body } = await api.fetch('/stall')
      const reader = body!.getReader()
      await reader.read()
      console.log('ready')
      await reader.read().catch((error) => console.log(error instanceof TypeError))
      await waiting
      throw new Error('for want of an answer')`,
      api.origin,
    )
    await reading(child).shows(/ready/)
    await api.stop()
    const { code, stdout, stderr } = await outcomeOf(child)
    assert.equal(code, 16, stderr)
    assert.deepEqual(stdout.split('\n').toSorted(), ['', 'ERR_BROKER_CONNECT', 'true'])
    await waitForNothing(home)
  }),
)

/** The state of a process, as proc_pid_stat(5) tells it. */
function stateOf(pid: number): string | undefined {
  return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]
}
