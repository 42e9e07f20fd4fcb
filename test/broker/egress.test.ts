import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { startBench } from '../harness/broker.ts'
import type { Answer, AskOptions, Bench } from '../harness/broker.ts'
import { runChild } from '../harness/child.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import type { FakeApi } from '../harness/fake_api.ts'
import type { BrokerOptions } from '#broker'

/** A broker, and a host beside the API. */
interface Trial extends Bench {
  other: FakeApi
  port: string
  /** Sends a request for a URL, as the guest's `fetch` does. */
  visit(url: string, options?: AskOptions): Promise<Answer>
  /** What was looked up. */
  asked: string[]
}

/** Runs a test with a manifest's `net` and name servers of its own; `PORT` stands for the other host's port. */
function withHost(
  net: true | readonly string[],
  names: Record<string, readonly string[] | (() => readonly string[])>,
  body: (trial: Trial) => Promise<void>,
  options: Partial<BrokerOptions> = {},
): () => Promise<void> {
  return async () => {
    const other = await startFakeApi()
    const { port } = new URL(other.origin)
    const asked: string[] = []
    const bench = await startBench({
      net: net === true ? true : net.map((each) => each.replace('PORT', port)),
      lookUp(host) {
        asked.push(host)
        const found = names[host]
        if (found === undefined) {
          return Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
        }
        return Promise.resolve(typeof found === 'function' ? found() : found)
      },
      ...options,
    })
    try {
      await body({
        ...bench,
        other,
        port,
        asked,
        visit: (url, { headers, ...rest } = {}) =>
          bench.ask('/egress', {
            ...rest,
            headers: { ...headers, 'phylum-destination': url.replace('PORT', port) },
          }),
      })
    } finally {
      await bench.stop()
      await other.stop()
    }
  }
}

function code(answer: Answer): unknown {
  return answer.headers['phylum-error']
}

test(
  'egress sends to a granted host, by its name, what the guest sends, and no credential',
  withHost(
    ['files.example:PORT', '127.0.0.1'],
    { 'files.example': ['127.0.0.1'] },
    async (trial) => {
      const answer = await trial.visit('http://files.example:PORT/a/../b%2Fc?x=1', {
        method: 'POST',
        headers: {
          'x-mine': 'yes',
          'authorization': 'Basic own',
          'connection': 'x-mine-too',
          'x-mine-too': '1',
          'proxy-authorization': 'x',
          te: 'trailers',
        },
        body: 'hello',
      })
      assert.equal(code(answer), 'ERR_BROKER_REQUEST', 'it is not as the guest writes a URL')
      const sent = await trial.visit('http://files.example:PORT/b%2Fc?x=1', {
        method: 'POST',
        headers: {
          'x-mine': 'yes',
          'authorization': 'Basic own',
          'proxy-authorization': 'x',
          te: 'trailers',
        },
        body: 'hello',
      })
      assert.equal(sent.status, 200, sent.body)
      const [seen] = trial.other.seen
      assert.deepEqual([seen?.method, seen?.url, seen?.body], ['POST', '/b%2Fc?x=1', 'hello'])
      assert.equal(seen?.headers['host'], `files.example:${trial.port}`)
      assert.equal(seen?.headers['authorization'], 'Basic own')
      assert.equal(seen?.headers['x-mine'], 'yes')
      for (const name of Object.keys(seen?.headers ?? {})) {
        assert.doesNotMatch(name, /^phylum-|^proxy-|^te$/)
      }
      assert.ok(!JSON.stringify(trial.other.seen).includes(trial.canary))
      assert.ok(!JSON.stringify(trial.other.seen).includes(trial.capability))
      assert.equal(trial.api.seen.length, 0)
      assert.deepEqual(trial.asked, ['files.example'])
    },
  ),
)

/** Where a name must not lead. */
const INSIDE = [
  '127.0.0.1',
  '127.1.2.3',
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  '10.0.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '0.0.0.0',
  '255.255.255.255',
  '224.0.0.1',
  '::1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
]

