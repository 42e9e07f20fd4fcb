import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PhylumError } from '#base'
import type { PermissionRequest } from '#permissions'
import {
  normalizeRequest,
  parseLockFile,
  renderLockFile,
  renderRequest,
} from '../../../src/registry/team/lock_file.ts'
import type { LockedExtension } from '../../../src/registry/team/lock_file.ts'

const INTEGRITY = `sha512-${'A'.repeat(86)}==`
const FILE = '/repository/phylum-extensions.lock'
const REPORT: LockedExtension = {
  name: 'report',
  version: '1.2.3',
  source: 'npm:@acme/report@^1',
  resolved: 'https://registry.example/@acme/report/-/report-1.2.3.tgz',
  integrity: INTEGRITY,
  modules: null,
  request: {
    permissions: { read: ['./'], net: ['a.example', 'b.example'] },
    api: { allow: ['GET /groups'] },
  },
}

const parse = (text: string) => parseLockFile(new TextEncoder().encode(text), FILE)

async function failure(text: string): Promise<string> {
  try {
    await parse(text)
  } catch (error) {
    assert.ok(error instanceof PhylumError && error.code === 'ERR_REGISTRY_LOCK', String(error))
    assert.ok(error.hints.length > 0)
    return error.message
  }
  assert.fail(`nothing wrong with ${text}`)
}

test('renderLockFile() writes one key on a line, sorted', async () => {
  const audit = { ...REPORT, name: 'audit', version: null, modules: 'sha256-x', request: {} }
  const text = renderLockFile([REPORT, audit])
  assert.equal(
    text,
    `# Written by \`phylum ext sync\` from phylum-extensions.toml. Commit both, and change the other one.
schema = 1

[[extension]]
name = "audit"
source = "npm:@acme/report@^1"
resolved = "https://registry.example/@acme/report/-/report-1.2.3.tgz"
integrity = "${INTEGRITY}"
modules = "sha256-x"

[[extension]]
name = "report"
version = "1.2.3"
source = "npm:@acme/report@^1"
resolved = "https://registry.example/@acme/report/-/report-1.2.3.tgz"
integrity = "${INTEGRITY}"
permissions.read = ["./"]
permissions.net = [
  "a.example",
  "b.example",
]
api.allow = ["GET /groups"]
`,
  )
  assert.deepEqual(await parse(text), [audit, REPORT])
  assert.equal(renderLockFile([audit, REPORT]), text)
})

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
const paths = fc.array(fc.constantFrom('./', '/etc', '~/x', '"quoted"', 'ü'), { maxLength: 4 })
const request: fc.Arbitrary<PermissionRequest> = fc.record({
  permissions: fc.record({
    read: fc.oneof(fc.boolean(), paths),
    write: fc.oneof(fc.boolean(), paths),
    net: fc.array(fc.constantFrom('a.example', '*.b.example:1')),
    env: fc.boolean(),
  }, { requiredKeys: [] }),
  api: fc.record({
    allow: fc.oneof(fc.constant(true as const), fc.array(fc.constantFrom('GET /a', '* /b'))),
  }),
}, { requiredKeys: [] })
const locked: fc.Arbitrary<LockedExtension> = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/),
  version: fc.option(text),
  source: text,
  resolved: text,
  integrity: fc.constant(INTEGRITY),
  modules: fc.option(text),
  request: request.map(normalizeRequest),
}).map((each) => ({ ...each }))

test('parseLockFile() reads what renderLockFile() writes, whatever stands in it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(locked, { selector: ({ name }) => name, maxLength: 5 }),
      async (all) => {
        const written = renderLockFile(all)
        assert.equal(renderLockFile(all.toReversed()), written)
        const read = await parse(written)
        assert.deepEqual(read, all.toSorted((a, b) => a.name < b.name ? -1 : 1))
        assert.equal(renderLockFile(read), written)
      },
    ),
    { numRuns: 200 },
  )
})

test('renderRequest() writes the same permissions as the same lines', () => {
  fc.assert(
    fc.property(request, (each) => {
      const { permissions = {}, api } = each
      const shuffled: PermissionRequest = {
        ...(api === undefined
          ? {}
          : { api: { allow: api.allow === true ? true : [...api.allow, ...api.allow].reverse() } }),
        permissions: Object.fromEntries(
          Object.entries(permissions).reverse()
            .map(([kind, value]) => [kind, Array.isArray(value) ? [...value].reverse() : value]),
        ),
      }
      assert.deepEqual(renderRequest(shuffled), renderRequest(each))
    }),
  )
  assert.deepEqual(renderRequest({ permissions: { read: false, net: [] } }), [])
  assert.deepEqual(renderRequest({ api: { allow: [] } }), ['api.allow = []'])
})

test('parseLockFile() says what is wrong, and where', async () => {
  const good = renderLockFile([REPORT])
  const conflict = good.replace(
    'version = "1.2.3"\n',
    '<<<<<<< HEAD\nversion = "1.2.3"\n=======\nversion = "1.2.4"\n>>>>>>> other\n',
  )
  assert.equal(
    await failure(conflict),
    `Cannot use lock file ${FILE}:6:1: A conflict of a merge is not resolved here`,
  )
  assert.match(await failure(conflict.replace('<<<<<<< HEAD\n', '')), /:9:1: A conflict/)
  assert.match(
    await failure('schema = 2\nfuture = true\n'),
    /:1:1: "schema" is 2, and this phylum knows 1/,
  )
  assert.match(await failure('schema = "1"\n'), /:1:1: "schema" must be a number, not a string/)
  assert.match(await failure(''), /"schema" is missing/)
  assert.match(
    await failure('schema = 1\n[[extension]]\nname = "x"'),
    /"extension\[0\]\.source" is missing/,
  )
  assert.match(
    await failure(good + good.slice(good.indexOf('[[ext'))),
    /:16:1: "report" is there a second time/,
  )
  assert.match(
    await failure(good.replace('version', 'versoin')),
    /:6:1: .*versoin" is not known.*"version"/,
  )
  assert.match(await failure(good.replace('sha512-', 'sha1-')), /:9:1: .*must be "sha512-"/)
  assert.match(await failure(good.replace('"./"', '"*"')), /:10:21: Cannot grant read "\*"/)
  assert.match(await failure(good.replace('"report"', '"../x"')), /must begin with a letter/)
  assert.match(await failure(good.replace('GET', 'get')), /Cannot grant api/)
  assert.match(await failure('schema = 1\n[[extension]'), /:2:\d+: Not valid TOML/)
})
