/**
 * The terminal behind the wall: its size, single keys, and Ctrl-C, which reaches an extension once and by way of the host.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { commandOf, outcomeOf, RUNTIMES, withHome } from '../harness/phylum.ts'

const skip = spawnSync('script', ['--version']).status === 0
  ? false
  : 'script(1), which makes a terminal, is not installed'

const SOURCES = {
  deno: `const { columns, rows } = Deno.consoleSize()
    Deno.stdin.setRaw(true)
    console.log('ready ' + [columns, rows, Deno.stdin.isTerminal()].join(' '))
    const key = new Uint8Array(1)
    await Deno.stdin.read(key)
    Deno.stdin.setRaw(false)
    console.log('key ' + key[0])
    Deno.addSignalListener('SIGINT', () => { console.log('asked'); Deno.exit(7) })
    console.log('waiting')
    setInterval(() => {}, 1000)`,
  bun: `process.stdin.setRawMode(true)
    console.log('ready ' + [process.stdout.columns, process.stdout.rows, process.stdin.isTTY].join(' '))
    process.stdin.once('data', (key) => {
      process.stdin.setRawMode(false)
      console.log('key ' + key[0])
      process.on('SIGINT', () => { console.log('asked'); process.exit(7) })
      console.log('waiting')
      setInterval(() => {}, 1000)
    })`,
} as const

for (const form of RUNTIMES) {
  for (const engine of ['deno', 'bun'] as const) {
    test(
      `E71 a terminal keeps its size, its keys and Ctrl-C behind the wall [${form}, ${engine}]`,
      { skip },
      withHome(async (home) => {
        home.extension('sample', {
          'PhylumExt.toml':
            `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = []\n`,
          'main.ts': SOURCES[engine],
        })
        const words = [...commandOf(form), 'ext', 'run', '-y', './sample']
        const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
        const child = spawn(
          'script',
          ['-qec', `stty cols 77 rows 33; exec ${quoted}`, '/dev/null'],
          {
            cwd: join(home.path, 'work'),
            env: {
              ...home.environment,
              TERM: 'xterm',
              PHYLUM_API_KEY: createCanary(),
              PHYLUM_API_URI: 'http://127.0.0.1:9',
            },
          },
        )
        let text = ''
        const said = async (word: string) => {
          while (!text.includes(word)) await new Promise((resolve) => setTimeout(resolve, 5))
        }
        child.stdout.on('data', (chunk) => text += chunk)
        await said('ready')
        child.stdin.write('k')
        await said('waiting')
        child.stdin.write('\x03')
        const { code } = await outcomeOf(child)
        assert.match(text, /ready 77 33 true/)
        assert.match(text, /key 107/)
        assert.equal(text.match(/asked/g)?.length, 1, text)
        assert.equal(code, 7, text)
      }),
    )
  }
}
