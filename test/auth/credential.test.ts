import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPhylumError, Secret } from '#base'
import { classifyCredential, resolveCredential } from '#auth'
import { DEFAULT_SETTINGS, type KeyringAccount, type Settings } from '#config'
import { createCanary, findLeak } from '../harness/canary.ts'
import { createMemoryKeyring, noKeyring } from '../harness/memory_keyring.ts'
import { createRecordingLog } from '../harness/recording_log.ts'

const CANARY = createCanary()
const STORED = createCanary()
const FILE = '/home/u/.config/phylum/settings.yaml'
const secret = (value: string) => Secret.parse(value, 'the test')
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

test('K162 classifyCredential() knows an API key by its exact form, and takes the rest for a refresh token', () => {
  assert.equal(classifyCredential(secret(CANARY), 'x'), 'api_key')
  assert.equal(classifyCredential(secret(`ph0_${'-_'.repeat(21)}A`), 'x'), 'api_key')
  for (const token of [JWT, 'opaque', 'ph1_abc', 'ph0', `x${CANARY}`, 'graph0_service', '"']) {
    assert.equal(classifyCredential(secret(token), 'x'), 'refresh_token', token)
  }
})

test('K162 classifyCredential() refuses what was meant to be an API key, without showing it', () => {
  const damaged = [
    'ph0_',
    CANARY.slice(0, -1),
    `${CANARY}A`,
    `${CANARY}=`,
    `"${CANARY}"`,
    `'${CANARY}'`,
    `${CANARY},`,
    `PHYLUM_API_KEY=${CANARY}`,
    `Bearer:${CANARY}`,
    CANARY.replace('ph0_', 'PH0_'),
    `${CANARY.slice(0, 20)}.${CANARY.slice(21)}`,
  ]
  for (const value of damaged) {
    assert.throws(() => classifyCredential(secret(value), 'PHYLUM_API_KEY'), (error) => {
      assert.ok(isPhylumError(error, 'ERR_AUTH_CREDENTIAL'), value)
      assert.equal(findLeak(`${error.message} ${error.stack}`, CANARY), undefined)
      return true
    })
  }
})

test('K162 classifyCredential() takes no JWT for a damaged API key', () => {
  const segment = fc.uint8Array({ minLength: 4, maxLength: 200 })
    .map((bytes) => btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, '_'))
  fc.assert(
    fc.property(fc.tuple(segment, segment, segment), (parts) => {
      assert.equal(classifyCredential(secret(`eyJ${parts.join('.')}`), 'x'), 'refresh_token')
    }),
    { numRuns: 300, seed: 7 },
  )
})

async function resolve(environment: Record<string, string>, credential: string | null) {
  const settings: Settings = {
    ...DEFAULT_SETTINGS,
    credential: credential === null ? null : secret(credential),
  }
  const log = createRecordingLog()
  const resolved = await resolveCredential({
    environment,
    settings,
    settingsFile: FILE,
    keyring: noKeyring,
    log,
  })
  return { resolved, log }
}

test('resolveCredential() prefers PHYLUM_API_KEY to the settings, and says where the credential is from', async () => {
  const fromEnvironment = await resolve({ PHYLUM_API_KEY: CANARY }, STORED)
  assert.ok(fromEnvironment.resolved.secret.equals(secret(CANARY)))
  assert.deepEqual(
    [fromEnvironment.resolved.kind, fromEnvironment.resolved.source],
    ['api_key', 'PHYLUM_API_KEY'],
  )
  assert.deepEqual(fromEnvironment.log.warnings, [])
  const fromSettings = await resolve({}, JWT)
  assert.ok(fromSettings.resolved.secret.equals(secret(JWT)))
  assert.deepEqual([fromSettings.resolved.kind, fromSettings.resolved.source], [
    'refresh_token',
    FILE,
  ])
})

