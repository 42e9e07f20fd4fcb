import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAccount } from '#server'
import { createIdentity } from '../../src/server/identity/create_identity.ts'
import { openDatabase } from '../../src/server/store/open_database.ts'
import { createStore } from '../../src/server/store.ts'
import {
  askGroups,
  codeForm,
  discover,
  discoverKeys,
  exchange,
  logIn,
  post,
} from '../harness/identity.ts'
import { FORMS, outcomeOf, withHome } from '../harness/phylum.ts'
import { createRecordingLog } from '../harness/recording_log.ts'

for (const form of FORMS) {
  test(
    `${form}: programs log in at \`phylum server start\`, also after \`server rotate-keys\``,
    { timeout: 120_000 },
    withHome(async (home) => {
      const file = join(home.path, 'work/server.sqlite')
      const database = ['--database', file]
      const child = home.start(form, ['server', 'start', '--port', '0', ...database])
      const outcome = outcomeOf(child, 100_000)
      const url = await new Promise<string>((resolve, reject) => {
        let text = ''
        child.stderr?.on('data', (chunk) => {
          const found = /^Listening on (\S+),/m.exec(text += chunk)
          if (found?.[1] !== undefined) resolve(found[1])
        })
        child.once('close', () => reject(new Error(`the server ended: ${text}`)))
      })

      // The part of the web pages is played by this process, on the same database.
      const pages = await openDatabase(file)
      const clock = { now: () => Date.now() }
      const log = createRecordingLog()
      const origin = () => new URL(url)
      const secrets: string[] = []
      try {
        const person = {
          identity: createIdentity({ database: pages, clock, log, origin }),
          user: await createAccount(createStore(pages, { clock }), {
            email: 'ann@example.org',
            name: 'Ann',
          }),
        }
        for (let round = 0; round < 2; round++) {
          const tokens = await exchange(await logIn(person, await discover(url)))
          assert.equal(await askGroups(url, tokens.access_token), 200)
          const keys = await discoverKeys(url)
          const endpoint = keys.serverMetadata().token_endpoint ?? ''
          const { body } = await post(endpoint, codeForm(await logIn(person, keys)))
          assert.equal(await askGroups(url, body['token'] ?? ''), 200)
          secrets.push(tokens.access_token, tokens.refresh_token ?? '', body['token'] ?? '')

          const rotated = await home.phylum(form, ['server', 'rotate-keys', ...database])
          assert.deepEqual([rotated.code, rotated.stdout], [0, ''], rotated.stderr)
        }
      } finally {
        await pages.close()
        child.kill('SIGTERM')
      }
      const { code, stdout, stderr } = await outcome
      assert.equal(code, 0, stderr)
      // The key of the first account, what the server says of itself, and nothing that a library has to say.
      assert.match(stdout, /^ph0_[\w-]{43}\n$/)
      assert.deepEqual(
        stderr.trim().split('\n').map((line) => line.trim().split(' ').slice(0, 2).join(' ')),
        ['Made the', 'Use it', 'export PHYLUM_API_URI=' + url, 'Listening on', 'Stopping'],
      )
      for (const secret of secrets) home.assertNoLeak(secret, stdout, stderr)
    }),
  )
}

test(
  'phylum server start takes an address of its own that begins with https, or is on this machine',
  withHome(async (home) => {
    const start = async (url: string) =>
      await home.phylum(FORMS[0] ?? 'bun', ['server', 'start', '--port', '0', '--url', url])
    const wrong = ['', 'phylum.example.org', 'ftp://a', 'https://a/b', 'https://u@a', 'http://a?b']
    for (const url of wrong) {
      const { code, stderr } = await start(url)
      assert.equal(code, 2, stderr)
      assert.match(stderr, /Option --url is/)
      assert.equal(stderr.includes('    at '), false)
    }
    const { code, stderr } = await start('http://phylum.example.org')
    assert.equal(code, 2)
    assert.match(stderr, /it must begin with https/)
  }),
)

test(
  'phylum server rotate-keys makes no database where there is none',
  withHome(async (home) => {
    const { code, stderr } = await home.phylum(FORMS[0] ?? 'bun', ['server', 'rotate-keys'])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^error\[ERR_SERVER_DATABASE\]: Cannot rotate keys in ".*": there is no such file\n/,
    )
  }),
)
