import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPhylumError, type PhylumError, Secret } from '#base'
import { DEFAULT_SETTINGS, readSettings, type Settings } from '#config'
import { createCanary, findLeak } from '../harness/canary.ts'
import { runChild, whyNotRoot } from '../harness/child.ts'
import { createRecordingLog } from '../harness/recording_log.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { settings } from '../fuzz/settings.ts'
import { fuzzTest } from '../fuzz/target.ts'

// Reads some two thousand files, on a machine that may be busy with others.
const PATIENT = { timeout: 60_000 }
const ACT = new URL('./fixtures/act.ts', import.meta.url)
const CANARY = createCanary()
const FULL = `# made by hand
connection:
  uri: https://api.example:8443/ # ours
auth_info:
  offline_access: ${CANARY}
last_update: 1700000000
ignore_certs: true
organization: acme
future: { key: [1, two] }
`

async function read(content: string | Uint8Array): Promise<Settings> {
  return await withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await writeFile(file, content, { mode: 0o600 })
    return await readSettings(file, { log: createRecordingLog() })
  })
}

/** Gives the error with which a content is refused; `undefined` when it is accepted. No error may show the credential. */
async function refusal(content: string | Uint8Array): Promise<PhylumError | undefined> {
  try {
    await read(content)
    return undefined
  } catch (error) {
    assert.ok(isPhylumError(error), String(error))
    const shown = [error.message, ...error.hints, String(error.cause), error.stack].join('\n')
    assert.equal(findLeak(shown, CANARY), undefined, error.message)
    assert.ok(!error.message.includes('\n') && error.message.length < 600, error.message)
    return error
  }
}

test('readSettings() reads every setting', async () => {
  const settings = await read(FULL)
  assert.equal(settings.apiUri.uri, 'https://api.example:8443')
  assert.match(settings.apiUri.source, /^"\/.*\/settings\.yaml:3:8"$/)
  assert.ok(settings.credential?.equals(Secret.parse(CANARY, 'the test')))
  assert.equal(settings.lastUpdate, 1700000000)
  assert.equal(settings.ignoreCerts, true)
  assert.equal(settings.organization, 'acme')
})

test('readSettings() takes the defaults where no file exists, and nowhere else', () =>
  withTemporaryDirectory(async (directory) => {
    const log = createRecordingLog()
    assert.equal(await readSettings(join(directory, 'settings.yaml'), { log }), DEFAULT_SETTINGS)
    assert.equal(await readSettings(join(directory, 'a/b.yaml'), { log }), DEFAULT_SETTINGS)
    assert.equal(DEFAULT_SETTINGS.apiUri.uri, 'https://api.phylum.io')
  }))

test('readSettings() needs only the address', async () => {
  const settings = await read('connection: {uri: https://api.example}\n')
  assert.equal(settings.credential, null)
  assert.equal(settings.ignoreCerts, false)
  const explicit = await read(
    '---\nconnection:\n  uri: "https://api.example"\nauth_info:\n  offline_access: null\n...\n',
  )
  assert.equal(explicit.credential, null)
})

test(
  'J138 readSettings() never takes a shortened token or another address from a file that was cut off',
  PATIENT,
  async () => {
    const forms = [
      FULL,
      `auth_info:\n  offline_access: "${CANARY}"\nconnection:\n  uri: "https://api.example:8443"\n`,
      `auth_info: {offline_access: '${CANARY}'}\nconnection: {uri: 'https://api.example:8443'}\n`,
      `connection:\n  uri: >-\n    https://api.example:8443\nauth_info:\n  offline_access: |-\n    ${CANARY}\n`,
      `connection:\n  uri: "https://\\\n    api.example:8443"\nauth_info:\n  offline_access: "${
        CANARY.slice(0, 9)
      }\\\n    ${CANARY.slice(9)}"\n`,
      FULL.replaceAll('\n', '\r\n'),
    ]
    const whole = Secret.parse(CANARY, 'the test')
    for (const form of forms) {
      assert.ok((await read(form)).credential?.equals(whole), form)
      for (let length = 0; length < form.length; length++) {
        const cut = form.slice(0, length)
        try {
          const settings = await read(cut)
          assert.equal(settings.apiUri.uri, 'https://api.example:8443', cut)
          assert.ok(settings.credential === null || settings.credential.equals(whole), cut)
        } catch (error) {
          assert.ok(isPhylumError(error), cut)
        }
      }
    }
  },
)

