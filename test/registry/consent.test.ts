import { checkConsent, readConsent, removeConsent, stateName, writeConsent } from '#registry'
import type { Consent, Identity } from '#registry'
import type { PermissionRequest } from '#permissions'
import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import fc from 'fast-check'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { consent } from '../fuzz/consents.ts'
import { fuzzTest } from '../fuzz/target.ts'

const GROUPS: Identity = { name: 'groups', source: 'installed', directory: '/data/groups' }
const LOCAL: Identity = { name: 'groups', source: 'path', directory: '/here/groups' }
const CONTEXT = { home: '/home/ada', workingDirectory: '/here' }
const REQUEST: PermissionRequest = {
  permissions: { read: ['./', '/etc'], net: ['example.com'] },
  api: { allow: ['GET /groups'] },
}
const CONSENT: Consent = { digest: 'sha256-a', request: REQUEST, agreedAt: '2026-01-01T00:00:00Z' }

function asked(request: PermissionRequest, digest = 'sha256-a') {
  return { request, digest, context: CONTEXT }
}

test('writeConsent() records what readConsent() reads', async () => {
  await withTemporaryDirectory(async (state) => {
    assert.equal(readConsent(state, GROUPS), undefined)
    await writeConsent(state, GROUPS, CONSENT)
    const { digest, request, agreedAt, isApiAllowed } = readConsent(state, GROUPS)!
    assert.deepEqual({ digest, request, agreedAt }, CONSENT)
    assert.equal(isApiAllowed, undefined)
    await writeConsent(state, GROUPS, { ...CONSENT, request: {}, isApiAllowed: false })
    assert.equal(readConsent(state, GROUPS)!.isApiAllowed, false)
    assert.deepEqual(readConsent(state, GROUPS)!.request, {})
  })
})

test('writeConsent() keeps only what was agreed to, for this user alone', async () => {
  await withTemporaryDirectory(async (parent) => {
    const state = join(parent, 'state')
    const manifest = { name: 'groups', description: 'not part of it', ...REQUEST }
    await writeConsent(state, GROUPS, { ...CONSENT, request: manifest })
    const [file] = readdirSync(join(state, 'consent'))
    const path = join(state, 'consent', file!)
    assert.equal(file, 'groups.json')
    assert.doesNotMatch(readFileSync(path, 'utf8'), /not part of it/)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(join(state, 'consent')).mode & 0o777, 0o700)
    assert.equal(checkConsent(readConsent(state, GROUPS), asked(manifest)).state, 'agreed')
  })
})

test('writeConsent() keeps what was agreed to for a few versions before, each with its own permissions', async () => {
  await withTemporaryDirectory(async (state) => {
    const of = (digest: string) => readConsent(state, GROUPS, digest)
    for (const digest of ['sha256-1', 'sha256-2', 'sha256-3', 'sha256-4', 'sha256-5']) {
      await writeConsent(state, GROUPS, {
        ...CONSENT,
        digest,
        request: { permissions: { env: [`V_${digest.at(-1)}`] } },
      })
    }
    assert.equal(readConsent(state, GROUPS)?.digest, 'sha256-5')
    assert.deepEqual(of('sha256-3')?.request.permissions, { env: ['V_3'] })
    assert.equal(
      of('sha256-1')?.digest,
      'sha256-5',
      'too long ago: the last one is what it is compared with',
    )
    await writeConsent(state, GROUPS, { ...CONSENT, digest: 'sha256-3' })
    assert.equal(readConsent(state, GROUPS)?.digest, 'sha256-3')
    assert.deepEqual(of('sha256-3')?.request, REQUEST)
    assert.equal(of('sha256-5')?.digest, 'sha256-5')
    removeConsent(state, GROUPS)
    assert.equal(of('sha256-5'), undefined)
  })
})

test('writeConsent() says that it cannot write', async () => {
  await withTemporaryDirectory(async (state) => {
    writeFileSync(join(state, 'consent'), 'in the way')
    await assert.rejects(writeConsent(state, GROUPS, CONSENT), { code: 'ERR_CONFIG_WRITE' })
  })
})

test('readConsent() never takes the record of one extension for that of another', async () => {
  await withTemporaryDirectory(async (state) => {
    await writeConsent(state, GROUPS, CONSENT)
    const elsewhere: Identity = { ...LOCAL, directory: '/tmp/evil' }
    for (const identity of [LOCAL, elsewhere, { ...GROUPS, source: 'bundled' as const }]) {
      assert.equal(readConsent(state, identity), undefined, JSON.stringify(identity))
    }
    await writeConsent(state, LOCAL, CONSENT)
    assert.ok(readConsent(state, LOCAL))
    assert.equal(readConsent(state, elsewhere), undefined)
    assert.equal(readConsent(state, { ...LOCAL, name: 'other' }), undefined)

    const file = (identity: Identity) => join(state, 'consent', `${stateName(identity)}.json`)
    copyFileSync(file(LOCAL), file(elsewhere))
    copyFileSync(file(GROUPS), file({ ...GROUPS, name: 'sbom' }))
    assert.equal(readConsent(state, elsewhere), undefined)
    assert.equal(readConsent(state, { ...GROUPS, name: 'sbom' }), undefined)
  })
})

test('stateName() gives a directory a name that no extension can have', () => {
  assert.equal(stateName(GROUPS), 'groups')
  assert.match(stateName(LOCAL), /^@[0-9a-f]{64}$/)
  assert.notEqual(stateName(LOCAL), stateName({ ...LOCAL, directory: '/here/groups2' }))
})

