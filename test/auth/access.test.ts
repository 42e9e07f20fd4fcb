import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isPhylumError } from '#base'
import { openExchange } from '#auth'
import { type KeyringAccount, parseApiUri, updateSettings } from '#config'
import { createCanary } from '../harness/canary.ts'
import { runChild } from '../harness/child.ts'
import { createMemoryKeyring } from '../harness/memory_keyring.ts'
import type { TestProviderOptions } from '../harness/oidc_provider.ts'
import { type Bench, secret, withBench } from './fixtures/bench.ts'

const { bindingOf, clearCache, readCache } = await openExchange()

// Starts many processes, on a machine that may be busy with others.
const PATIENT = { timeout: 110_000 }
const RUN = new URL('./fixtures/run.ts', import.meta.url)

async function cacheFiles(bench: Bench): Promise<string[]> {
  const names = await readdir(bench.directory).catch(() => [])
  return names.filter((name) => name.startsWith('access-')).map((name) =>
    join(bench.directory, name)
  )
}

test('get() uses the access token of an earlier run until shortly before it ends', () =>
  withBench({ accessTokenLifetime: 360 }, async (bench) => {
    const first = await bench.source().get()
    for (const passed of [0, 200_000, 129_000]) {
      bench.clock.time += passed
      assert.ok((await bench.source().get()).bearer.equals(first.bearer))
    }
    assert.equal(bench.provider.exchanges(), 1)
    bench.clock.time += 2_000
    const second = await bench.source().get()
    assert.ok(!second.bearer.equals(first.bearer))
    assert.equal(await bench.ask(second), 200)
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [2, 0])
    // One file, whatever the number of rotations; for its owner alone.
    const [file, ...more] = await cacheFiles(bench)
    assert.deepEqual(more, [])
    assert.equal((await stat(file!)).mode & 0o777, 0o600)
    assert.equal((await stat(bench.directory)).mode & 0o777, 0o700)
  }))

test("K159 a 401 on another run's access token leads to one exchange, and to the newer one of a third run", () =>
  withBench({}, async (bench) => {
    const first = await bench.source().get()
    const [one, other] = [bench.source(), bench.source()]
    assert.ok((await one.get()).bearer.equals(first.bearer))
    assert.ok((await other.get()).bearer.equals(first.bearer))
    bench.provider.revokeAccessTokens()
    const renewed = await one.renew(await one.get())
    assert.equal(await bench.ask(renewed), 200)
    assert.ok((await other.renew(await other.get()))?.bearer.equals(renewed!.bearer))
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [2, 0])
  }))

test('K163 an access token is kept for one refresh token and one API', () =>
  withBench({}, async (bench) => {
    await bench.source().get()
    const stored = secret((await bench.stored())!)
    const here = parseApiUri(bench.provider.uri, 'the test')
    const find = (token: string, apiUri = here) =>
      readCache(bench.directory, bindingOf(secret(token), apiUri), bench.clock)
    assert.ok(await find(stored.reveal()))
    assert.equal(await find('another'), undefined)
    const elsewhere = parseApiUri('https://b.example', 'the test')
    assert.equal(await find(stored.reveal(), elsewhere), undefined)
    // Under the name of another binding it is not believed either.
    const other = bindingOf(stored, elsewhere)
    const [file] = await cacheFiles(bench)
    await rename(file!, join(bench.directory, `access-${other.slice(0, 32)}.json`))
    assert.equal(await find(stored.reveal(), elsewhere), undefined)
  }))

