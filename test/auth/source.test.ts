import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isPhylumError } from '#base'
import { createCredentialSource, resolveCredential } from '#auth'
import { DEFAULT_SETTINGS, parseApiUri, readSettings, updateSettings } from '#config'
import { createCanary } from '../harness/canary.ts'
import { startProvider } from '../harness/oidc_provider.ts'
import { noKeyring } from '../harness/memory_keyring.ts'
import { createRecordingLog } from '../harness/recording_log.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { secret, withBench } from './fixtures/bench.ts'

test('createCredentialSource() asks nobody until the credential is needed', () =>
  withBench({}, ({ provider, source }) => {
    source()
    assert.deepEqual(provider.seen, [])
    return Promise.resolve()
  }))

test('get() hands out an API key as it is, and renew() has nothing better', () =>
  withBench({}, async ({ provider, source }) => {
    const key = createCanary()
    const credentials = source({ PHYLUM_API_KEY: key })
    const credential = await credentials.get()
    assert.equal(credential.bearer.reveal(), key)
    assert.equal(await credentials.get(), credential)
    assert.equal(await credentials.renew(credential), undefined)
    assert.deepEqual(provider.seen, [])
  }))

test('get() exchanges a stored refresh token once, and stores its successor before the access token is used', () =>
  withBench({}, async (bench) => {
    const credentials = bench.source()
    const credential = await credentials.get()
    const stored = await bench.stored()
    assert.notEqual(stored, bench.provider.refreshToken)
    assert.deepEqual(
      credential.secrets.map((each) => each.reveal()),
      [credential.bearer.reveal(), bench.provider.refreshToken, stored],
    )
    assert.equal(await bench.ask(credential), 200)
    assert.equal(await credentials.get(), credential)
    assert.equal(bench.provider.exchanges(), 1)
    // The next run uses the same access token; one that cannot see it begins with the stored successor.
    assert.ok((await bench.source().get()).bearer.equals(credential.bearer))
    assert.equal(bench.provider.exchanges(), 1)
    assert.equal(await bench.ask(await bench.source({}, { directory: undefined }).get()), 200)
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [2, 0])
    assert.deepEqual(bench.log.warnings, [])
  }))

test('get() leaves the settings alone where the refresh token stays the same', () =>
  withBench({ isRotating: false }, async (bench) => {
    const before = await readFile(bench.file, 'utf8')
    const credential = await bench.source().get()
    assert.equal(await bench.ask(credential), 200)
    assert.equal(credential.secrets.length, 2)
    assert.equal(await readFile(bench.file, 'utf8'), before)
  }))

test('J145 get() keeps the successor of a refresh token from the environment out of the settings', () =>
  withBench({}, async (bench) => {
    const token = await bench.provider.login()
    const before = await readFile(bench.file, 'utf8')
    const credentials = bench.source({ PHYLUM_API_KEY: token })
    const first = await credentials.get()
    assert.match(
      bench.log.warnings.join(),
      /^The login service replaced the refresh token in PHYLUM_API_KEY/,
    )
    bench.provider.revokeAccessTokens()
    // The successor is in memory: the spent token is not shown twice.
    const second = await credentials.renew(first)
    assert.equal(await bench.ask(second), 200)
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [2, 0])
    assert.equal(await readFile(bench.file, 'utf8'), before)
  }))

test('K160 renew() serves 100 requests whose token ended in the middle with one exchange', () =>
  withBench({}, async (bench) => {
    const credentials = bench.source()
    const request = async () => {
      const credential = await credentials.get()
      const status = await bench.ask(credential)
      return status === 401 ? await bench.ask(await credentials.renew(credential)) : status
    }
    const before = Array.from({ length: 50 }, request)
    assert.deepEqual(new Set(await Promise.all(before)), new Set([200]))
    assert.equal(bench.provider.exchanges(), 1)
    bench.provider.revokeAccessTokens()
    const after = Array.from({ length: 100 }, request)
    assert.deepEqual(new Set(await Promise.all(after)), new Set([200]))
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [2, 0])
  }))

test('K160 renew() makes one exchange of many calls at the same moment', () =>
  withBench({}, async (bench) => {
    const credentials = bench.source()
    const first = await credentials.get()
    const renewed = await Promise.all(Array.from({ length: 20 }, () => credentials.renew(first)))
    assert.equal(new Set(renewed).size, 1)
    assert.notEqual(renewed[0], first)
    assert.equal(bench.provider.exchanges(), 2)
  }))