test('A18 resolveCredential() ignores an empty PHYLUM_API_KEY with a warning', async () => {
  const { resolved, log } = await resolve({ PHYLUM_API_KEY: '' }, STORED)
  assert.ok(resolved.secret.equals(secret(STORED)))
  assert.deepEqual(log.warnings, ['PHYLUM_API_KEY is empty and therefore ignored'])
  await assert.rejects(resolve({ PHYLUM_API_KEY: '' }, null), { code: 'ERR_AUTH_REQUIRED' })
  await assert.rejects(resolve({}, null), { code: 'ERR_AUTH_REQUIRED' })
})

test('A6 resolveCredential() refuses a credential that no header can hold, without any byte of it', async () => {
  for (const bad of ['\n', '\r\n', '\0', ' ', '\u2028', 'é', 'x'.repeat(10_000)]) {
    for (const value of [`${CANARY}${bad}`, `${bad}${CANARY}`]) {
      await assert.rejects(resolve({ PHYLUM_API_KEY: value }, STORED), (error) => {
        assert.ok(isPhylumError(error, 'ERR_AUTH_CREDENTIAL'))
        assert.match(error.message, /PHYLUM_API_KEY/)
        assert.equal(findLeak(`${error.message} ${error.hints} ${error.stack}`, CANARY), undefined)
        return true
      })
    }
  }
})

test('A17 resolveCredential() offers at most the prefix for showing', async () => {
  assert.equal((await resolve({ PHYLUM_API_KEY: CANARY }, null)).resolved.prefix, 'ph0_****')
  assert.equal((await resolve({ PHYLUM_API_KEY: JWT }, null)).resolved.prefix, '****')
  const shown = JSON.stringify((await resolve({ PHYLUM_API_KEY: CANARY }, null)).resolved)
  assert.equal(findLeak(shown, CANARY), undefined)
})

const ACCOUNT = 'f3b1c2d4-0000-4000-8000-123456789abc' as KeyringAccount

test('resolveCredential() takes the credential out of the keyring that the settings point to', async () => {
  const keyring = createMemoryKeyring()
  const options = {
    environment: {},
    settings: { ...DEFAULT_SETTINGS, keyring: ACCOUNT },
    settingsFile: FILE,
    keyring,
    log: createRecordingLog(),
  }
  await assert.rejects(resolveCredential(options), (error) => {
    assert.ok(isPhylumError(error, 'ERR_AUTH_KEYRING'))
    assert.match(error.message, /holds none for these settings$/)
    return true
  })
  keyring.entries.set(ACCOUNT, CANARY)
  const resolved = await resolveCredential(options)
  assert.ok(resolved.secret.equals(secret(CANARY)))
  assert.deepEqual([resolved.source, resolved.keyring], [FILE, ACCOUNT])
  keyring.entries.set(ACCOUNT, 'ph0_cut')
  await assert.rejects(resolveCredential(options), { code: 'ERR_AUTH_CREDENTIAL' })
})

test('resolveCredential() waits for a keyring no longer than its limit, and tells no more than it must', async () => {
  const options = {
    environment: {},
    settings: { ...DEFAULT_SETTINGS, keyring: ACCOUNT },
    settingsFile: FILE,
    log: createRecordingLog(),
  }
  const silent = { ...noKeyring, limit: 20, read: () => new Promise<never>(() => {}) }
  await assert.rejects(resolveCredential({ ...options, keyring: silent }), (error) => {
    assert.ok(isPhylumError(error, 'ERR_AUTH_KEYRING'))
    assert.match(error.message, /keyring: it did not answer within 0\.02 seconds$/)
    assert.match(error.hints.join(), /phylum auth login/)
    return true
  })
  const talkative = { ...noKeyring, read: () => Promise.reject(new Error(CANARY)) }
  await assert.rejects(resolveCredential({ ...options, keyring: talkative }), (error) => {
    assert.ok(isPhylumError(error, 'ERR_AUTH_KEYRING'))
    assert.equal(findLeak(`${error.message} ${error.stack} ${error.cause}`, CANARY), undefined)
    return true
  })
  // An environment variable needs no keyring.
  const environment = { PHYLUM_API_KEY: CANARY }
  const resolved = await resolveCredential({ ...options, environment, keyring: silent })
  assert.equal(resolved.source, 'PHYLUM_API_KEY')
})