test('a broken, exposed or foreign cache is no cache, and no error', () =>
  withBench({}, async (bench) => {
    const harms: ((file: string) => Promise<unknown>)[] = [
      (file) => writeFile(file, ''),
      (file) => writeFile(file, '\0\u0001{'),
      (file) => writeFile(file, '{"version":1'),
      (file) => writeFile(file, 'null'),
      (file) => writeFile(file, '[]'),
      (file) => writeFile(file, 'x'.repeat(100_000)),
      async (file) => await writeFile(file, (await readFile(file, 'utf8')).replace('1', '2')),
      async (file) =>
        await writeFile(file, (await readFile(file, 'utf8')).replace(/"access_token":"/, '$&\\n')),
      (file) => chmod(file, 0o644),
      async (file) => {
        await rename(file, `${file}.moved`)
        await symlink(`${file}.moved`, file)
      },
      async (file) => {
        await rename(file, `${file}.moved`)
        await mkdir(file)
      },
    ]
    for (const [index, harm] of harms.entries()) {
      await clearCache(bench.directory)
      await bench.source().get()
      const before = bench.provider.exchanges()
      const [file] = (await cacheFiles(bench)).filter((each) => each.endsWith('.json'))
      await harm(file!)
      assert.equal(await bench.ask(await bench.source().get()), 200, `harm ${index}`)
      assert.equal(bench.provider.exchanges(), before + 1, `harm ${index}`)
    }
    assert.equal(bench.provider.refusals(), 0)
    // A directory that others may enter holds nothing that is believed, and is given nothing.
    await chmod(bench.directory, 0o755)
    await bench.source().get()
    const before = bench.provider.exchanges()
    await bench.source().get()
    assert.equal(bench.provider.exchanges(), before + 1)
  }))

test('K155 a clock that was set back does not make an old access token look fresh', () =>
  withBench({}, async (bench) => {
    await bench.source().get()
    bench.clock.time -= 60_000
    await bench.source().get()
    assert.equal(bench.provider.exchanges(), 1)
    bench.clock.time -= 86_400_000
    await bench.source().get()
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [2, 0])
  }))

test('J145 a rotated refresh token from the environment lives on in the cache, and the settings stay as they are', () =>
  withBench({ accessTokenLifetime: 360 }, async (bench) => {
    const environment = { PHYLUM_API_KEY: await bench.provider.login() }
    const before = await readFile(bench.file, 'utf8')
    await bench.source(environment).get()
    assert.match(
      bench.log.warnings.join(),
      /^The login service replaced the refresh token in PHYLUM_API_KEY; the new one is kept/,
    )
    // The variable holds the spent token for ever; shown once more, it would end the login.
    for (let run = 0; run < 3; run++) {
      bench.clock.time += 360_000
      assert.equal(await bench.ask(await bench.source(environment).get()), 200)
    }
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [4, 0])
    assert.equal(bench.log.warnings.length, 1)
    assert.equal(await readFile(bench.file, 'utf8'), before)
    assert.equal((await cacheFiles(bench)).length, 1)
    // The clock set back, or the access token unknown, is no reason to forget what took its place.
    bench.clock.time -= 86_400_000
    assert.equal(await bench.ask(await bench.source(environment).get()), 200)
    assert.equal(bench.provider.refusals(), 0)
    // The same token in the settings finds its successor too.
    await updateSettings(bench.file, { credential: secret(environment.PHYLUM_API_KEY) })
    bench.clock.time += 360_000
    assert.equal(await bench.ask(await bench.source().get()), 200)
    bench.clock.time += 360_000
    assert.equal(await bench.ask(await bench.source(environment).get()), 200)
    assert.equal(bench.provider.refusals(), 0)
  }))

test('a rotated refresh token in the keyring is replaced there, and the reference stays', () =>
  withBench({}, async (bench) => {
    const keyring = createMemoryKeyring()
    const account = 'f3b1c2d4-0000-4000-8000-123456789abc' as KeyringAccount
    keyring.entries.set(account, bench.provider.refreshToken)
    await updateSettings(bench.file, { credential: { keyring: account } })
    const before = await readFile(bench.file, 'utf8')
    const first = await bench.source({}, { keyring }).get()
    assert.notEqual(keyring.entries.get(account), bench.provider.refreshToken)
    assert.ok((await bench.source({}, { keyring }).get()).bearer.equals(first.bearer))
    bench.clock.time += 360_000
    assert.equal(await bench.ask(await bench.source({}, { keyring }).get()), 200)
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [2, 0])
    assert.equal(await readFile(bench.file, 'utf8'), before)
    // A keyring that refuses: the login lives on in the cache.
    const shut = { ...keyring, write: () => Promise.reject(new Error('locked')) }
    for (let run = 0; run < 3; run++) {
      bench.clock.time += 360_000
      assert.equal(await bench.ask(await bench.source({}, { keyring: shut }).get()), 200)
    }
    assert.match(bench.log.warnings.join(), /and storing it failed: Cannot store the credential/)
    assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [5, 0])
  }))