test('K160 renew() hands out the newer credential to a late 401', () =>
  withBench({}, async (bench) => {
    const credentials = bench.source()
    const first = await credentials.get()
    bench.provider.revokeAccessTokens()
    const second = await credentials.renew(first)
    assert.notEqual(second, first)
    assert.equal(await credentials.renew(first), second)
    assert.equal(await credentials.get(), second)
    assert.equal(bench.provider.exchanges(), 2)
  }))

test('K155 renew() does not loop on an API that rejects every token, and tries again later', () =>
  withBench({}, async (bench) => {
    const credentials = bench.source()
    const first = await credentials.get()
    const second = await credentials.renew(first)
    assert.ok(second !== undefined)
    for (let round = 0; round < 5; round++) assert.equal(await credentials.renew(second), undefined)
    assert.equal(bench.provider.exchanges(), 2)
    bench.clock.time += 5_000
    assert.notEqual(await credentials.renew(second), undefined)
    assert.equal(bench.provider.exchanges(), 3)
  }))

test('K155 get() replaces an access token before it ends, by its lifetime and not by the clock of the service', () =>
  withBench({ accessTokenLifetime: 360 }, async (bench) => {
    // A day behind the service.
    bench.clock.time = Date.now() - 86_400_000
    const credentials = bench.source()
    const first = await credentials.get()
    bench.clock.time += 329_000
    assert.equal(await credentials.get(), first)
    bench.clock.time += 1_000
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials.get()))
    assert.equal(new Set(all).size, 1)
    assert.notEqual(all[0], first)
    assert.equal(bench.provider.exchanges(), 2)
  }))

test('K155 get() keeps a token of a short life for half of it', () =>
  withBench({ accessTokenLifetime: 2 }, async (bench) => {
    const credentials = bench.source()
    const first = await credentials.get()
    bench.clock.time += 999
    assert.equal(await credentials.get(), first)
    bench.clock.time += 1
    assert.notEqual(await credentials.get(), first)
  }))

test('get() says that the login is over, and asks the service only once', () =>
  withBench({}, async (bench) => {
    bench.provider.revokeRefreshTokens()
    const credentials = bench.source()
    const answers = await Promise.allSettled([credentials.get(), credentials.get()])
    for (const answer of answers) {
      assert.ok(answer.status === 'rejected' && isPhylumError(answer.reason, 'ERR_AUTH_FAILED'))
    }
    await assert.rejects(credentials.get(), { code: 'ERR_AUTH_FAILED' })
    assert.equal(bench.provider.refusals(), 1)
    // The refused token stays where it is: only the user removes it. A new login is taken up at once.
    assert.equal(await bench.stored(), bench.provider.refreshToken)
    await updateSettings(bench.file, { credential: secret(await bench.provider.login()) })
    assert.equal(await bench.ask(await credentials.get()), 200)
  }))

test('get() tries again after a service that could not be reached', () =>
  withBench({}, async (bench) => {
    let isDown = true
    const credentials = createCredentialSource({
      resolve: async () =>
        resolveCredential({
          environment: {},
          settings: await readSettings(bench.file, bench),
          settingsFile: bench.file,
          keyring: noKeyring,
          log: bench.log,
        }),
      apiUri: parseApiUri(bench.provider.uri, 'the test'),
      settingsFile: bench.file,
      directory: undefined,
      keyring: noKeyring,
      fetch: (input, init) => isDown ? Promise.reject(new TypeError('down')) : fetch(input, init),
      clock: bench.clock,
      log: bench.log,
    })
    await assert.rejects(credentials.get(), { code: 'ERR_AUTH_EXCHANGE' })
    isDown = false
    assert.equal(await bench.ask(await credentials.get()), 200)
  }))

test('K161 get() does not overwrite a credential that was stored during the exchange', () =>
  withBench({}, async (bench) => {
    const key = createCanary()
    const credentials = createCredentialSource({
      resolve: async () =>
        resolveCredential({
          environment: {},
          settings: await readSettings(bench.file, bench),
          settingsFile: bench.file,
          keyring: noKeyring,
          log: bench.log,
        }),
      apiUri: parseApiUri(bench.provider.uri, 'the test'),
      settingsFile: bench.file,
      directory: undefined,
      keyring: noKeyring,
      // `phylum auth set-token` in another terminal, between the answer and the storing.
      async fetch(input, init) {
        const response = await fetch(input, init)
        if (init?.method === 'POST') await updateSettings(bench.file, { credential: secret(key) })
        return response
      },
      clock: bench.clock,
      log: bench.log,
    })
    const credential = await credentials.get()
    assert.equal(await bench.ask(credential), 200)
    assert.equal(await bench.stored(), key)
    // From the next exchange on, the run uses what the user stored.
    assert.equal((await credentials.renew(credential))?.bearer.reveal(), key)
  }))

