import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { addPublisher, readSettings, removePublisher } from '#config'
import type { Publisher } from '#config'
import { createRecordingLog } from '../harness/recording_log.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

const HEAD = 'connection:\n  uri: https://api.example\n'
const X = 'a'.repeat(43)
const KEY = { kty: 'OKP', crv: 'Ed25519', x: X } as const
const TRUST = `# who we trust
trust:
  publishers:
    - name: acme # our own
      key: {kty: OKP, crv: Ed25519, x: ${X}}
    - name: other
      jwks: https://keys.example/jwks.json
  policy:
    - { source: "npm:@acme/*", publisher: acme, permits: { write: none, api: read, read: ["./"] }, then: accept }
    - asks: [unsandboxed_run]
      then: refuse
    - { then: ask }
`

async function withSettings<T>(text: string, use: (file: string) => Promise<T>): Promise<T> {
  return await withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await writeFile(file, text, { mode: 0o600 })
    return await use(file)
  })
}

const read = (file: string) => readSettings(file, { log: createRecordingLog() })

test('readSettings() reads whom the user trusts, and what is decided', async () => {
  const { trust } = await withSettings(HEAD + TRUST, read)
  assert.deepEqual(trust.publishers, [
    { name: 'acme', key: KEY },
    { name: 'other', jwks: 'https://keys.example/jwks.json' },
  ])
  const [first, second, third] = trust.rules
  assert.match(first!.where, /settings\.yaml:11:7"$/)
  assert.deepEqual({ ...first, where: '' }, {
    where: '',
    source: 'npm:@acme/*',
    publisher: 'acme',
    permits: { write: 'none', api: 'read', read: ['./'] },
    asks: null,
    decision: 'accept',
  })
  assert.deepEqual([second!.asks, second!.decision, second!.source], [
    ['unsandboxed_run'],
    'refuse',
    null,
  ])
  assert.equal(third!.decision, 'ask')
  for (
    const text of [HEAD, `${HEAD}trust: null\n`, `${HEAD}trust: {}\n`, `${HEAD}trust: {policy: }\n`]
  ) {
    assert.deepEqual(await withSettings(text, async (file) => (await read(file)).trust), {
      publishers: [],
      rules: [],
    })
  }
})

test('readSettings() refuses a rule that does not mean what it seems to, and says where it stands', async () => {
  const refuses = async (trust: string, state: RegExp) =>
    await withSettings(
      `${HEAD}trust:\n  ${trust}\n`,
      async (file) =>
        await assert.rejects(read(file), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ERR_CONFIG_TYPE', error.message)
          assert.match(error.message, state)
          assert.match(error.message, /settings\.yaml:4:\d+"/)
          return true
        }),
    )
  await refuses(
    'policy: [{publsher: acme, then: accept}]',
    /"trust\.policy\[0\]\.publsher" is not known/,
  )
  await refuses('polcy: []', /"trust\.polcy" is not known/)
  await refuses('policy: [{then: yes}]', /"trust\.policy\[0\]\.then" must be accept, ask or refuse/)
  await refuses('policy: [{}]', /must be accept/)
  await refuses('policy: [accept]', /must be a map/)
  await refuses('policy: {then: ask}', /must be a list/)
  await refuses('policy: [{publisher: acme, then: ask}]', /must be the name of one of/)
  await refuses('policy: [{source: 1, then: ask}]', /must be text/)
  await refuses('policy: [{permits: {}, then: ask}]', /is for rules that accept/)
  await refuses('policy: [{permits: {}, then: refuse}]', /is for rules that accept/)
  await refuses('policy: [{asks: [net], then: accept}]', /is for rules that ask or refuse/)
  await refuses(
    'policy: [{asks: [nets], then: ask}]',
    /"trust\.policy\[0\]\.asks\[0\]" must be one of/,
  )
  await refuses('policy: [{permits: {wrte: none}, then: accept}]', /wrte" is not known/)
  await refuses('policy: [{permits: {write: read}, then: accept}]', /must be none, any or a list/)
  await refuses(
    'policy: [{permits: {api: GET}, then: accept}]',
    /must be none, any, read or a list/,
  )
  await refuses('policy: [{permits: {read: [1]}, then: accept}]', /must be none/)
  await refuses('publishers: [{name: Acme, key: {}}]', /must be a name/)
  await refuses('publishers: [{name: acme}]', /either a "key" or a "jwks"/)
  await refuses(`publishers: [{name: a, key: {kty: OKP, crv: X25519, x: ${X}}}]`, /must be \{kty/)
  await refuses('publishers: [{name: a, key: {kty: OKP, crv: Ed25519, x: short}}]', /must be \{kty/)
  await refuses('publishers: [{name: a, jwks: "http://keys.example/"}]', /not "https:"/)
  await refuses('publishers: [{name: a, jwks: "https://u:p@keys.example/"}]', /user name/)
  await refuses('publishers: [{name: a, jwks: 1}]', /no text/)
  const twice = `{name: a, key: {kty: OKP, crv: Ed25519, x: ${X}}}`
  await refuses(`publishers: [${twice}, ${twice}]`, /a second time/)
})

test('addPublisher() and removePublisher() leave the rest of the file as it is', async () => {
  await withSettings(HEAD + TRUST, async (file) => {
    const added: Publisher = { name: 'third', key: { ...KEY, x: 'b'.repeat(43) } }
    assert.equal(await addPublisher(file, added), true)
    assert.equal(await addPublisher(file, added), false)
    await assert.rejects(addPublisher(file, { name: 'third', key: KEY }), {
      code: 'ERR_REGISTRY_TRUST',
    })
    const { trust } = await read(file)
    assert.deepEqual(trust.publishers.map(({ name }) => name), ['acme', 'other', 'third'])
    assert.deepEqual(trust.publishers[2], added)
    await assert.rejects(removePublisher(file, 'acme'), {
      code: 'ERR_REGISTRY_TRUST',
      message: /the rule at ".*settings\.yaml:\d+:7" relies on it/,
    })
    assert.equal(await removePublisher(file, 'third'), true)
    assert.equal(await removePublisher(file, 'third'), false)
    const text = await readFile(file, 'utf8')
    assert.match(text, /# who we trust/)
    assert.match(text, /# our own/)
    assert.deepEqual(
      (await read(file)).trust.publishers.map(({ name }) => name),
      ['acme', 'other'],
    )
  })
})

test('addPublisher() makes the settings file where there is none', async () => {
  await withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'phylum/settings.yaml')
    await addPublisher(file, { name: 'acme', jwks: 'https://keys.example/' })
    assert.deepEqual((await read(file)).trust.publishers, [
      { name: 'acme', jwks: 'https://keys.example/' },
    ])
  })
})
