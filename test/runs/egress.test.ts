import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { RUNTIMES, withHome } from '../harness/phylum.ts'

const manifest = (engine: string, net: readonly string[]) =>
  `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = true\n[permissions]\nnet = ${
    JSON.stringify(net)
  }\n`

for (const form of RUNTIMES) {
  for (const engine of ['deno', 'bun'] as const) {
    test(
      `fetch() reaches the hosts of the manifest as the web's own does, in ${engine} [${form}]`,
      withHome(async (home) => {
        const canary = createCanary()
        const [api, other] = await Promise.all([startFakeApi(), startFakeApi()])
        const { port } = new URL(other.origin)
        home.extension('sample', {
          'PhylumExt.toml': manifest(engine, [`127.0.0.1:${port}`, `localhost:${port}`]),
          'main.ts': `import { api } from 'phylum'
            const o = '${other.origin}'
            const told = {}
            told.get = (await (await fetch(o + '/x?y=1', { headers: { 'x-mine': '1' } })).json())
            told.form = (await (await fetch(new Request(o + '/f', { method: 'POST', body: new URLSearchParams({ a: 'b' }) }))).json())
            const parts = new ReadableStream({ start(c) { for (let i = 0; i < 5; i++) c.enqueue(new Uint8Array(100000)); c.close() } })
            told.upload = (await (await fetch(o + '/upload', { method: 'POST', duplex: 'half', body: parts })).json()).bytes
            told.download = (await (await fetch(o + '/download?bytes=20000000')).arrayBuffer()).byteLength
            told.gzip = typeof (await (await fetch(o + '/echo-gzip')).json())
            const moved = await fetch(o + '/redirect?to=http://localhost:${port}/moved', { headers: { 'x-api-key': 'own', accept: 'text/x' } })
            told.moved = [moved.url, moved.redirected, (await moved.json()).headers]
            told.status = (await fetch(o + '/status?code=503')).status
            told.many = (await Promise.all(Array.from({ length: 32 }, async () => (await (await fetch(o + '/slow?ms=20')).json()).slow))).filter(Boolean).length
            told.data = await (await fetch('data:,here')).text()
            told.api = (await (await api.fetch('/groups')).json()).groups.length
            const away = await api.fetch('/redirect?to=' + encodeURIComponent(o + '/away'))
            told.away = (await away.json()).headers.authorization ?? 'none'
            try { await fetch(o + '/slow?ms=60000', { signal: AbortSignal.timeout(20) }) } catch (error) { told.abort = error.name }
            try { await fetch('http://localhost:1/') } catch (error) { told.foreign = [error.name, error.message] }
            console.log(JSON.stringify(told))`,
        })
        const outcome = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
          environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin },
        })
        await Promise.all([api.stop(), other.stop()])
        assert.equal(outcome.code, 0, outcome.stderr)
        const { get, form: sent, moved, ...told } = JSON.parse(outcome.stdout)
        assert.deepEqual([get.url, get.headers['x-mine']], ['/x?y=1', '1'])
        assert.equal(get.headers.host, `127.0.0.1:${port}`)
        assert.equal(sent.body, 'a=b')
        assert.match(sent.headers['content-type'], /^application\/x-www-form-urlencoded/)
        assert.deepEqual(moved.slice(0, 2), [`http://localhost:${port}/moved`, true])
        assert.equal(moved[2]['x-api-key'], undefined, 'F22 it was for the first host alone')
        assert.equal(moved[2].accept, 'text/x')
        assert.deepEqual(told, {
          upload: 500_000,
          download: 20_000_000,
          gzip: 'object',
          status: 503,
          many: 32,
          data: 'here',
          api: 0,
          away: 'none',
          abort: 'TimeoutError',
          foreign: ['NotCapable', 'Requires net access to "localhost:1"'],
        })
        assert.ok(!JSON.stringify(other.seen).includes(canary), 'no credential went along')
        home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
      }),
    )

    test(
      `a host that is not granted reads as the engine says it, with the manifest line, in ${engine} [${form}]`,
      withHome(async (home) => {
        const environment = { PHYLUM_API_URI: 'http://127.0.0.1:9' }
        home.extension('sample', {
          'PhylumExt.toml': manifest(engine, ['example.com:443', 'localhost']),
          'main.ts':
            `export default async () => {\n  await fetch(globalThis.url ?? 'https://other.example/x')\n}`,
        })
        const host = await home.phylum(form, ['ext', 'run', '-y', './sample'], { environment })
        assert.equal(host.code, 16)
        assert.match(
          host.stderr,
          /NotCapable in extension "sample": Requires net access to "other\.example:443"\n/,
        )
        assert.match(host.stderr, /main\.ts:2:\d+/)
        assert.match(host.stderr, /hint: .*\[permissions\] net = \["other\.example:443"\]/)
        home.extension('sample', {
          'PhylumExt.toml': manifest(engine, ['nowhere.invalid', 'localhost']),
          'main.ts':
            `for (const url of ['http://nowhere.invalid/', 'http://localhost:1/', 'not a url', 'http://a:b@localhost/']) {
            try { await fetch(url) } catch (error) { console.log(error instanceof TypeError, error.code ?? '') }
          }`,
        })
        const others = await home.phylum(form, ['ext', 'run', '-y', './sample'], { environment })
        assert.match(
          others.stdout,
          /^true ERR_BROKER_DNS\ntrue ERR_BROKER_CONNECT\ntrue .*\ntrue .*\n$/,
          others.stderr,
        )
      }),
    )
  }
}
