import { isPhylumError } from '#base'
import { parseApiUri } from '#config'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SettingsDocument } from '../../src/config/settings_document.ts'
import { toSettings } from '../../src/config/settings.ts'
import type { Settings } from '../../src/config/settings.ts'
import { createCanary, findLeak } from '../harness/canary.ts'
import { hostileText, refusal, refusalOf } from './hostile.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

const FILE = '/x/settings.yaml'
const CANARY = createCanary()
const OTHER = createCanary()

/** What settings are made of, and what YAML parsers stumble over. */
const PIECES = [
  'connection:',
  'auth_info:',
  '  uri: ',
  '  offline_access: ',
  'uri',
  'ignore_certs: ',
  'organization: ',
  'last_update: ',
  'https://api.example',
  CANARY,
  CANARY.slice(0, 20),
  '\n',
  '\r\n',
  '\r',
  '\n  ',
  '\n    ',
  ': ',
  '- ',
  '? ',
  '| ',
  '>-',
  '"',
  "'",
  '#',
  '&a ',
  '*a',
  '!!str ',
  '!x ',
  '<<: ',
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  '{',
  '}',
  '[',
  ']',
  ',',
  'null',
  '~',
  'true',
  'yes',
  '0o17',
  '.inf',
  '1e400',
  '\\x00',
  '\\u{0}',
  '\ufeff',
  '\u0085',
  '\u2028',
  '\t',
  '[[[[[[',
  '{a: {a: ',
  'k: '.repeat(20),
]

const VALID = `connection:\n  uri: https://api.example\nauth_info:\n  offline_access: ${CANARY}\n`

const text = fc.tuple(
  fc.constantFrom(
    '',
    VALID,
    'connection:\n  uri: https://api.example\n',
    'auth_info:\n  offline_access: ',
  ),
  hostileText(20, PIECES),
  fc.constantFrom('\n', '\n', ''),
).map((parts) => parts.join(''))

const bytes = fc.oneof(
  { weight: 5, arbitrary: text.map((each) => new TextEncoder().encode(each)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
)

/** Settings, as bytes on the disk. */
export const settings: Target = {
  name: 'config/settings',
  promise:
    'J138 J139 J140 settings survive any bytes, quote none of them, and mean the same once rewritten',
  inputs: 10_000,
  open: () => ({
    property: fc.asyncProperty(bytes, async (given) => {
      const codes = /^ERR_(CONFIG_(SYNTAX|TYPE|URI)|AUTH_CREDENTIAL)$/
      const document = await refusalOf(SettingsDocument.parse(given, FILE), codes)
      const read = isPhylumError(document)
        ? document
        : await refusalOf(tryTo(() => toSettings(document)), codes)
      if (isPhylumError(read)) {
        assert.equal(
          findLeak(read.message + read.hints.join(), CANARY),
          undefined,
          'no piece of the credential',
        )
        const [, line, column] = /settings\.yaml:(\d+):(\d+)/.exec(read.message) ?? []
        if (line === undefined) return
        const lines = new TextDecoder().decode(given).split('\n')
        const content = lines[Number(line) - 1]
        assert.ok(content !== undefined && Number(column) <= content.length + 1, read.message)
        return
      }
      assert.ok(!isPhylumError(document))
      assert.deepEqual(await rewrite(document), plain(read))
      document.set(['auth_info', 'offline_access'], OTHER)
      assert.deepEqual(
        await rewrite(document),
        { ...plain(read), credential: OTHER },
        'and nothing else has changed',
      )
    }),
  }),
}

/** Writes a document, reads it again, and tells what it says. */
async function rewrite(document: SettingsDocument): Promise<unknown> {
  return plain(
    toSettings(await SettingsDocument.parse(new TextEncoder().encode(String(document)), FILE)),
  )
}

function plain({ apiUri, credential, ...rest }: Settings) {
  return { ...rest, apiUri: apiUri.uri, credential: credential?.reveal() }
}

// deno-lint-ignore require-await
async function tryTo<T>(work: () => T): Promise<T> {
  return work()
}

const uri = fc.tuple(
  fc.constantFrom(
    'https://',
    'http://',
    'HTTPS://',
    'https:',
    'https:/',
    'https:///',
    'https:\\\\',
    'ftp://',
    '',
  ),
  hostileText(5, [
    'localhost',
    '127.0.0.1',
    'api.example',
    ':443',
    ':8443',
    '.',
    '@',
    '127.0.0.1.evil.example',
    '[::1]',
    'localhost.',
    '127.1',
  ]),
).map((parts) => parts.join(''))

/** The address to which a credential goes. */
export const apiUri: Target = {
  name: 'config/uri',
  promise: 'C42 J140 parseApiUri() gives an origin to which a credential may go',
  inputs: 20_000,
  open: () => ({
    property: fc.property(uri, (given) => {
      const origin = quickly(() =>
        refusal(() => parseApiUri(given, 'the test'), /^ERR_CONFIG_URI$/)
      )
      if (origin === undefined) return
      const url = new URL(origin)
      assert.equal(url.origin, origin)
      assert.equal(parseApiUri(origin, 'the test'), origin)
      assert.equal(given.toLowerCase().startsWith(url.protocol), true)
      assert.ok(!given.includes('@') && !given.includes('\\'))
      if (url.protocol === 'https:') return
      assert.equal(url.protocol, 'http:')
      assert.match(url.hostname, /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/)
    }),
  }),
}