test('K159 get() takes up a newer token that another machine has stored while this one was refused', () =>
  withBench({}, async (bench) => {
    const fresh = await bench.provider.login()
    const spent = (await bench.stored())!
    // The other machine uses the token, and its answer reaches the shared settings after we have read them.
    await bench.source({ PHYLUM_API_KEY: spent }, { directory: undefined }).get()
    const credentials = bench.source({}, {
      async fetch(input, init) {
        const response = await fetch(input, init)
        if (init?.method === 'POST') {
          await updateSettings(
            bench.file,
            (now) => now.credential?.reveal() === spent ? { credential: secret(fresh) } : undefined,
          )
        }
        return response
      },
    })
    assert.equal(await bench.ask(await credentials.get()), 200)
    assert.equal(bench.provider.refusals(), 1)
  }))

for (const place of ['settings', 'environment'] as const) {
  test(
    `K156 get() in 12 processes at once makes one exchange of a refresh token in the ${place}`,
    PATIENT,
    () =>
      withBench({}, async (bench) => {
        const key = place === 'environment' ? await bench.provider.login() : ''
        const environment = { PHYLUM_API_KEY: key }
        for (let round = 1; round <= 2; round++) {
          const runs = Array.from(
            { length: 12 },
            () => runChild(RUN, [bench.file, bench.provider.uri, bench.directory], { environment }),
          )
          for (const run of await Promise.all(runs)) assert.equal(run.stdout, '200\n', run.stderr)
          assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [round, 0])
          // As if the access token had ended.
          for (const file of await cacheFiles(bench)) {
            const text = await readFile(file, 'utf8')
            await writeFile(file, text.replace(/"stale_at":\d+/, '"stale_at":0'))
          }
        }
        assert.equal(new Set(bench.provider.shown).size, 2)
      }),
  )
}

test('K157 a login that was lost says so to everybody, and leaves the stored token alone', () =>
  withBench({}, async (bench) => {
    // The winner was killed between the provider's answer and the writing: its token is spent, and the new one is nowhere.
    const spent = (await bench.stored())!
    await bench.source({ PHYLUM_API_KEY: spent }, { directory: undefined }).get()
    const answers = await Promise.allSettled([1, 2, 3].map(() => bench.source().get()))
    for (const answer of answers) {
      assert.ok(answer.status === 'rejected' && isPhylumError(answer.reason, 'ERR_AUTH_FAILED'))
      assert.match(answer.reason.hints.join(), /phylum auth login/)
    }
    assert.equal(await bench.stored(), spent)
    await updateSettings(bench.file, { credential: secret(createCanary()) })
    assert.equal((await bench.source().get()).secrets.length, 1)
  }))

for (
  const options of [
    { path: '/realms/phylum', algorithm: 'RS256' },
    { path: '/a/b', algorithm: 'ES256' },
  ] satisfies TestProviderOptions[]
) {
  test(`K154 K155 another provider, its keys rotated in between, and a clock two minutes off ${JSON.stringify(options)}`, () =>
    withBench(options, async (bench) => {
      for (const offset of [-120_000, 120_000]) {
        bench.clock.time = Date.now() + offset
        const credentials = bench.source({}, { directory: `${bench.directory}${offset}` })
        const first = await credentials.get()
        assert.equal(await bench.ask(first), 200)
        await bench.provider.rotateKeys()
        bench.provider.revokeAccessTokens()
        assert.equal(await bench.ask(await credentials.renew(first)), 200)
      }
      assert.deepEqual([bench.provider.exchanges(), bench.provider.refusals()], [4, 0])
    }))
}
