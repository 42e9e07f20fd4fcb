import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AMBIENTS, checkAmbients, findUnusedDoors } from './ambients.ts'
import { readSources } from './tree.ts'

function judge(path: string, text: string): string {
  return checkAmbients([{ path, text }]).join('\n')
}

test('src takes the world from its parameters', () => {
  assert.deepEqual(checkAmbients(readSources()), [])
})

test('each exception from that is used', () => {
  assert.deepEqual(findUnusedDoors(readSources()), [])
})

test('findUnusedDoors() tells of every door when nobody is there', () => {
  const count = AMBIENTS.flatMap(({ doors }) => Object.keys(doors)).length
  assert.equal(findUnusedDoors([]).length, count)
})

/** For each line that a room may not hold: the ambient that must be named. */
const BAD: readonly (readonly [ambient: string, line: string])[] = [
  ['fetch', 'await fetch(url)'],
  ['fetch', 'await globalThis.fetch(url)'],
  ['fetch', 'const send = self.fetch'],
  ['fetch', 'startBroker({ fetch })'],
  ['WebSocket', 'const socket = new WebSocket(url)'],
  ['WebSocket', 'new Worker(new URL(x))'],
  ['process.env', 'const home = process.env.HOME'],
  ['process.env', "const home = process.env['HOME']"],
  ['process.env', "const home = process['env'].HOME"],
  ['process.env', 'const { env } = process'],
  ['process.env', 'const home = globalThis.process.env.HOME'],
  ['the process', 'const here = process.cwd()'],
  ['the process', 'process.stderr.write(line)'],
  ['the process', 'process.exit(1)'],
  ['console', "console.log('x')"],
  ['console', 'const { log } = console'],
  ['globalThis', "globalThis['fetch'](url)"],
  ['code from text', 'eval(text)'],
  ['code from text', "new Function('return 1')()"],
  ['Bun, Deno', "Bun.file('x')"],
  ['Bun, Deno', 'const { env } = Deno'],
  ['Bun, Deno', 'globalThis.Deno.exit(1)'],
  ['Bun, Deno', 'const text = `${Deno.cwd()}`'],
  ['Secret.reveal()', 'credential.bearer.reveal()'],
  ['Secret.reveal()', 'secrets.map((each) => each\n  .reveal())'],
  ['Secret.reveal()', 'const { reveal } = secret'],
]

for (const [ambient, line] of BAD) {
  test(`checkAmbients() refuses ${JSON.stringify(line)} in a room without that door`, () => {
    const found = judge('registry/a.ts', `/* line 1 */\n${line}\n`)
    assert.match(found, /^src\/registry\/a\.ts:[23]: /)
    assert.ok(found.includes(`: ${ambient}`), found)
  })
}

test('checkAmbients() lets a door be used, and only for what it is there for', () => {
  assert.equal(judge('cli/platform.ts', 'fetch(url)'), '')
  assert.equal(judge('guest/redirect.ts', 'fetch(url)'), '')
  assert.match(judge('guest/redirect.ts', 'console.log(1)'), /console/)
  assert.match(judge('cli/platform.ts', 'secret.reveal()'), /reveal/)
  assert.equal(judge('broker/send.ts', 'secret.reveal()'), '')
  assert.match(judge('broker/send_more.ts', 'secret.reveal()'), /reveal/)
})

test('checkAmbients() passes over what is merely written about', () => {
  assert.equal(judge('registry/a.ts', '// console.log(process.env), as Deno.cwd() does\n'), '')
  assert.equal(
    judge('registry/a.ts', "const hint = 'Bun.serve() and fetch(url) and process.env'"),
    '',
  )
  assert.equal(judge('registry/a.ts', "if ('Bun' in globalThis) start()"), '')
  assert.equal(judge('registry/a.ts', 'process.geteuid?.()'), '')
})