for (const net of [true, ['evil.example', '*.evil.example']] as const) {
  test(
    `C38 egress refuses a name that leads inside, under net = ${JSON.stringify(net)}`,
    withHost(net, {}, async (trial) => {
      for (const address of INSIDE) {
        for (
          const addresses of [[address], ['93.184.215.14', address], [address, '2606:4700::1']]
        ) {
          const bench = await startBench({ net, lookUp: () => Promise.resolve(addresses) })
          const answer = await bench.ask('/egress', {
            headers: { 'phylum-destination': `http://evil.example:${trial.port}/` },
          })
          assert.equal(answer.status, 403)
          assert.equal(code(answer), 'ERR_BROKER_ADDRESS', address)
          assert.match(answer.body, /Requires net access to/)
          await bench.stop()
        }
      }
      assert.equal(trial.other.seen.length, 0)
    }),
  )
}

test(
  'C38 egress reaches an address inside that the manifest names: the attack, permitted',
  withHost(['evil.example', '127.0.0.1:PORT'], { 'evil.example': ['127.0.0.1'] }, async (trial) => {
    const answer = await trial.visit('http://evil.example:PORT/groups')
    assert.equal(answer.status, 200, answer.body)
    assert.equal(trial.other.seen.length, 1)
  }),
)

test(
  'C38 egress believes the first answer of a name server and asks for no second one',
  withHost(['rebind.example', '127.0.0.1:PORT'], {
    // The first leads where the manifest allows, every later one to a host that does not answer here.
    'rebind.example': (() => {
      let times = 0
      return () => times++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']
    })(),
  }, async (trial) => {
    const first = await trial.visit('http://rebind.example:PORT/groups')
    assert.equal(first.status, 200, 'connected to what was looked at')
    assert.deepEqual(trial.asked, ['rebind.example'])
    const second = await trial.visit('http://rebind.example:PORT/groups')
    assert.equal(code(second), 'ERR_BROKER_ADDRESS', 'and looked at anew')
    assert.equal(trial.other.seen.length, 1)
  }),
)

test(
  'C39 egress refuses hosts in other spellings, and what is no URL of the web',
  withHost(['127.0.0.1', 'example.com', '[::1]'], {}, async (trial) => {
    for (
      const url of [
        'http://2130706433:PORT/',
        'http://0x7f.1:PORT/',
        'http://017700000001:PORT/',
        'http://127.1:PORT/',
        'http://LOCALHOST:PORT/',
        'http://[0:0::1]:PORT/',
        'http://[::ffff:127.0.0.1]:PORT/',
        'http://[fe80::1%25eth0]:PORT/',
        'http://evil.com%00.example.com/',
        'http://evil.com%2eexample.com/',
        'http://example.com@127.0.0.1:PORT/',
        'http://user:x@127.0.0.1:PORT/',
        'http://127.0.0.1:PORT/#x',
        'http://127.0.0.1:PORT',
        '//127.0.0.1/',
        '/groups',
        'file:///etc/passwd',
        'ftp://example.com/',
        'ws://example.com/',
        'unix:/run/docker.sock',
        'http+unix://x/',
        'http:127.0.0.1',
        `http://127.0.0.1:PORT/${'a'.repeat(8200)}`,
      ]
    ) {
      const answer = await trial.visit(url)
      assert.match(String(code(answer)), /^ERR_BROKER_(REQUEST|HOST)$/, url.slice(0, 80))
    }
    assert.equal(code(await trial.visit('')), 'ERR_BROKER_REQUEST')
    assert.deepEqual([trial.other.seen.length, trial.asked], [0, []], 'nothing was looked up')
    assert.equal((await trial.visit('http://127.0.0.1:PORT/groups')).status, 200)
  }),
)

test(
  'C39 egress takes a final dot for the same name',
  withHost(['localhost:PORT'], { localhost: ['127.0.0.1'] }, async (trial) => {
    assert.equal((await trial.visit('http://localhost.:PORT/groups')).status, 200)
    assert.deepEqual(trial.asked, ['localhost'])
  }),
)