test('J138 the rule about the last line is what stops the shortened token', async () => {
  const cut = FULL.slice(0, FULL.indexOf(CANARY) + 20)
  const error = await refusal(cut)
  assert.equal(error?.code, 'ERR_CONFIG_SYNTAX')
  assert.match(error?.message ?? '', /:5:39": the last line does not end with a line break/)
  // The twin: with the line break, the same text is a file with a short token.
  assert.equal((await read(`${cut}\n`)).credential?.reveal(), CANARY.slice(0, 20))
})

test('J139 readSettings() refuses malformed files with their line and column, and quotes nothing', async () => {
  const start = 'connection:\n  uri: https://api.example\n'
  const canary = `auth_info:\n  offline_access: ${CANARY}\n`
  const cases: Record<string, [string | Uint8Array, RegExp]> = {
    empty: ['', /:1:1": the file is empty$/],
    'only a comment': ['# nothing\n', /the file is empty$/],
    scalar: [`${CANARY}\n`, /:1:1": the file is text, not a map$/],
    list: [`- ${CANARY}\n`, /:1:1": the file is a list, not a map$/],
    tab: [`connection:\n\turi: ${CANARY}\n`, /:2:1": a tab is used as indentation/],
    NUL: [`${start}# \0${CANARY}\n`, /:3:3": the character U\+0000 is not allowed$/],
    ESC: [`${start}# \u001b[2J${CANARY}\n`, /:3:3": the character U\+001B is not allowed$/],
    'line separator': [
      `${start}# a\u2028b: ${CANARY}\n`,
      /:3:4": the character U\+2028 is not allowed$/,
    ],
    'lone carriage return': [
      `${start}#\r${CANARY}\n`,
      /:3:2": the character U\+000D is not allowed$/,
    ],
    'byte order mark': [
      `\ufeff${start}${canary}`,
      /:1:1": the text begins with a byte order mark$/,
    ],
    'UTF-16LE': [encodeUtf16(`\ufeff${start}${canary}`), /:1:1": the text is UTF-16/],
    'UTF-16 without mark': [encodeUtf16(`${start}${canary}`), /:1:2": the character U\+0000/],
    binary: [
      new Uint8Array([...bytes(start), 0x23, 0x20, 0xff, 0x0a]),
      /:3:3": a byte is not UTF-8/,
    ],
    'two documents': [`${start}---\n${canary}`, /:3:1": a second document begins here/],
    'repeated key': [`${start}${canary}${canary}`, /:5:1": this key occurs twice/],
    'repeated inner key': [
      `${start}auth_info:\n  offline_access: x\n  offline_access: ${CANARY}\n`,
      /:5:3": this key occurs twice/,
    ],
    'merge key': [`${start}<<: {auth_info: {offline_access: ${CANARY}}}\n`, /:3:1": merge keys/],
    'function tag': [`${start}x: !!js/function "${CANARY}"\n`, /:3:\d+": tags/],
    'type tag': [`${start}x: !!str ${CANARY}\n`, /:3:\d+": tags/],
    'own tag': [`${start}x: !<tag:${CANARY}> y\n`, /:3:\d+": /],
    anchor: [`${start}x: &${CANARY} y\n`, /:3:\d+": anchors/],
    'anchor on a map': [`${start}x: &a {y: 1}\n`, /:3:\d+": anchors/],
    alias: [`${start}x: *${CANARY}\n`, /:3:4": aliases/],
    'alias bomb': [aliasBomb(start), /:3:\d+": anchors/],
    directive: [`%YAML 1.1\n---\n${start}`, /:1:1": directives/],
    'tag directive': [`%TAG ! tag:${CANARY},2000:\n---\n${start}`, /:1:1": directives/],
    'unknown directive': [`%${CANARY} x\n---\n${start}`, /:1:\d+": /],
    'map as key': [`${start}? {${CANARY}: 1}\n: x\n`, /:3:\d+": a key is not plain text/],
    'open quote': [`${start}x: "${CANARY}\n`, /: a quote, a bracket/],
    'bad indentation': [`${start}x:\n  y: 1\n ${CANARY}: 2\n`, /:5:\d+": /],
    'value after value': [`${start}x: "a" ${CANARY}\n`, /:3:\d+": the YAML is malformed/],
    'depth 40': [`${start}x: ${'['.repeat(40)}${']'.repeat(40)}\n`, /nested too deeply$/],
    'depth 30 000': [`${start}x: ${'['.repeat(30_000)}\n`, /nested too deeply$/],
    'depth 30 000 in a list': [`${'- '.repeat(30_000)}x\n`, /nested too deeply$/],
    '13 000 keys': [manyKeys(start), /:13002:1": this key occurs twice/],
  }
  for (const [name, [content, message]] of Object.entries(cases)) {
    const error = await refusal(content)
    assert.equal(
      error?.code,
      message.source.includes('not a map') ? 'ERR_CONFIG_TYPE' : 'ERR_CONFIG_SYNTAX',
      name,
    )
    assert.match(error?.message ?? '', message, name)
    assert.match(
      error?.message ?? '',
      /^Cannot read settings "\/[^"]*\/settings\.yaml:\d+:\d+": /,
      name,
    )
  }
})

test('J139 readSettings() stops at 64 KiB, whatever the size of the file', async () => {
  for (const size of [64 * 1024 + 1, 1024 * 1024 + 1]) {
    const error = await refusal(`${FULL}#${'x'.repeat(size - FULL.length - 2)}\n`)
    assert.equal(error?.code, 'ERR_CONFIG_READ')
    assert.match(error?.message ?? '', /is larger than 64 KiB$/)
  }
  const largest = `${FULL}#${'x'.repeat(64 * 1024 - FULL.length - 2)}\n`
  assert.equal(largest.length, 64 * 1024)
  assert.equal((await read(largest)).organization, 'acme')
})

test('J139 readSettings() shows no piece of a credential, however a file is damaged', async () => {
  const damage = fc.record({
    at: fc.nat({ max: FULL.length }),
    remove: fc.nat({ max: 12 }),
    insert: fc.string({ unit: fc.constantFrom(...':{}[]"\'\\&*!|>%@`#-?,\n\t \0x'), maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (list) => {
      let text = FULL
      for (const { at, remove, insert } of list) {
        text = text.slice(0, at) + insert + text.slice(at + remove)
      }
      await refusal(text)
    }),
    { numRuns: 300, seed: 7 },
  )
})

test('J140 readSettings() refuses wrong types', async () => {
  const canary = `auth_info:\n  offline_access: ${CANARY}\n`
  const cases: [string, string, RegExp][] = [
    [
      'connection:\n  uri: [https://api.example]\n',
      'ERR_CONFIG_TYPE',
      /:2:8": "connection\.uri" is a list/,
    ],
    ['connection:\n  uri: {a: 1}\n', 'ERR_CONFIG_TYPE', /:2:8": "connection\.uri" is a map/],
    [
      'connection:\n  uri: 7\n',
      'ERR_CONFIG_TYPE',
      /:2:8": "connection\.uri" is a number, not text/,
    ],
    ['connection:\n  uri:\n', 'ERR_CONFIG_TYPE', /"connection\.uri" is empty, not text/],
    [
      'connection: https://api.example\n',
      'ERR_CONFIG_TYPE',
      /:1:13": "connection" is text, not a map/,
    ],
    [canary, 'ERR_CONFIG_TYPE', /:1:1": "connection\.uri" is missing/],
    ['connection:\n  uri: ftp://api.example\n', 'ERR_CONFIG_URI', /:2:8"/],
    [`connection:\n  uri: https://u:${CANARY}@api.example\n`, 'ERR_CONFIG_URI', /a password$/],
    ['connection:\n  uri: https://api.example/path\n', 'ERR_CONFIG_URI', /has a path$/],
    ['connection:\n  uri: https://api.example?q\n', 'ERR_CONFIG_URI', /a query/],
    ['connection:\n  uri: https://api.example#f\n', 'ERR_CONFIG_URI', /a fragment$/],
    [
      `${BASE}auth_info:\n  offline_access: 123\n`,
      'ERR_CONFIG_TYPE',
      /:4:19".* is a number, not text/,
    ],
    [`${BASE}auth_info:\n  offline_access: [${CANARY}]\n`, 'ERR_CONFIG_TYPE', /:4:19".* is a list/],
    [`${BASE}auth_info: ${CANARY}\n`, 'ERR_CONFIG_TYPE', /"auth_info" is text, not a map/],
    [`${BASE}auth_info:\n`, 'ERR_CONFIG_TYPE', /"auth_info" is empty, not a map/],
    [`${BASE}auth_info:\n  offline_access: ""\n`, 'ERR_AUTH_CREDENTIAL', /:4:19": it is empty/],
    [`${BASE}auth_info:\n  offline_access: "${CANARY}\\n"\n`, 'ERR_AUTH_CREDENTIAL', /U\+000A/],
    [`${BASE}auth_info:\n  offline_access: ${CANARY}é\n`, 'ERR_AUTH_CREDENTIAL', /U\+00E9/],
    [
      `${BASE}ignore_certs: "false"\n`,
      'ERR_CONFIG_TYPE',
      /:3:15": "ignore_certs" is text, not true or false/,
    ],
    [`${BASE}ignore_certs: 0\n`, 'ERR_CONFIG_TYPE', /is a number, not true or false/],
    [`${BASE}last_update: yesterday\n`, 'ERR_CONFIG_TYPE', /is text, not a number/],
    [`${BASE}last_update: .nan\n`, 'ERR_CONFIG_TYPE', /is a number, not a number|not a number/],
    [`${BASE}organization: true\n`, 'ERR_CONFIG_TYPE', /is true or false, not text/],
  ]
  for (const [content, code, message] of cases) {
    const error = await refusal(content)
    assert.equal(error?.code, code, content)
    assert.match(error?.message ?? '', message)
    assert.match(error?.message ?? '', /settings\.yaml:\d+:\d+"/)
  }
})

const BASE = 'connection:\n  uri: https://api.example\n'

test('J132 readSettings() follows a link, and refuses what is not a regular file', () =>
  withTemporaryDirectory(async (directory) => {
    const log = createRecordingLog()
    const path = (name: string) => join(directory, name)
    await writeFile(path('real.yaml'), FULL, { mode: 0o600 })
    await symlink('real.yaml', path('link.yaml'))
    assert.equal((await readSettings(path('link.yaml'), { log })).organization, 'acme')

    await symlink('nowhere', path('dangling'))
    await symlink('loop', path('loop'))
    await symlink('/dev/null', path('null'))
    await symlink('/dev/zero', path('zero'))
    await mkdir(path('directory'))
    spawnSync('mkfifo', [path('pipe')])
    const cases: [string, RegExp][] = [
      ['dangling', /a symbolic link to a file that does not exist$/],
      ['loop', /its symbolic links form a loop$/],
      ['null', /not a regular file$/],
      ['zero', /not a regular file$/],
      ['directory', /it is a directory$/],
      ['pipe', /not a regular file$/],
      ['real.yaml/x', /a part of the path is not a directory$/],
    ]
    for (const [name, message] of cases) {
      await assert.rejects(readSettings(path(name), { log }), (error) => {
        assert.ok(isPhylumError(error, 'ERR_CONFIG_READ'), name)
        assert.match(error.message, message)
        return true
      })
    }
  }))

test('J131 readSettings() closes a file that holds a credential and that others can use', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    for (const mode of [0o644, 0o640, 0o604, 0o660]) {
      const log = createRecordingLog()
      await writeFile(file, FULL)
      await chmod(file, mode)
      assert.equal((await readSettings(file, { log })).organization, 'acme')
      assert.equal((await stat(file)).mode & 0o777, 0o600)
      assert.equal(log.warnings.length, 1)
      await readSettings(file, { log })
      assert.equal(log.warnings.length, 1)
    }
    // Without a credential others may read it, and still not write it.
    const log = createRecordingLog()
    await writeFile(file, BASE)
    await chmod(file, 0o644)
    await readSettings(file, { log })
    assert.equal((await stat(file)).mode & 0o777, 0o644)
    await chmod(file, 0o666)
    await readSettings(file, { log })
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal(log.warnings.length, 1)
  }))

test('J131 J141 readSettings() refuses what it may not read, or what belongs to somebody else', async (t) => {
  const reason = whyNotRoot()
  if (reason !== undefined) return t.skip(reason)
  await withTemporaryDirectory(async (directory) => {
    const unprivileged = { home: join(directory, 'home') }
    await chmod(directory, 0o755)
    await mkdir(unprivileged.home)
    await chown(unprivileged.home, 65534, 65534)
    const file = join(directory, 'settings.yaml')
    const readAsOther = async (owner: number, mode: number) => {
      await writeFile(file, FULL)
      await chmod(file, mode)
      await chown(file, owner, owner)
      return (await runChild(ACT, ['read', file], { unprivileged })).stdout
    }
    assert.match(
      await readAsOther(65534, 0o600),
      /^uri https:\/\/api\.example:8443 credential ph0_/,
    )
    assert.match(await readAsOther(0, 0o600), /^ERR_CONFIG_READ .*permission denied\n$/)
    assert.match(await readAsOther(65534, 0), /^ERR_CONFIG_READ .*permission denied\n$/)
    assert.match(
      await readAsOther(1234, 0o644),
      /^ERR_CONFIG_READ .*belongs to the user with the id 1234\n$/,
    )
    assert.match(await readAsOther(0, 0o644), /^ERR_CONFIG_READ .*others may use it \(mode 0644\)/)
  })
})

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function encodeUtf16(text: string): Uint8Array {
  return new Uint8Array([...text].flatMap((c) => [c.charCodeAt(0) & 0xff, c.charCodeAt(0) >> 8]))
}

function aliasBomb(start: string): string {
  const levels = [...'bcdefghi'].map((name, index) => {
    const inner = `*${'abcdefgh'[index]},`.repeat(9)
    return `${name}: &${name} [${inner.slice(0, -1)}]`
  })
  return `${start}a: &a [lol]\n${levels.join('\n')}\n`
}

function manyKeys(start: string): string {
  const keys = Array.from({ length: 13_000 }, (_, index) => `${index.toString(36)}:`)
  return `${start}${keys.slice(0, -1).join('\n')}\nconnection:\n`
}

test('readSettings() takes a reference to the keyring in one form alone', () => {
  const good =
    `${BASE}auth_info:\n  offline_access:\n    keyring: 5b6c1a2e-0000-4000-8000-0123456789ab\n`
  const cases: [string, string, RegExp][] = [
    [
      good.replace('5b6c', '5B6C'),
      'ERR_CONFIG_TYPE',
      /"auth_info\.offline_access\.keyring" is text, not the UUID/,
    ],
    [good.replace(/5b6c.*/, 'phylum'), 'ERR_CONFIG_TYPE', /not the UUID of an account$/],
    [good.replace(/5b6c.*/, '7'), 'ERR_CONFIG_TYPE', /is a number, not the UUID/],
    [good.replace(/5b6c.*/, '[x]'), 'ERR_CONFIG_TYPE', /is a list, not one value/],
    [good.replace('keyring', 'keychain'), 'ERR_CONFIG_TYPE', /keyring" is missing/],
  ]
  return withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await writeFile(file, good, { mode: 0o600 })
    const settings = await readSettings(file, { log: createRecordingLog() })
    assert.equal(settings.keyring, '5b6c1a2e-0000-4000-8000-0123456789ab')
    for (const [text, code, message] of cases) {
      await writeFile(file, text, { mode: 0o600 })
      await assert.rejects(readSettings(file, { log: createRecordingLog() }), (error) => {
        assert.ok(isPhylumError(error), text)
        assert.equal(error.code, code)
        assert.match(error.message, message)
        return true
      })
    }
  })
})

fuzzTest(settings, 200)