test('K163 get() exchanges no token that was stored for another API', () =>
  withBench({}, async (bench) => {
    const credentials = bench.source()
    const first = await credentials.get()
    await updateSettings(bench.file, { apiUri: parseApiUri('https://b.example', 'the test') })
    const settled = createCredentialSource({
      resolve: () =>
        resolveCredential({
          environment: {},
          settings: {
            ...DEFAULT_SETTINGS,
            apiUri: { uri: parseApiUri(bench.provider.uri, 'x'), source: 'x' },
            credential: secret('stale'),
          },
          settingsFile: bench.file,
          keyring: noKeyring,
          log: bench.log,
        }),
      apiUri: parseApiUri(bench.provider.uri, 'the test'),
      settingsFile: bench.file,
      directory: undefined,
      keyring: noKeyring,
      fetch: globalThis.fetch,
      clock: bench.clock,
      log: bench.log,
    })
    await assert.rejects(settled.get(), { code: 'ERR_AUTH_REQUIRED' })
    assert.equal(bench.provider.exchanges(), 1)
    assert.equal(await credentials.get(), first)
  }))

test('K163 two sources for two APIs share nothing', () =>
  withBench({}, (one) =>
    withBench({}, async (other) => {
      const [a, b] = [await one.source().get(), await other.source().get()]
      assert.ok(!a.bearer.equals(b.bearer))
      assert.deepEqual([await one.ask(a), await other.ask(b)], [200, 200])
      assert.deepEqual([await one.ask(b), await other.ask(a)], [401, 401])
    })))

test('K158 get() warns before it spends a token whose successor cannot be stored, and lives on in memory', async (t) => {
  await withTemporaryDirectory(async (directory) => {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', directory])
    if (mount.status !== 0) return t.skip('mounting a small file system is not allowed here')
    const provider = await startProvider()
    try {
      const file = join(directory, 'settings.yaml')
      const log = createRecordingLog()
      const apiUri = parseApiUri(provider.uri, 'the test')
      await updateSettings(file, { apiUri, credential: secret(provider.refreshToken) })
      spawnSync('mount', ['-o', 'remount,ro', directory])
      const credentials = createCredentialSource({
        resolve: async () =>
          resolveCredential({
            environment: {},
            settings: await readSettings(file, { log }),
            settingsFile: file,
            keyring: noKeyring,
            log,
          }),
        apiUri,
        settingsFile: file,
        directory: undefined,
        keyring: noKeyring,
        fetch(input, init) {
          if (init?.method === 'POST') assert.match(log.warnings.join(), /cannot be stored here/)
          return fetch(input, init)
        },
        clock: { now: () => 0 },
        log,
      })
      const first = await credentials.get()
      provider.revokeAccessTokens()
      assert.notEqual(await credentials.renew(first), undefined)
      assert.deepEqual([provider.exchanges(), provider.refusals()], [2, 0])
    } finally {
      await provider.stop()
      spawnSync('umount', [directory])
    }
  })
})

test('K156 without a lock and a place to keep tokens the provider sees one token again and again, so the test above can fail', () =>
  withBench({}, async (bench) => {
    const sources = Array.from(
      { length: 5 },
      () => bench.source({ PHYLUM_API_KEY: bench.provider.refreshToken }, { directory: undefined }),
    )
    await Promise.allSettled(sources.map((source) => source.get()))
    assert.deepEqual(bench.provider.shown, Array(5).fill(bench.provider.refreshToken))
  }))

test('J143 get() with a key from the environment reads and writes no settings', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await writeFile(file, '\0 malformed')
    const key = createCanary()
    const log = createRecordingLog()
    const credentials = createCredentialSource({
      resolve: () =>
        resolveCredential({
          environment: { PHYLUM_API_KEY: key },
          settings: DEFAULT_SETTINGS,
          settingsFile: file,
          keyring: noKeyring,
          log,
        }),
      apiUri: parseApiUri('https://api.example', 'the test'),
      settingsFile: file,
      directory: undefined,
      keyring: noKeyring,
      fetch: () => Promise.reject(new Error('nobody is to be asked')),
      clock: { now: () => 0 },
      log,
    })
    assert.equal((await credentials.get()).bearer.reveal(), key)
    assert.equal(await readFile(file, 'utf8'), '\0 malformed')
  }))
