/**
 * What an extension is given for an access token, in the hands of everybody who could want it. With the real one in its place, each
 * of these gets at the API; that is shown first.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { createCanary, findLeak } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import type { FakeApi } from '../harness/fake_api.ts'
import { RUNTIMES, withHome } from '../harness/phylum.ts'

/** An API that lets in who has the credential, and repeats to everybody what they have sent. */
function startGuardedApi(canary: string): Promise<FakeApi> {
  return startFakeApi({
    '/guarded': async (request, response, url) => {
      const isIn = request.headers.authorization === `Bearer ${canary}`
      let body = ''
      for await (const chunk of request) body += chunk
      response.writeHead(isIn ? 200 : 401).end(
        JSON.stringify({ isIn, headers: request.headers, query: url.search, body }),
      )
    },
  })
}

/** Asks the API with a token, as whoever has got hold of it would. */
async function use(token: string, api: FakeApi): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${api.origin}/api/v0/guarded`, { headers })
  await response.body?.cancel()
  return response.status
}

/** Shows its token in every way there is but the one; each is told with the status it gave, or the error. */
const CODE = `
  const [kept] = process.argv.slice(2)
  const token = await Phylum.getAccessToken()
  const api = await Phylum.apiBaseUrl() + '/v0/guarded'
  const attempts = {
    right: [api, { headers: { Authorization: 'Bearer ' + token } }],
    right_body: [api, { method: 'POST', body: token, headers: { authorization: 'bearer ' + token, 'x-copy': token } }],
    other_host: [OTHER + '/api/v0/x', { headers: { authorization: 'Bearer ' + token } }],
    query: [api + '?access_token=' + token, {}],
    path: [api.replace('guarded', token), {}],
    body: [api, { method: 'POST', body: 'access_token=' + token }],
    custom: [api, { headers: { 'x-authorization': 'Bearer ' + token, 'x-api-key': token, cookie: 'token=' + token } }],
    basic: [api, { headers: { authorization: 'Basic ' + btoa('x:' + token) } }],
    bare: [api, { headers: { authorization: token } }],
    upper: [api, { headers: { authorization: 'Bearer ' + token.toUpperCase() } }],
    cut: [api, { headers: { authorization: 'Bearer ' + token.slice(0, -1) } }],
    longer: [api, { headers: { authorization: 'Bearer ' + token + 'A' } }],
    twice: [api, { headers: [['authorization', 'Bearer ' + token], ['authorization', 'Bearer ' + token]] }],
    kept: [api, { headers: { authorization: 'Bearer ' + (kept ?? 'none') } }],
  }
  const told = { token }
  for (const [name, [url, init]] of Object.entries(attempts)) {
    try { const response = await fetch(url, init); told[name] = response.status; told.seen = (told.seen ?? '') + await response.text() }
    catch (error) { told[name] = error.message }
  }
  console.log(JSON.stringify(told))`

const OF_ANOTHER_RUN = 'Cannot send the request: its access token is that of another run'

for (const engine of ['deno', 'bun']) {
  test(
    `an access token in an extension's hands is worth nothing anywhere else, in ${engine}`,
    withHome(async (home) => {
      const canary = createCanary()
      const [api, other] = await Promise.all([startGuardedApi(canary), startFakeApi()])
      try {
        assert.equal(await use(canary, api), 200, 'the real one is worth something to anybody')
        const hosts = [api, other].map(({ origin }) => new URL(origin).host)
        home.extension('sample', {
          'PhylumExt.toml':
            `name = "sample"\ndescription = "x"\nengine = "${engine}"\n[api]\nallow = ["* /guarded"]\n[permissions]\nnet = ${
              JSON.stringify(hosts)
            }\n`,
          'main.ts': CODE.replaceAll('OTHER', JSON.stringify(other.origin)),
        })
        const start = async (...args: string[]) => {
          const outcome = await home.phylum(
            RUNTIMES[0]!,
            ['ext', 'run', '-y', './sample', ...args],
            {
              environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin },
            },
          )
          assert.equal(outcome.code, 0, outcome.stderr)
          home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
          return JSON.parse(outcome.stdout)
        }
        const { token, seen: _, ...told } = await start()
        assert.doesNotMatch(token, /ph0_/)
        assert.equal(findLeak(token, canary), undefined)
        assert.deepEqual(told, {
          right: 200,
          right_body: 200,
          other_host: 200,
          query: 401,
          path: 200,
          body: 401,
          custom: 401,
          basic: 401,
          bare: 401,
          upper: 401,
          cut: OF_ANOTHER_RUN,
          longer: OF_ANOTHER_RUN,
          twice: 401,
          kept: 401,
        })
        const carried = api.seen.filter(({ headers }) =>
          headers.authorization === `Bearer ${canary}`
        )
        // The test's own, and the two that are right.
        assert.deepEqual(carried.map(({ method }) => method), ['GET', 'GET', 'POST'])
        assert.equal(findLeak(JSON.stringify(other.seen), canary), undefined)
        assert.equal(other.seen[0]?.headers.authorization, `Bearer ${token}`, 'it did arrive')
        assert.equal(await use(token, api), 401, 'whoever has got it has got nothing')
        // The next run has one of its own.
        const next = await start(token)
        assert.notEqual(next.token, token)
        assert.equal(next.kept, OF_ANOTHER_RUN)
      } finally {
        await Promise.all([api.stop(), other.stop()])
      }
    }),
  )
}

test(
  'an access token of one run is worth nothing to another that runs at the same time',
  withHome(async (home) => {
    const canary = createCanary()
    const api = await startGuardedApi(canary)
    const environment = { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin }
    try {
      home.extension('giver', {
        'PhylumExt.toml': 'name = "giver"\ndescription = "x"\n[api]\nallow = true\n',
        'main.ts':
          `console.log(await Phylum.getAccessToken())\nfor await (const _ of Deno.stdin.readable) { /* it lives on */ }
          console.log((await fetch(await Phylum.apiBaseUrl() + '/v0/guarded', { headers: { authorization: 'Bearer ' + await Phylum.getAccessToken() } })).status)`,
      })
      home.extension('taker', {
        'PhylumExt.toml': 'name = "taker"\ndescription = "x"\n[api]\nallow = true\n',
        'main.ts':
          `try { await fetch(await Phylum.apiBaseUrl() + '/v0/guarded', { headers: { authorization: 'Bearer ' + Deno.args[0] } }) }
          catch ({ message }) { console.log(message) }`,
      })
      const giver = home.start(RUNTIMES[0]!, ['ext', 'run', '-y', './giver'], { environment })
      let given = ''
      giver.stdout!.setEncoding('utf8').on('data', (chunk) => given += chunk)
      while (!given.includes('\n')) await once(giver.stdout!, 'data')
      const token = given.trim()
      const taker = await home.phylum(RUNTIMES[0]!, ['ext', 'run', '-y', './taker', token], {
        environment,
      })
      assert.deepEqual([taker.code, taker.stdout], [0, `${OF_ANOTHER_RUN}\n`], taker.stderr)
      assert.equal(api.seen.length, 0)
      giver.stdin!.end()
      await once(giver, 'close')
      assert.equal(given, `${token}\n200\n`, 'to its own run it still is')
      home.assertNoLeak(canary, given, taker.stderr)
    } finally {
      await api.stop()
    }
  }),
)