test(
  'C40 egress takes true subdomains alone for a wildcard',
  withHost(
    ['*.phylum.example', '127.0.0.1'],
    { 'a.phylum.example': ['127.0.0.1'] },
    async (trial) => {
      for (const host of ['phylum.example', 'xphylum.example', 'a.phylum.example.evil.example']) {
        const answer = await trial.visit(`http://${host}:PORT/`)
        assert.equal(code(answer), 'ERR_BROKER_HOST', host)
        assert.match(answer.body, new RegExp(`Requires net access to \\\\"${host}:`))
      }
      assert.deepEqual(trial.asked, [], 'G89 no name server hears of a name that was not granted')
      assert.equal((await trial.visit('http://a.phylum.example:PORT/groups')).status, 200)
    },
  ),
)

test(
  'C41 egress holds to the port',
  withHost(['127.0.0.1:443', 'localhost:PORT'], { localhost: ['127.0.0.1'] }, async (trial) => {
    for (const url of ['http://127.0.0.1:PORT/', 'http://127.0.0.1:22/', 'http://127.0.0.1/']) {
      assert.equal(code(await trial.visit(url)), 'ERR_BROKER_HOST', url)
    }
    for (
      const url of ['http://127.0.0.1:0/', 'http://127.0.0.1:65536/', 'http://127.0.0.1:443:80/']
    ) {
      assert.match(String(code(await trial.visit(url))), /^ERR_BROKER_(REQUEST|HOST)$/, url)
    }
    assert.equal((await trial.visit('http://localhost:PORT/groups')).status, 200)
  }),
)

test(
  'C43 C46 egress wants the capability, and a method of a client',
  withHost(['127.0.0.1'], {}, async (trial) => {
    for (const capability of [null, '', 'x', `${trial.capability}x`]) {
      assert.equal((await trial.visit('http://127.0.0.1:PORT/', { capability })).status, 401)
    }
    for (const method of ['TRACE', 'BREW']) {
      const answer = await trial.visit('http://127.0.0.1:PORT/', { method }).catch(() => undefined)
      assert.ok(answer === undefined || answer.status === 405 || answer.status === 400, method)
    }
    assert.equal(trial.other.seen.length, 0)
    assert.equal((await trial.visit('http://127.0.0.1:PORT/', { method: 'OPTIONS' })).status, 200)
  }),
)

test(
  'egress follows no redirect itself, and passes answers on as they are',
  withHost(['127.0.0.1'], {}, async (trial) => {
    const redirect = await trial.visit('http://127.0.0.1:PORT/redirect?to=http://10.0.0.1/')
    assert.deepEqual([redirect.status, redirect.headers['location']], [302, 'http://10.0.0.1/'])
    const headers = await trial.visit('http://127.0.0.1:PORT/headers')
    assert.deepEqual(headers.headers['set-cookie'], ['session=1'])
    assert.equal(headers.headers['x-ratelimit-remaining'], '7')
    const packed = await trial.visit('http://127.0.0.1:PORT/echo-gzip')
    assert.equal(packed.headers['content-encoding'], 'gzip')
    const head = await trial.visit('http://127.0.0.1:PORT/groups', { method: 'HEAD' })
    assert.deepEqual([head.status, head.body], [200, ''])
    for (const status of [204, 304, 404, 500]) {
      assert.equal(
        (await trial.visit(`http://127.0.0.1:PORT/status?code=${status}`)).status,
        status,
      )
    }
    const long = await trial.visit('http://127.0.0.1:PORT/download?bytes=3000000&chunked')
    assert.equal(Buffer.byteLength(long.body), 3_000_000)
  }),
)

