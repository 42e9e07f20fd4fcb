/**
 * Section L of the catalogue: what an extension writes to the user's terminal, and its ways around the filter. On real terminals, in
 * each form, in both engines; each first where nothing stands in between.
 */
import assert from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { findHarm } from '../harness/obeyed.ts'
import { BUN, commandOf, DENO, ROOT, RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Home } from '../harness/phylum.ts'
import { startOnTerminal, startProgram } from '../harness/pty.ts'
import type { Terminal } from '../harness/pty.ts'
import { guestOf, until } from '../harness/traces.ts'

const ENGINES = ['deno', 'bun'] as const
type Engine = (typeof ENGINES)[number]

function put(home: Home, engine: Engine, code: string, permissions = ''): void {
  home.extension('sample', {
    'PhylumExt.toml':
      `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = []\n[permissions]\n${permissions}\n`,
    'main.ts': code,
  })
}

/** Runs the same code as a plain script of the engine. */
function startPlain(home: Home, engine: Engine): Terminal {
  const command = engine === 'deno' ? [DENO, 'run', '-A', '--no-config'] : [BUN]
  return startProgram(home, [...command, 'sample/main.ts'], {
    environment: { DENO_DIR: join(home.path, 'deno') },
  })
}

/** What ends a terminal's output: the test's own mark, which every one of these programs prints last. */
const DONE = /the\s+end/

async function outputOf(terminal: Terminal): Promise<string> {
  await terminal.shows(DONE)
  await terminal.ended
  await until(() => /the\s+end\r?\n/.test(terminal.output()))
  const output = terminal.output()
  terminal.close()
  return output
}

/** Of each kind one: title, clipboard, colours, reports, strings, resets, eight bits. */
const HARM = [
  '\\x1b]0;title\\x07',
  '\\x1b]52;c;ZXZpbA==\\x07',
  '\\x1b]52;c;?\\x1b\\\\',
  '\\x1b]11;?\\x07',
  '\\x1b[6n',
  '\\x1b[c',
  '\\x1b[>q',
  '\\x1b[21t',
  '\\x1b[?25$p',
  '\\x1b[?u',
  '\\x1bP$qm\\x1b\\\\',
  '\\x1b_Gx\\x1b\\\\',
  '\\x1bPtmux;\\x1b\\x1b]52;c;AA\\x07\\x1b\\\\',
  '\\x1bc',
  '\\x1bZ',
  '\\x05',
  '\\u009b6n',
]

const WRITES = `import { writeSync } from 'node:fs'
  const text = "${HARM.map((each) => `a${each}b`).join('')}"
  writeSync(1, text)
  writeSync(2, text)
  for (const sign of text) writeSync(1, sign)
  console.log(text)
  console.error(text)
  writeSync(1, "\\x1b[32mgreen\\x1b[0m \\x1b[1;1H the end\\n")
  process.exit(0)`

for (const engine of ENGINES) {
  test(
    `L171 what asks a terminal and reaches beyond its screen works where nothing filters [${engine}]`,
    withHome(async (home) => {
      put(home, engine, WRITES)
      assert.notEqual(findHarm(await outputOf(startPlain(home, engine))), undefined)
      put(home, engine, aroundTheFilter(engine))
      assert.match(await goAround(startPlain(home, engine)), /EVIL/)
    }),
  )
}

/**
 * Tries every name by which a terminal can be opened for writing, and the descriptor that is for reading. It is told the number of its
 * own terminal, which it could guess: all of them would be those of other tests, and of whoever runs them.
 */
