/**
 * Section L of the catalogue: text of others that a terminal would obey or a person not see, and programs that leave the terminal
 * in a state of their own. On real terminals, in each form.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import widthOf from 'string-width'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { commandOf, DENO, RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'
import { ECHO, ICANON, startOnTerminal, startProgram } from '../harness/pty.ts'
import type { Terminal, TerminalOptions } from '../harness/pty.ts'
import { guestOf, until } from '../harness/traces.ts'

const MANIFEST = `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n`
const NOWHERE = 'http://127.0.0.1:9'

/** What moves cursors, writes clipboards, asks terminals to answer, forges lines, hides and turns the direction. */
const DECEPTIVE = [
  '\x1b[2J\x1b[H',
  '\x1b]0;title\x07',
  '\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\',
  '\x1b]52;c;ZXZpbA==\x07',
  '\x1b[6n',
  '\x1bP$qm\x1b\\',
  '\x9b6n',
  '\x07\b\b\b',
  'safe\rEVIL',
  'one\ntwo',
  '\u202etxt.exe',
  '\u2066x\u2069',
  'a\u200bb\u2060c\ufeffd',
  'x\u2028y',
  '\u{e0041}\u{e007f}',
  'Z\u0351\u036b\u0343\u036a\u0342\u036b\u033d',
]
const HOSTILE = DECEPTIVE.join('')

