import { isPhylumError } from '#base'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseManifest } from '../../src/registry/manifest.ts'
import { hostileText, refusalOf } from './hostile.ts'
import type { Target } from './target.ts'

const FILE = '/x/PhylumExt.toml'

/** What manifests are made of, and what TOML parsers stumble over. */
const PIECES = [
  'name',
  'version',
  'description',
  'entry_point',
  'engine',
  'permissions',
  'api',
  'allow',
  'read',
  'net',
  'workspace',
  'members',
  ' = ',
  '=',
  '"',
  "'",
  '"""',
  "'''",
  '[',
  ']',
  '[[',
  ']]',
  '{',
  '}',
  ',',
  '.',
  '\n',
  '\r\n',
  '\r',
  '\t',
  '#',
  '\\',
  '\\u0000',
  '\\U00110000',
  '\\ud800',
  '\\x1b',
  'true',
  'false',
  'nan',
  '-inf',
  '0x',
  '1_000',
  '9'.repeat(400),
  '1e999',
  '1979-05-27T07:32:00Z',
  '"x"',
  '"groups"',
  '"1.0.0"',
  '["./"]',
  '[true]',
  '__proto__',
  'constructor',
  '"\u202e"',
  '\ufeff',
  '\u0085',
  'GET /groups',
  '"GET /x"',
  '[[[[[[[[',
  '{a={a={a=',
  'a.b.c',
  '"a"."b"',
]

const HEAD = 'name = "x"\ndescription = "x"\nversion = "1.0.0"\n'

const text = fc.tuple(
  fc.constantFrom('', HEAD, `${HEAD}[api]\nallow = `, `${HEAD}[permissions]\nread = `),
  hostileText(24, PIECES),
).map(([start, rest]) => start + rest)

const bytes = fc.oneof(
  { weight: 5, arbitrary: text.map((each) => new TextEncoder().encode(each)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
)

/** Manifests, as bytes on the disk. */
export const manifest: Target = {
  name: 'registry/manifest',
  promise:
    'M187 parseManifest() survives any bytes, and every place that it reports lies in the file',
  inputs: 15_000,
  open: () => ({
    property: fc.asyncProperty(bytes, async (given) => {
      const started = performance.now()
      const parsed = await refusalOf(parseManifest(given, FILE), /^ERR_REGISTRY_MANIFEST$/)
      assert.ok(performance.now() - started < 10_000, 'it does not take long')
      const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(given).split('\n')
      const told = isPhylumError(parsed)
        ? [parsed.message]
        : [...parsed.warnings, parsed.locate(['name']), parsed.locate(['permissions', 'read', 0])]
      for (const message of told) {
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(message.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u202e\u2028]/)
        for (const [, line, column] of message.matchAll(/\/x\/PhylumExt\.toml:(\d+):(\d+)/g)) {
          const content = lines[Number(line) - 1]
          assert.ok(content !== undefined, `line ${line} of ${lines.length}: ${message}`)
          assert.ok(Number(column) >= 1 && Number(column) <= content.length + 1, message)
        }
      }
    }),
  }),
}