function aroundTheFilter(engine: Engine): string {
  return `import fs from 'node:fs'
    console.log('which?')
    const line = new Uint8Array(80)
    const named = new TextDecoder().decode(line.subarray(0, fs.readSync(0, line))).trim()
    const own = ['0', '1', '2'].flatMap((name) => { try { return [fs.readlinkSync('/proc/self/fd/' + name)] } catch { return [] } })
    for (const path of ['/proc/self/fd/0', '/dev/stdin', '/dev/fd/0', '/dev/tty', named, ...own]) {
      for (const flags of ['w', 'r+', 'a']) {
        try { fs.writeSync(fs.openSync(path, flags), '\\x1b]52;c;EVIL\\x07') } catch { /* refused */ }
      }
    }
    try { fs.writeSync(0, '\\x1b]52;c;EVIL\\x07') } catch { /* refused */ }
    ${
    engine === 'bun'
      ? `const { dlopen } = await import('bun:ffi')
    const { ioctl } = dlopen('libc.so.6', { ioctl: { args: ['i32', 'u64', 'u64'], returns: 'i32' } }).symbols
    for (const each of [0, 1, 2]) {
      const peer = ioctl(each, 0x5441, 2)
      if (peer >= 0) fs.writeSync(peer, '\\x1b]52;c;EVIL\\x07')
    }`
      : ''
  }
    console.log('the end')`
}

/** Tells the program which terminal is its own, and waits for its end. */
async function goAround(terminal: Terminal): Promise<string> {
  await terminal.shows(/which\?/)
  terminal.type(`${readlinkSync(`/proc/${terminal.pid}/fd/0`)}\r`)
  return await outputOf(terminal)
}

/** Runs a command on a system without namespaces (unshare(2) and clone(2) fail). */
const PARTIAL = [
  BUN,
  '--no-env-file',
  '--config=/dev/null',
  join(ROOT, 'test/harness/deprived.ts'),
  '272/97=1,56/220&0x10000000=1,435/435=38',
  '--',
]