test(
  'egress tells apart a name without address, a closed port, a foreign protocol and silence',
  withHost(
    ['nowhere.example', '127.0.0.1', 'localhost'],
    { localhost: ['127.0.0.1'] },
    async (trial) => {
      const expected = [
        ['http://nowhere.example/', 'ERR_BROKER_DNS'],
        ['http://127.0.0.1:1/', 'ERR_BROKER_CONNECT'],
        ['https://127.0.0.1:PORT/', 'ERR_BROKER_TLS'],
        ['http://127.0.0.1:PORT/garbage', 'ERR_BROKER_RESPONSE'],
        ['http://127.0.0.1:PORT/slow?ms=60000', 'ERR_BROKER_TIMEOUT'],
      ] as const
      for (const [url, wanted] of expected) {
        const answer = await trial.visit(url)
        assert.equal(code(answer), wanted, url)
        assert.match(answer.body, /the host/)
      }
      await assert.rejects(trial.visit('http://127.0.0.1:PORT/stall'), 'it stops in the middle')
      await assert.rejects(trial.visit('http://127.0.0.1:PORT/cut'))
      await assert.rejects(trial.visit('http://127.0.0.1:PORT/cut-chunked'))
    },
    { timeout: 300 },
  ),
)

test(
  'egress gives up with its guest',
  withHost(['127.0.0.1'], {}, async (trial) => {
    const { signal, abort } = ((controller) => ({
      signal: controller.signal,
      abort: () => controller.abort(),
    }))(new AbortController())
    const asking = trial.visit('http://127.0.0.1:PORT/slow?ms=60000', { signal })
    asking.catch(() => {})
    while (trial.other.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
    abort()
    await trial.other.aborted('/slow')
    await assert.rejects(asking)
  }),
)

test(
  'egress carries 32 requests at once',
  withHost(['127.0.0.1'], {}, async (trial) => {
    const answers = await Promise.all(
      Array.from({ length: 32 }, () => trial.visit('http://127.0.0.1:PORT/slow?ms=20')),
    )
    assert.ok(answers.every(({ status }) => status === 200))
  }),
)

test(
  'C38 egress refuses the addresses that this machine has itself, loopback and others',
  withHost(true, {}, async (trial) => {
    const own = Object.values(networkInterfaces()).flat().map((each) => each!.address)
    for (const address of own.filter((each) => !each.includes('%'))) {
      const host = address.includes(':') ? new URL(`http://[${address}]`).hostname : address
      const answer = await trial.visit(`http://${host}:PORT/`)
      assert.equal(code(answer), 'ERR_BROKER_ADDRESS', address)
    }
    assert.equal(trial.other.seen.length, 0)
  }),
)

test(
  'egress reaches an address of version 6 that is named',
  withHost(['[::1]', 'six.example'], { 'six.example': ['::1'] }, async (trial) => {
    const server = createServer((request, response) => response.end(request.headers.host))
    server.listen(0, '::1')
    const isThere = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ])
    // Not every machine has version 6.
    if (!isThere) return
    const { port } = server.address() as { port: number }
    for (const host of ['[::1]', 'six.example']) {
      const answer = await trial.visit(`http://${host}:${port}/`)
      assert.deepEqual([answer.status, answer.body], [200, `${host}:${port}`])
    }
    server.close()
  }),
)

test('C38 egress tells no proxy of the environment a name to look up', async () => {
  const [host, proxy] = await Promise.all([startFakeApi(), startFakeApi()])
  const { port } = new URL(host.origin)
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']
  const { stdout, stderr } = await runChild(
    new URL('./fixtures/visit.ts', import.meta.url),
    [port],
    {
      environment: {
        ...Object.fromEntries(names.map((name) => [name, proxy.origin])),
        NODE_USE_ENV_PROXY: '1',
        NO_PROXY: '',
        DENO_NO_UPDATE_CHECK: '1',
      },
    },
  )
  await Promise.all([host.stop(), proxy.stop()])
  assert.match(stdout, /^HTTP\/1.1 200 .*named\.example/, stderr)
  assert.deepEqual([host.seen.length, proxy.seen.length], [1, 0])
})
