import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLogin } from '#auth'
import { parseApiUri, readSettings, updateSettings } from '#config'
import { createCanary } from '../harness/canary.ts'
import { createMemoryKeyring, noKeyring } from '../harness/memory_keyring.ts'
import { createRecordingLog } from '../harness/recording_log.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { secret, withBench } from './fixtures/bench.ts'

const { removeCredential, storeCredential } = await openLogin()

test('storeCredential() forgets what the old credential was exchanged for, and keeps the login of the environment', () =>
  withBench({}, async (bench) => {
    const store = {
      settingsFile: bench.file,
      directory: bench.directory,
      keyring: noKeyring,
      log: bench.log,
    }
    const environment = { PHYLUM_API_KEY: await bench.provider.login() }
    await bench.source().get()
    await bench.source(environment).get()
    const files = async () =>
      (await readdir(bench.directory)).filter((name) => name.startsWith('access-'))
    assert.equal((await files()).length, 2)
    await storeCredential(store, secret(createCanary()), { isKeyring: false })
    assert.equal((await files()).length, 1)
    bench.clock.time += 360_000
    assert.equal(await bench.ask(await bench.source(environment).get()), 200)
    assert.equal(bench.provider.refusals(), 0)
    await removeCredential(store)
    assert.deepEqual(await files(), [])
    assert.equal(await bench.stored(), undefined)
  }))

test('storeCredential() keeps key and API together, and repairs what cannot be read', () =>
  withTemporaryDirectory(async (directory) => {
    const settingsFile = join(directory, 'settings.yaml')
    const log = createRecordingLog()
    const keyring = createMemoryKeyring()
    const store = { settingsFile, directory: join(directory, 'credentials'), keyring, log }
    const apiUri = parseApiUri('https://b.example', 'the test')
    await storeCredential(store, secret('token'), { isKeyring: false, apiUri })
    assert.equal((await readSettings(settingsFile, { log })).apiUri.uri, apiUri)
    await writeFile(
      settingsFile,
      'connection:\n  uri: https://a.example\nauth_info:\n  offline_access: 7\n',
    )
    await storeCredential(store, secret('token'), { isKeyring: true, apiUri })
    const settings = await readSettings(settingsFile, { log })
    assert.equal(settings.apiUri.uri, apiUri)
    assert.equal(keyring.entries.get(settings.keyring!), 'token')

    // Another one takes its place in the keyring, and logout leaves nothing there.
    await storeCredential(store, secret('other'), { isKeyring: true })
    assert.deepEqual([...keyring.entries.values()], ['other'])
    await removeCredential(store)
    assert.equal(keyring.entries.size, 0)
    assert.match(await readFile(settingsFile, 'utf8'), /offline_access: null/)
  }))

test('storeCredential() leaves everything as it was where it fails', () =>
  withTemporaryDirectory(async (directory) => {
    const settingsFile = join(directory, 'settings.yaml')
    const log = createRecordingLog()
    const store = {
      settingsFile,
      directory: join(directory, 'credentials'),
      keyring: noKeyring,
      log,
    }
    await updateSettings(settingsFile, { credential: secret('old') })
    await assert.rejects(storeCredential(store, secret('new'), { isKeyring: true }), {
      code: 'ERR_AUTH_KEYRING',
    })
    assert.equal((await readSettings(settingsFile, { log })).credential?.reveal(), 'old')
    const keyring = createMemoryKeyring()
    await writeFile(settingsFile, 'connection: [')
    await assert.rejects(
      storeCredential({ ...store, keyring }, secret('new'), { isKeyring: true }),
      { code: 'ERR_CONFIG_SYNTAX' },
    )
    assert.equal(keyring.entries.size, 0)
    assert.equal(await readFile(settingsFile, 'utf8'), 'connection: [')
  }))