for (const form of RUNTIMES) {
  for (const engine of ENGINES) {
    test(
      `L171 nothing that asks a terminal or reaches beyond its screen arrives there [${form}, ${engine}]`,
      withHome(async (home) => {
        put(home, engine, WRITES)
        const output = await outputOf(startOnTerminal(home, form, ['ext', 'run', '-y', './sample']))
        assert.equal(findHarm(output), undefined)
        assert.ok(
          output.includes('ab'.repeat(HARM.length - 1) + 'a6nb'),
          'what stands around it does',
        )
        assert.ok(output.includes('\x1b[32mgreen\x1b[0m'), 'and what shows something, too')
      }),
    )

    test(
      `L171 no way leads around the filter [${form}, ${engine}]`,
      withHome(async (home) => {
        for (const permissions of ['', 'write = true', 'read = true\nwrite = true']) {
          put(home, engine, aroundTheFilter(engine), permissions)
          const terminal = startOnTerminal(home, form, ['ext', 'run', '-y', './sample'])
          assert.doesNotMatch(await goAround(terminal), /EVIL/, permissions)
        }
      }),
    )

    test(
      `L171 a terminal gets back what is left in force, and nothing more [${form}, ${engine}]`,
      withHome(async (home) => {
        const after = async (code: string, act = (_: Terminal) => {}) => {
          put(home, engine, `import { writeSync } from 'node:fs'\n${code}`)
          const words = [...commandOf(form), 'ext', 'run', '-y', './sample']
          const terminal = startProgram(home, ['sh', '-c', '"$@"; printf OVER', 'sh', ...words])
          await terminal.shows(/begun/)
          act(terminal)
          await terminal.shows(/OVER/)
          const [, output = ''] = /begun([^]*)OVER/.exec(terminal.output()) ?? []
          terminal.close()
          return output
        }
        const mess = `writeSync(1, '\\x1b[?1049h\\x1b[?25l\\x1b[?1003h\\x1b[31mbegun')\n`
        const order = '\x1b[?1049l\x1b[?25h\x1b[?1003l\x1b[0m'
        assert.equal(await after(`writeSync(1, 'begun')`), '')
        assert.equal(await after(`writeSync(1, '\\x1b[31mred\\x1b[39m begun')`), '')
        assert.equal(await after(mess), order)
        const killed = await after(
          `${mess}setInterval(() => {}, 1000)`,
          () => process.kill(guestOf(home)!, 'SIGKILL'),
        )
        assert.ok(killed.startsWith(order), killed)
        assert.match(killed.slice(order.length), /^[^\n]*was ended by SIGKILL\r\n$/)
        // Crashes in the midst of a sequence.
        assert.equal(await after(`writeSync(1, 'begun\\x1b]0;title'); process.exit(1)`), '')
      }),
    )

    test(
      `L171 keys, raw mode, sizes and their changes are as on the terminal itself [${form}, ${engine}]`,
      withHome(async (home) => {
        put(
          home,
          engine,
          `import process from 'node:process'
          const show = (what: string) => console.log([what, process.stdout.columns, process.stdout.rows, process.stdin.isTTY, process.stdout.isTTY, process.stderr.isTTY].join(' '))
          process.on('SIGWINCH', () => {})
          process.stdout.on('resize', () => { show('resized'); console.log('the end'); process.exit(0) })
          process.stdin.setRawMode(true)
          process.stdin.on('data', (keys) => show('key ' + [...keys].join()))
          show('begun')`,
        )
        const terminal = startOnTerminal(home, form, ['ext', 'run', '-y', './sample'], {
          columns: 91,
          rows: 17,
        })
        await terminal.shows(/begun 91 17 true true true/)
        terminal.type('\x1b[A')
        await terminal.shows(/key 27,91,65 91 17/)
        terminal.type('\x03')
        await terminal.shows(/key 3 91 17/)
        terminal.resize(70, 12)
        await terminal.shows(/resized 70 12/)
        assert.equal(await terminal.ended, 0)
        terminal.close()
      }),
    )
  }

  for (
    const [level, under, words] of [['partial', PARTIAL, []], ['none', [], ['--no-wall']]] as const
  ) {
    test(
      `L171 no way leads around the filter where the wall is ${level} [${form}]`,
      withHome(async (home) => {
        put(home, 'deno', aroundTheFilter('deno'))
        const command = [...under, ...commandOf(form), 'ext', 'run', '-y', ...words, './sample']
        const output = await goAround(startProgram(home, command))
        assert.match(output, /warning:[^]*wall/)
        assert.doesNotMatch(output, /EVIL/)
      }),
    )
  }

  test(
    `L171 commands of an extension write through the filter, and a pipe gets what is written [${form}]`,
    withHome(async (home) => {
      const script = String.raw`printf 'one\033]52;c;RVZJTA==\007two\n'`
      put(
        home,
        'deno',
        `console.log(JSON.stringify(Phylum.runSandboxed({ cmd: 'sh', args: ['-c', ${
          JSON.stringify(script)
        }], exceptions: { run: ['sh'] } }).success))
        new Deno.Command('sh', { args: ['-c', ${
          JSON.stringify(script)
        }], stdout: 'inherit', stderr: 'inherit' }).outputSync()
        console.log('the end')`,
        'run = ["sh"]\nunsandboxed_run = ["sh"]',
      )
      const output = await outputOf(startOnTerminal(home, form, ['ext', 'run', '-y', './sample']))
      assert.equal(output.split('onetwo').length, 3, output)
      assert.equal(findHarm(output), undefined)
      const { stdout } = await home.phylum(form, ['ext', 'run', '-y', './sample'])
      assert.equal(stdout.split('one\x1b]52;c;RVZJTA==\x07two').length, 3, stdout)
    }),
  )

  test(
    `L171 L172 a question waits for what was written before it [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      home.extension('sample', {
        'PhylumExt.toml': `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n`,
        'main.ts': `import { api } from 'phylum'
          const lines = Array.from({ length: 2000 }, (_, i) => 'line ' + i).join('\\n')
          console.log('\\x1b[?1049h' + lines + '\\nlast one')
          await api.fetch('/groups')
          console.log('the end')`,
      })
      const terminal = startOnTerminal(home, form, ['ext', 'run', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
      })
      await terminal.shows(/May it call[^]*No/)
      const output = terminal.output()
      const places = ['line 1999', 'last one', '\x1b[?1049l', 'May it call']
        .map((each) => output.indexOf(each))
      assert.deepEqual(places, places.toSorted((left, right) => left - right))
      assert.ok(!places.includes(-1))
      terminal.type('y')
      await terminal.shows(/the end/)
      assert.equal(await terminal.ended, 0)
      assert.ok(terminal.output().lastIndexOf('\x1b[?1049h') > places[3]!, 'its modes are back')
      terminal.close()
      await api.stop()
    }),
  )
}