/** The ends of lines and of cells, what colours text, and what takes a line of progress away: all that phylum itself sends to a terminal in its lists and errors. */
// deno-lint-ignore no-control-regex
const OWN = /\r?\n|\t|\r\x1b\[2K|\x1b\[\d*m/g

/** What Deno, as the host, prints on a terminal before the program begins. */
const OF_DENO = '\x1b[0G\x1b[2K\x1b[J'

function assertHarmless(output: string, what: string): void {
  const rest = output.replaceAll(OF_DENO, '').replace(OWN, '')
  assert.doesNotMatch(
    rest,
    /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u,
    what,
  )
  // Data for programs keep their marks.
  if (!what.includes('--json')) assert.doesNotMatch(rest, /\p{M}{5}/u, what)
}

/** A directory whose name clears the screen and turns the direction of what follows. */
const HERE = 'here\x1b[2J\u202e'

function put(home: Home, name: string, manifest: string): void {
  mkdirSync(join(home.extensions, name), { recursive: true })
  writeFileSync(join(home.extensions, name, 'PhylumExt.toml'), manifest)
  writeFileSync(join(home.extensions, name, 'main.ts'), '')
}

/** TOML's escapes for a text of which nothing may stand in a file as it is. */
function quote(text: string): string {
  return `"${
    [...text].map((sign) => `\\U${sign.codePointAt(0)!.toString(16).padStart(8, '0')}`).join('')
  }"`
}

/** Runs a command on a terminal to its end. */
async function show(
  home: Home,
  form: Form,
  args: string[],
  options: TerminalOptions = {},
): Promise<string> {
  const terminal = startOnTerminal(home, form, args, options)
  await terminal.ended
  // What was written last may be on its way.
  await new Promise((resolve) => setTimeout(resolve, 20))
  terminal.close()
  return terminal.output()
}

for (const form of RUNTIMES) {
  test(
    `L167 L168 L173 no text of an extension, an API or a directory reaches a terminal as it is [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi({
        '/groups': (request, response) => {
          if (request.method === 'GET') {
            const group = {
              group_name: HOSTILE,
              role: HOSTILE,
              created_at: HOSTILE,
              group_id: HOSTILE,
            }
            return void response.end(
              JSON.stringify({ groups: [group, { ...group, group_name: 'x'.repeat(5_000) }] }),
            )
          }
          response.writeHead(request.method === 'POST' ? 409 : 500)
          response.end(JSON.stringify({ error: { description: HOSTILE } }))
        },
      })
      const garbage = await startFakeApi({ '/groups': (_, response) => void response.end(HOSTILE) })
      put(
        home,
        'hostile',
        `name = "hostile"\ndescription = ${quote(HOSTILE)}\nversion = "1.0.0"\n${
          quote(HOSTILE)
        } = 1\n`,
      )
      for (
        const name of [
          HOSTILE.slice(0, 60),
          ...DECEPTIVE.filter((each) => !each.includes('/')),
        ]
      ) {
        put(
          home,
          name.replaceAll('/', ''),
          `name = ${quote(HOSTILE)}\n[permissions]\nread = [${quote(HOSTILE)}]\n`,
        )
      }
      home.extension('said', {
        'PhylumExt.toml': `name = "said"\ndescription = ${quote(HOSTILE)}\n` +
          `version = ${quote(HOSTILE)}\n[permissions]\nread = [${
            quote(`a/${HOSTILE.replaceAll(/[*?/]/g, '')}`)
          }]\n`,
        'main.ts': '',
      })
      home.extension(HERE, { 'PhylumExt.toml': MANIFEST, 'other.ts': '' })
      const environment = { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin }
      const commands: [string[], Record<string, string>?][] = [
        [['ext', 'list']],
        [['ext', 'list', '--json']],
        [['group', 'list']],
        [['group', 'list', '--json']],
        [['group', 'create', HOSTILE]],
        [['group', 'list'], { PHYLUM_API_URI: garbage.origin }],
        [['group', 'list', '--json'], { PHYLUM_API_URI: garbage.origin }],
        [['group', 'list'], { PHYLUM_API_URI: HOSTILE }],
        [['group', 'list'], { PHYLUM_API_KEY: `ph0_${HOSTILE}` }],
        // On a terminal that nothing has to be put in order on.
        [['ext', 'run', '-y', 'hostile'], { TERM: 'dumb' }],
        [['ext', 'run', HOSTILE]],
        [['ext', 'run', `./${HOSTILE}`]],
        [['ext', 'run', '-y', `./${HERE}`]],
        [[HOSTILE]],
        [['help', HOSTILE]],
        [[`--${HOSTILE}`]],
        [['-t', HOSTILE, 'group', 'list']],
        [['-c', `/nowhere/${HOSTILE}`, '-v', 'auth', 'status']],
        [['auth', 'status', '--json'], { PHYLUM_API_URI: HOSTILE }],
        [['server', 'exec', '--', HOSTILE]],
        [['ext', 'info', 'hostile']],
        [['ext', 'new', HOSTILE]],
        [['ext', 'install', HOSTILE]],
        [['ext', 'install', `git+${garbage.origin}/x.git`]],
        [['ext', 'install', 'npm:report'], { npm_config_registry: garbage.origin }],
        [['ext', 'install', 'npm:report'], { npm_config_registry: api.origin }],
        ...['check', 'info', 'install', 'pack', 'test'].map((
          word,
        ): [string[]] => [['ext', word, `./${HERE}`]]),
        [['trust', 'explain', `./${HERE}`]],
        [['ext', 'install', './said']],
        [['ext', 'info', './said']],
        [['trust', 'explain', './said']],
      ]
      await Promise.all([0, 1].map(async (lane) => {
        for (const [args, more] of commands.filter((_, i) => i % 2 === lane)) {
          const what = JSON.stringify(args).slice(0, 60)
          const options = { environment: { ...environment, ...more } }
          const piped = await home.phylum(form, args, options)
          assert.notEqual(piped.stdout + piped.stderr, '', what)
          assertHarmless(piped.stdout, what)
          assertHarmless(piped.stderr, what)
          assertHarmless(await show(home, form, args, options), what)
          if (args.includes('--json') && piped.code === 0) {
            assert.match(JSON.stringify(JSON.parse(piped.stdout)), /"/)
            if (args[0] === 'group') {
              assert.equal(
                JSON.parse(piped.stdout).groups[0].group_name,
                HOSTILE,
                'and is the same JSON',
              )
            }
          }
        }
      }))
      await api.stop()
      await garbage.stop()
    }),
  )

  test(
    `L169 a long list of permissions leaves question and dangers on the screen [${form}]`,
    withHome(async (home) => {
      const list = (length: number, text: string) =>
        `[${Array.from({ length }, (_, i) => JSON.stringify(`${text}${i}`)).join(', ')}]`
      const long = 'a'.repeat(35)
      mkdirSync(join(home.path, 'work/data'))
      for (let i = 0; i < 200; i++) writeFileSync(join(home.path, 'work/data', `${long}${i}`), '')
      home.extension('sample', {
        'PhylumExt.toml':
          `${MANIFEST}[permissions]\nread = ${list(200, `data/${long}`)}\nwrite = ${
            list(200, `data/${long}`)
          }\n` +
          `env = ${list(200, 'VARIABLE_'.repeat(4))}\nnet = ${
            list(300, 'do-you-accept.yes-no.example')
          }\n[api]\nallow = true\n`,
        'main.ts': `console.log('RAN')`,
      })
      const terminal = startOnTerminal(home, form, ['ext', 'run', './sample'])
      await terminal.shows(/with these permissions\?[^]*No/)
      // deno-lint-ignore no-control-regex
      const text = terminal.output().replaceAll(OF_DENO, '').replace(/\x1b\[[\d;?]*[A-Za-z]/g, '')
      const lines = text.slice(text.indexOf('Extension "sample" asks')).split(/\r?\n/)
      const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / 80)), 0)
      assert.ok(rows <= 24, `${rows} rows`)
      assert.match(text, /danger: .*credential/)
      assert.match(text, /and \d+ more/)
      terminal.type('\r')
      assert.equal(await terminal.ended, 17, 'the answer is no unless it is chosen')
      terminal.close()

      home.extension('flood', {
        'PhylumExt.toml': `${MANIFEST}[permissions]\nnet = ${list(10_000, 'a')}\n`,
        'main.ts': '',
      })
      const refused = await home.phylum(form, ['ext', 'run', './flood'])
      assert.equal(refused.code, 20)
      assert.equal(refused.stderr.split('\n').length, 2, refused.stderr)
    }),
  )

  test(
    `L170 what was typed before the question is no answer to it [${form}]`,
    withHome(async (home) => {
      home.extension('sample', {
        'PhylumExt.toml': `${MANIFEST}[permissions]\nread = ["./"]\n`,
        'main.ts': `console.log('RAN')`,
      })
      await Promise.all(
        ['y\r', 'y', 'y\n', '\x1b[D\r', 'yyyy\r\r\r', '\x1b[200~y\r\x1b[201~'].map(
          async (ahead, index) => {
            // It begins when the keys are there: the terminal has shown them.
            const gate = join(home.path, `gate-${index}`)
            execFileSync('mkfifo', [gate])
            const line = `cat '${gate}'; exec "$@"`
            const words = [...commandOf(form), 'ext', 'run', './sample']
            const terminal = startProgram(home, ['sh', '-c', line, 'sh', ...words])
            terminal.type(ahead)
            await terminal.shows(/./)
            await writeFile(gate, '')
            await terminal.shows(/with these permissions\?[^]*No/)
            terminal.type('\r')
            assert.equal(await terminal.ended, 17, JSON.stringify(ahead))
            assert.doesNotMatch(terminal.output(), /RAN/)
            terminal.close()
          },
        ),
      )
      assert.ok(!existsSync(join(home.path, 'state/phylum/consent')))
      const fresh = startOnTerminal(home, form, ['ext', 'run', './sample'])
      await fresh.shows(/with these permissions\?[^]*No/)
      fresh.type('y')
      assert.equal(await fresh.ended, 0)
      await fresh.shows(/RAN/)
      fresh.close()
    }),
  )

  test(
    `L171 L172 a terminal is as it was, however an extension leaves it [${form}]`,
    withHome(async (home) => {
      const mess = `Deno.stdin.setRaw(true)
        await Deno.stdout.write(new TextEncoder().encode('\\x1b[?1049h\\x1b[?1003h\\x1b[?25l\\x1b[31m\\x1b[3;5r\\x1b(0'))
        console.log('messy\\x1b]0;open')\n`
      const ends: Record<string, [string, (terminal: Terminal) => void, number]> = {
        'returns': ['', () => {}, 0],
        'exits': ['Deno.exit(5)', () => {}, 5],
        'throws': [`throw new Error('boom')`, () => {}, 16],
        'is asked to end': ['setInterval(() => {}, 1000)', ({ signal }) => signal('SIGTERM'), 143],
        'is killed': [
          'setInterval(() => {}, 1000)',
          () => process.kill(guestOf(home)!, 'SIGKILL'),
          128 + constants.signals.SIGKILL,
        ],
      }
      for (const [how, [code, act, exit]] of Object.entries(ends)) {
        home.extension('sample', {
          'PhylumExt.toml': `${MANIFEST}[api]\nallow = []\n`,
          'main.ts': mess + code,
        })
        const terminal = startOnTerminal(home, form, ['ext', 'run', '-y', './sample'])
        const before = terminal.modes()
        await terminal.shows(/messy/)
        act(terminal)
        assert.equal(await terminal.ended, exit, how)
        assert.equal(terminal.modes(), before, how)
        await until(() => terminal.output().includes('\x1b[0m'))
        const after = terminal.output().slice(terminal.output().indexOf('messy'))
        // Back from the other screen, all of the screen, a cursor, no reports, letters, no colour.
        for (
          const way of [
            '\x1b[?1049l',
            '\x1b[r',
            '\x1b[?25h',
            '\x1b[?1003l',
            '\x1b(B',
            '\x1b[0m',
          ]
        ) {
          assert.ok(after.includes(way), `${how}: ${JSON.stringify(way)}`)
        }
        terminal.close()
      }
    }),
  )

  test(
    `L171 L172 nothing that was typed during a run is a command to the shell behind it [${form}]`,
    withHome(async (home) => {
      home.extension('sample', {
        'PhylumExt.toml': `${MANIFEST}[api]\nallow = []\n`,
        // As a terminal answers to a question about its title or its cursor.
        'main.ts':
          `console.log('asking\\x1b[21t'); await new Promise((resolve) => setTimeout(resolve, 300))`,
      })
      const command = (words: string[]) => words.map((word) => `'${word}'`).join(' ')
      async function isObeyed(line: string): Promise<boolean> {
        const shell = startProgram(home, ['bash', '--norc', '--noprofile', '-i'], {
          environment: {
            PS1: '$ ',
            PHYLUM_API_KEY: createCanary(),
            PHYLUM_API_URI: NOWHERE,
            DENO_DIR: join(home.path, 'deno'),
          },
        })
        await shell.shows(/\$ /)
        shell.type(`${line}\r`)
        await shell.shows(/asking/)
        shell.type('echo OBEYED $((40 + 2))\r')
        await shell.shows(/asking[^]*\$ $/)
        shell.type('echo ov$((1))er\r')
        await shell.shows(/ov1er/)
        const isObeyed = /OBEYED 42/.test(shell.output())
        shell.close()
        return isObeyed
      }
      assert.ok(
        await isObeyed(command([DENO, 'run', '--no-config', 'sample/main.ts'])),
        'it works on a program that sees to nothing',
      )
      assert.ok(!await isObeyed(command([...commandOf(form), 'ext', 'run', '-y', './sample'])))
    }),
  )

  test(
    `L172 a key that answers a question reaches nobody but who asks [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts': `import { api } from 'phylum'
        Deno.stdin.setRaw(true)
        await Deno.stdout.write(new TextEncoder().encode('\\x1b[?25l\\x1b[8m\\x1b[?1049h'))
        const got: number[] = []
        const read = async () => { const keys = new Uint8Array(16); for (;;) got.push(...keys.subarray(0, await Deno.stdin.read(keys) ?? 0)) }
        read()
        const { status } = await api.fetch('/groups')
        console.log('status ' + status + ' got ' + JSON.stringify(got))
        await new Promise((resolve) => setTimeout(resolve, 5))
        console.log('raw ' + (got.length === 0))
        Deno.exit(0)`,
      })
      const terminal = startOnTerminal(home, form, ['ext', 'run', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
      })
      const before = terminal.modes()
      await terminal.shows(/May it call[^]*No/)
      const output = terminal.output()
      // The question is put on a screen that shows it.
      assert.ok(
        output.lastIndexOf('\x1b[?1049l', output.indexOf('May it call')) >
          output.lastIndexOf('\x1b[?1049h'),
      )
      terminal.type('y')
      assert.equal(await terminal.ended, 0)
      await terminal.shows(/status 200 got \[\][^]*raw true/)
      assert.equal(terminal.modes(), before)
      terminal.close()
      await api.stop()
    }),
  )

  test(
    `L174 no name gives an order to the log of a build service [${form}]`,
    withHome(async (home) => {
      const orders = [
        '::set-output name=a::b',
        ' ::add-mask::x',
        '##[set-env name=a]b',
        'x ##vso[task.setvariable variable=a]b',
        "##teamcity[message text='a']",
      ]
      const api = await startFakeApi({
        '/groups': (request, response) => {
          if (request.method === 'POST') {
            return void response.writeHead(409).end(
              JSON.stringify({ error: { description: orders.join(' ') } }),
            )
          }
          response.end(
            JSON.stringify({
              groups: orders.map((group_name) => ({
                group_name,
                role: group_name,
                created_at: group_name,
              })),
            }),
          )
        },
      })
      for (const order of orders) put(home, order, 'broken')
      const isOrder = (text: string) => /^\s*::|##[a-z]*\[/mi.test(text)
      const environment = { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin }
      for (
        const args of [
          ['group', 'list'],
          ['group', 'list', '--json'],
          ['group', 'create', orders[2]!],
          ['ext', 'list'],
          ['ext', 'list', '--json'],
        ]
      ) {
        const here = await home.phylum(form, args, { environment })
        if (!args.includes('--json')) {
          assert.ok(isOrder(here.stdout + here.stderr), `${args} would be one elsewhere`)
        }
        const there = await home.phylum(form, args, {
          environment: {
            ...environment,
            ...(args.length > 2 ? { CI: 'true' } : { GITHUB_ACTIONS: 'true' }),
          },
        })
        assert.ok(!isOrder(there.stdout) && !isOrder(there.stderr), there.stdout + there.stderr)
        if (args.includes('--json')) {
          assert.deepEqual(JSON.parse(there.stdout), JSON.parse(here.stdout))
        }
      }
      await api.stop()
    }),
  )

  test(
    `L175 a terminal without colour, of any width, gets plain lines that fit [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi({
        '/groups': (_, response) => {
          const names = [
            '日本語の名前が長い',
            '💥💥💥',
            'e\u0301cole',
            'plain',
            'ｆｕｌｌｗｉｄｔｈ',
          ]
          response.end(
            JSON.stringify({
              groups: names.map((group_name) => ({
                group_name,
                role: 'admin',
                created_at: '2026',
              })),
            }),
          )
        },
      })
      const environment = { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin }
      for (
        const more of [{ TERM: 'dumb' }, { NO_COLOR: '1' }, { CLICOLOR: '0' }] as Record<
          string,
          string
        >[]
      ) {
        for (const args of [['group', 'list'], ['--help'], ['group', 'lst']]) {
          const output = await show(home, form, args, { environment: { ...environment, ...more } })
          assert.ok(!output.replaceAll(OF_DENO, '').includes('\x1b'), JSON.stringify(output))
        }
      }
      for (const columns of [1, 2, 7, 40, 500]) {
        const output = await show(home, form, ['group', 'list'], {
          columns,
          environment: { ...environment, NO_COLOR: '1' },
        })
        const rows = output.replaceAll(OF_DENO, '').trim().split('\r\n')
        assert.equal(rows.length, 6, output)
        const widths = new Set(
          rows.slice(1).map((row) => widthOf(row.slice(0, row.indexOf('admin')))),
        )
        assert.equal(widths.size, 1, `columns begin at one place: ${output}`)
        if (columns >= 40) assert.ok(rows.every((row) => widthOf(row) <= columns), output)
      }
      for (const args of [['group', 'list'], ['--help'], ['ext', 'list'], ['nonsense']]) {
        const { stdout, stderr } = await home.phylum(form, args, { environment })
        assert.ok(!(stdout + stderr).includes('\x1b'), 'what is no terminal gets no escapes')
      }
      await api.stop()
    }),
  )
}

test(
  'L171 a program that is killed leaves its mess where nobody sees to it, so the tests above can fail',
  withHome(async (home) => {
    home.extension('plain', {
      'main.ts': `Deno.stdin.setRaw(true); console.log('messy'); setInterval(() => {}, 1000)`,
    })
    const terminal = startProgram(home, [DENO, 'run', '--no-config', 'plain/main.ts'], {
      environment: { DENO_DIR: join(home.path, 'deno') },
    })
    await terminal.shows(/messy/)
    terminal.signal('SIGKILL')
    await terminal.ended
    await until(() => (terminal.modes() & (ECHO | ICANON)) === 0)
    terminal.close()
  }),
)