test('readConsent() takes nothing for a consent but a whole record', async () => {
  await withTemporaryDirectory(async (state) => {
    await writeConsent(state, GROUPS, CONSENT)
    const path = join(state, 'consent/groups.json')
    const text = readFileSync(path, 'utf8')
    const record = JSON.parse(text)
    for (
      const change of [
        { schema: 2 },
        { schema: '1' },
        { schema: undefined },
        { digest: 1 },
        { digest: undefined },
        { extension: null },
        { extension: { ...record.extension, name: 'x' } },
        { request: null },
        { request: [] },
        { request: { permissions: { read: 'x' } } },
        { request: { permissions: { reads: ['x'] } } },
        { request: { permissions: { net: ['*'] } } },
        { request: { api: { allow: ['nonsense'] } } },
        { request: { api: {} } },
        { isApiAllowed: 'yes' },
        { agreedAt: 3 },
      ]
    ) {
      writeFileSync(path, JSON.stringify({ ...record, ...change }))
      assert.equal(readConsent(state, GROUPS), undefined, JSON.stringify(change))
    }
    for (
      const content of [
        '',
        'null',
        '[]',
        '3',
        '{}',
        '\ufeff' + 'x',
        '{"schema":1}',
        'x'.repeat(600_000),
      ]
    ) {
      writeFileSync(path, content)
      assert.equal(readConsent(state, GROUPS), undefined, content.slice(0, 20))
    }
    for (let length = 0; length < text.length - 2; length++) {
      writeFileSync(path, text.slice(0, length))
      assert.equal(readConsent(state, GROUPS), undefined, `cut at ${length}`)
    }
    writeFileSync(path, text)
    assert.ok(readConsent(state, GROUPS))
  })
})

test('readConsent() takes no file that somebody else could have written', async () => {
  await withTemporaryDirectory(async (state) => {
    await writeConsent(state, GROUPS, CONSENT)
    const path = join(state, 'consent/groups.json')
    for (const mode of [0o620, 0o602, 0o666]) {
      chmodSync(path, mode)
      assert.equal(readConsent(state, GROUPS), undefined, mode.toString(8))
    }
    chmodSync(path, 0o600)
    assert.ok(readConsent(state, GROUPS))
    copyFileSync(path, join(state, 'copy.json'))
    unlinkSync(path)
    symlinkSync('../copy.json', path)
    assert.equal(readConsent(state, GROUPS), undefined, 'a link')
    unlinkSync(path)
    mkdirSync(path)
    assert.equal(readConsent(state, GROUPS), undefined, 'a directory')
  })
})

test(
  'readConsent() takes no file of another user',
  { skip: process.geteuid?.() !== 0 && 'only root can give a file away' },
  async () => {
    await withTemporaryDirectory(async (state) => {
      await writeConsent(state, GROUPS, CONSENT)
      chownSync(join(state, 'consent/groups.json'), 65534, 65534)
      assert.equal(readConsent(state, GROUPS), undefined)
    })
  },
)

test('checkConsent() has nothing to ask about the same files and permissions', () => {
  assert.equal(checkConsent(CONSENT, asked(REQUEST)).state, 'agreed')
  const elsewhere = { ...asked(REQUEST), context: { home: '/root', workingDirectory: '/srv' } }
  assert.equal(checkConsent(CONSENT, elsewhere).state, 'agreed', '"./" was agreed to, not /here')
})

test('checkConsent() asks anew about everything without a record', () => {
  const { state, added } = checkConsent(undefined, asked(REQUEST))
  assert.equal(state, 'new')
  assert.deepEqual(added.read, ['/here', '/etc'])
  assert.equal(String(added.api), 'GET /groups')
})

test('I121 checkConsent() asks again when files changed', () => {
  assert.equal(checkConsent(CONSENT, asked(REQUEST, 'sha256-b')).state, 'changed')
  const less = { permissions: { read: ['./src'] }, api: { allow: [] } }
  assert.equal(checkConsent(CONSENT, asked(less, 'sha256-b')).state, 'changed')
})

test('I122 checkConsent() names what is wider', () => {
  const wider: PermissionRequest = {
    permissions: { read: true, net: ['example.com'], run: ['git'] },
    api: { allow: ['GET /groups', 'DELETE /groups/:name'] },
  }
  for (const digest of ['sha256-a', 'sha256-b']) {
    const { state, added } = checkConsent(CONSENT, asked(wider, digest))
    assert.equal(state, 'wider')
    assert.deepEqual([added.read, added.run, added.net], [true, ['git'], []])
    assert.equal(String(added.api), 'DELETE /groups/:name')
  }
  const { state, added } = checkConsent(
    CONSENT,
    asked({ permissions: REQUEST.permissions! }, 'sha256-b'),
  )
  assert.deepEqual([state, added.api], ['wider', 'ask'], 'to leave out [api] is to ask for more')
})

test('I122 checkConsent() asks for nothing when only order and spelling differ', () => {
  const same: PermissionRequest = {
    permissions: { net: ['EXAMPLE.com.'], read: ['/etc/', '.'], write: [], env: false },
    api: { allow: ['GET /api/v0/groups'] },
  }
  assert.equal(checkConsent(CONSENT, asked(same)).state, 'agreed')
})

test('checkConsent() refuses paths that are not there', () => {
  const context = { ...CONTEXT, isPresent: () => false }
  assert.throws(() => checkConsent(CONSENT, { ...asked(REQUEST), context }), {
    code: 'ERR_PERMISSIONS_VALUE',
  })
})

test('readConsent() survives any bytes', async () => {
  await withTemporaryDirectory(async (state) => {
    await writeConsent(state, GROUPS, CONSENT)
    const path = join(state, 'consent/groups.json')
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        writeFileSync(path, text)
        assert.equal(readConsent(state, GROUPS), undefined)
      }),
      { numRuns: 200 },
    )
  })
})

fuzzTest(consent, 60)
