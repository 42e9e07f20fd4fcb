import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkRooms, FLOORS, ROOMS } from './rooms.ts'
import { listFiles, readSources, ROOT } from './tree.ts'

/** What a room would be told if it held this line; the file "./there.ts" lies beside it. */
function judge(path: string, text: string): string {
  const there = path.replace(/[^/]*$/, 'there.ts')
  const others = [
    there,
    'cli/command.ts',
    'cli/commands/list.ts',
    'broker/send.ts',
    'broker/mod.ts',
  ]
  const sources = others.filter((each) => each !== path).map((each) => ({ path: each, text: '' }))
  return checkRooms([{ path, text }, ...sources]).join('\n')
}

test('src imports down only, through doors', () => {
  assert.deepEqual(checkRooms(readSources()), [])
})

test('src holds the rooms of the plan and nothing else', () => {
  const top = new Set(listFiles('src').map((path) => path.split('/', 1)[0]!))
  for (const file of ['main.ts', 'phylum.sh', 'README.md']) top.delete(file)
  assert.deepEqual([...top].filter((room) => !ROOMS.includes(room)), [])
})

test('package.json names the door of each room, and of no other', () => {
  const { imports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const doors = Object.keys(FLOORS).map((room) => [`#${room}`, `./src/${room}/mod.ts`])
  assert.deepEqual(imports, Object.fromEntries(doors))
})

test('each door says in its first lines what the room is for', () => {
  for (const { path, text } of readSources()) {
    if (!/^[^/]+\/mod\.ts$/.test(path)) continue
    assert.match(text, /^\/\*\*\n( \*[^\n]*\n){2,6} \*\/\n/, `src/${path}`)
  }
})

test('checkRooms() refuses an import that goes up or sideways', () => {
  assert.match(judge('broker/a.ts', "import { run } from '#host'"), /up/)
  assert.match(judge('base/a.ts', "import type { Api } from '#protocol'"), /sideways/)
  assert.match(
    judge('broker/a.ts', "import {\n  x,\n} from '#registry'"),
    /src\/broker\/a.ts:1.*sideways/,
  )
  assert.match(judge('config/a.ts', "const { x } = await import('#auth')"), /up/)
  assert.match(judge('permissions/a.ts', "export * from '#config'"), /sideways/)
  assert.equal(judge('broker/a.ts', "import { Secret } from '#base'"), '')
})

test('checkRooms() keeps the token store from host and server', () => {
  assert.match(
    judge('host/a.ts', "import { resolveCredential } from '#auth'"),
    /may not import auth/,
  )
  assert.match(judge('server/a.ts', "import type { Tokens } from '#auth'"), /may not import auth/)
  assert.equal(judge('cli/a.ts', "import { resolveCredential } from '#auth'"), '')
})

test('checkRooms() refuses every road into a room but its door', () => {
  assert.match(judge('cli/a.ts', "import { send } from '../broker/send.ts'"), /another room/)
  assert.match(judge('cli/a.ts', "import { send } from '../broker/mod.ts'"), /another room/)
  assert.match(judge('cli/a.ts', "import { send } from '#broker/send.ts'"), /is no room/)
  assert.match(judge('cli/a.ts', "import { x } from '#utils'"), /is no room/)
  assert.match(judge('broker/a.ts', "import { x } from '#broker'"), /own door/)
  assert.match(judge('broker/a.ts', "import { x } from './mod.ts'"), /own door/)
  assert.match(judge('cli/a.ts', "import x from '/etc/passwd.json'"), /is no file/)
  assert.match(judge('cli/a.ts', "import { x } from '../../test/harness/x.ts'"), /outside src/)
  assert.match(judge('broker/a.ts', "import x from '../../package.json'"), /outside src/)
  assert.match(judge('utils/a.ts', "import { x } from '#base'"), /is no room/)
})

test('checkRooms() refuses a file import that is not "./file.ts"', () => {
  assert.match(judge('broker/a.ts', "import { x } from './there'"), /is no file/)
  assert.match(judge('broker/a.ts', "import { x } from './there.js'"), /is no file/)
  assert.match(judge('broker/a.ts', "import { x } from '../broker/there.ts'"), /form/)
  assert.match(judge('broker/a.ts', "import { x } from '././there.ts'"), /form/)
  assert.match(judge('broker/deep/a.ts', "import { x } from '../send.ts'"), /form/)
  assert.equal(judge('broker/a.ts', "import { x } from './there.ts'"), '')
  assert.equal(judge('cli/commands/a.ts', "import { x } from '../command.ts'"), '')
  assert.equal(judge('cli/a.ts', "import { x } from './commands/list.ts'"), '')
})

test('checkRooms() keeps the guest apart', () => {
  assert.match(judge('host/a.ts', "import { api } from '#guest'"), /nobody imports guest/)
  assert.match(judge('sandbox/a.ts', "import { api } from '../guest/main.ts'"), /another room/)
  assert.match(judge('guest/a.ts', "import { Secret } from '#base'"), /#protocol alone/)
  assert.match(judge('guest/a.ts', "import { readFileSync } from 'node:fs'"), /#protocol alone/)
  assert.match(judge('guest/a.ts', "import { readFrame } from '#protocol'"), /types and constants/)
  assert.match(judge('guest/a.ts', "import * as all from '#protocol'"), /types and constants/)
  assert.equal(judge('guest/a.ts', "import { RUN_FILE } from '#protocol'"), '')
})

test('checkRooms() lets main.ts import #cli alone, and nobody a computed name', () => {
  assert.match(judge('main.ts', "import { run } from '#host'"), /#cli alone/)
  assert.match(judge('main.ts', "import { main } from './cli/mod.ts'"), /#cli alone/)
  assert.match(judge('cli/a.ts', 'await import(`#${name}`)'), /plain quotes/)
  assert.equal(judge('main.ts', "import { main } from '#cli'"), '')
})
