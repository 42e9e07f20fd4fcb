import { PhylumError, Secret } from '#base'
import type { Credential, CredentialSource } from '#base'
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { findLeak } from '../harness/canary.ts'
import { parseEndpoint } from '#permissions'
import { withBench } from '../harness/broker.ts'
import type { Answer, Bench } from '../harness/broker.ts'
import { startFakeApi } from '../harness/fake_api.ts'

function codeOf(answer: Answer): string {
  return JSON.parse(answer.body).error.code
}

/** Nothing that a guest was given, and nothing that was logged, holds the credential in any form. */
function assertClean(bench: Bench, ...answers: Answer[]): void {
  for (const answer of answers) {
    assert.equal(
      findLeak(JSON.stringify(answer.headers) + answer.body, bench.canary),
      undefined,
      answer.body,
    )
  }
  assert.equal(findLeak(bench.log.join('\n'), bench.canary), undefined)
}

test(
  'broker attaches the credential, and nothing else that the guest sent in its name',
  withBench(async (bench) => {
    const answer = await bench.ask('/api/v0/echo', {
      method: 'POST',
      body: 'hello',
      headers: {
        'authorization': 'Bearer forged',
        'AUTHORIZATION': 'Bearer forged',
        'cookie': 'a=b',
        'x-forwarded-host': 'evil.example',
        'x-api-key': 'evil',
        'content-type': 'text/plain',
        'phylum-organization': 'other',
      },
    })
    const { headers, raw, body } = JSON.parse(answer.body)
    assert.equal(body, 'hello')
    assert.equal(raw.filter((name: string) => /^authorization$/i.test(name)).length, 1)
    for (
      const name of [
        'cookie',
        'x-forwarded-host',
        'x-api-key',
        'phylum-capability',
        'phylum-organization',
      ]
    ) {
      assert.equal(headers[name], undefined, name)
    }
    assert.equal(headers['content-type'], 'text/plain')
    assert.equal(bench.api.seen[0]?.headers.authorization, `Bearer ${bench.canary}`)
    assertClean(bench, answer)
  }),
)

test(
  'A9 broker redacts the credential in every encoding, header and chunking of an answer',
  withBench(async (bench) => {
    for (
      const path of [
        '/echo',
        '/echo-gzip',
        '/echo-header',
        '/echo-torn',
        '/echo-encoded?as=base64',
        '/echo-encoded?as=base64url',
        '/echo-encoded?as=hex',
        '/echo-encoded?as=latin1',
      ]
    ) {
      const answer = await bench.ask(`/api/v0${path}`)
      assert.equal(answer.status, 200, path)
      assert.match(
        answer.body + JSON.stringify(answer.headers),
        /\*{40}/,
        `${path} had something to redact`,
      )
      assertClean(bench, answer)
    }
  }),
)

test('A9 C44 broker refuses an answer that is packed so that nobody but the extension unpacks it', async () => {
  const pack: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    gzip: gzipSync,
    GZIP: gzipSync,
    br: brotliCompressSync,
    identity: (bytes) => bytes,
    deflate: deflateSync,
    'x-gzip': gzipSync,
    'gzip, gzip': (bytes) => gzipSync(gzipSync(bytes)),
    'gzip, br': (bytes) => brotliCompressSync(gzipSync(bytes)),
    'identity, gzip': gzipSync,
    'gzip;q=1': gzipSync,
    zstd: gzipSync,
    compress: gzipSync,
    other: gzipSync,
  }
  const api = await startFakeApi({
    '/packed': (request, response, url) => {
      const coding = url.searchParams.get('as') ?? ''
      const text = `<<${request.headers.authorization}>>`
      response.setHeader('content-encoding', coding)
      response.end(pack[coding]!(new TextEncoder().encode(text)))
    },
    '/framed': (request, response) => {
      const bytes = gzipSync(`<<${request.headers.authorization}>>`)
      response.socket?.write('HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n')
      response.socket?.write(`${bytes.length.toString(16)}\r\n`)
      response.socket?.write(bytes)
      response.socket?.end('\r\n0\r\n\r\n')
    },
  })
  try {
    await withBench(async (bench) => {
      for (const coding of Object.keys(pack)) {
        const answer = await bench.ask(`/api/v0/packed?as=${encodeURIComponent(coding)}`)
        if (/^(gzip|br|identity)$/i.test(coding)) {
          assert.equal(answer.body, `<<Bearer ${'*'.repeat(47)}>>`, coding)
        } else {assert.deepEqual(
            [answer.status, codeOf(answer)],
            [502, 'ERR_BROKER_RESPONSE'],
            coding,
          )}
        assertClean(bench, answer)
      }
      const framed = await bench.ask('/api/v0/framed')
      assert.deepEqual([framed.status, codeOf(framed)], [502, 'ERR_BROKER_RESPONSE'])
      const head = await bench.ask('/api/v0/packed?as=zstd', { method: 'HEAD' })
      assert.equal(head.status, 200, 'without a body there is nothing to unpack')
    }, () => ({ apiOrigin: api.origin }))()
  } finally {
    await api.stop()
  }
})

test(
  'C44 broker hands on a compressed answer as plain bytes with honest headers',
  withBench(async (bench) => {
    const answer = await bench.ask('/api/v0/echo-gzip')
    assert.equal(answer.headers['content-encoding'], undefined)
    assert.equal(typeof JSON.parse(answer.body).authorization, 'string')
    const head = await bench.ask('/api/v0/groups', { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(head.body, '')
    const none = await bench.ask('/api/v0/status?code=204')
    assert.deepEqual([none.status, none.body], [204, ''])
  }),
)

test(
  'C45 broker keeps cookies and browser orders of the API to itself',
  withBench(async (bench) => {
    const { headers } = await bench.ask('/api/v0/headers')
    for (const name of ['set-cookie', 'alt-svc', 'strict-transport-security', 'www-authenticate']) {
      assert.equal(headers[name], undefined, name)
    }
    assert.equal(headers['x-ratelimit-remaining'], '7')
  }),
)

test(
  'H100 broker answers 401 to a capability that is missing, empty, wrong or one bit off',
  withBench(async (bench) => {
    const flipped = bench.capability.slice(0, -1) +
      String.fromCharCode(bench.capability.charCodeAt(bench.capability.length - 1) ^ 1)
    for (
      const capability of [
        null,
        '',
        'x',
        `${bench.capability}x`,
        bench.capability.slice(1),
        flipped,
      ]
    ) {
      const answer = await bench.ask('/api/v0/groups', { capability })
      assert.equal(answer.status, 401, String(capability))
      assert.equal(answer.headers['connection'], 'close')
    }
    assert.equal(bench.api.seen.length, 0)
    assert.equal((await bench.ask('/api/v0/groups')).status, 200)
  }),
)

test(
  'broker refuses what the manifest does not grant, and says which line would',
  withBench(async (bench) => {
    assert.equal((await bench.ask('/api/v0/groups')).status, 200)
    const answer = await bench.ask('/api/v0/groups/acme', { method: 'DELETE' })
    assert.equal(answer.status, 403)
    assert.equal(answer.headers['phylum-error'], 'ERR_BROKER_DENIED')
    assert.equal(JSON.parse(answer.body).error.grant, '[api] allow = ["DELETE /groups/acme"]')
    assert.equal(bench.api.seen.length, 1)
  }, () => ({ grant: [parseEndpoint('GET /groups')] })),
)

test(
  'A11 broker reaches no token endpoint, key service or discovery outside the API path',
  withBench(async (bench) => {
    for (
      const path of [
        '/oauth/token',
        '/locksmith/v1/tokens',
        '/locksmith/v1/revoke',
        '/.well-known/x',
      ]
    ) {
      const answer = await bench.ask(path, { method: 'POST', body: 'x' })
      assert.equal(answer.status, 400, path)
      assert.equal(codeOf(answer), 'ERR_BROKER_REQUEST')
    }
    assert.equal(bench.api.seen.length, 0)
  }),
)

test('broker asks once for a manifest that does not say what it asks of the API', async () => {
  for (const isAllowed of [true, false]) {
    let asked = 0
    await withBench(async (bench) => {
      const statuses = await Promise.all(
        [1, 2, 3].map(async () => (await bench.ask('/api/v0/groups')).status),
      )
      assert.deepEqual(statuses, Array(3).fill(isAllowed ? 200 : 403))
      assert.equal(asked, 1)
    }, () => ({
      grant: 'ask',
      ask: () => {
        asked += 1
        return Promise.resolve(isAllowed)
      },
    }))()
  }
})

test(
  'C35 C37 broker lets no redirect leave the origin of the API',
  withBench(async (bench) => {
    const evil = await startFakeApi()
    try {
      const port = new URL(bench.api.origin).port
      for (
        const to of [
          `${evil.origin}/api/v0/steal`,
          `//127.0.0.1:${new URL(evil.origin).port}/x`,
          `https://127.0.0.1:${port}/api/v0/groups`,
          `http://user:pass@127.0.0.1:${port}/api/v0/groups`,
          `http://localhost:${port}/api/v0/groups`,
          'file:///etc/passwd',
          'data:text/plain,x',
          'javascript:alert(1)',
          'http://',
        ]
      ) {
        for (const code of [301, 302, 303, 307, 308]) {
          const path = `/api/v0/redirect?code=${code}&to=${encodeURIComponent(to)}`
          const answer = await bench.ask(path, { method: 'POST', body: 'BODYSECRET' })
          assert.equal(answer.status, 502, to)
          assert.equal(codeOf(answer), 'ERR_BROKER_REDIRECT')
          assert.equal(answer.headers['location'], undefined)
        }
      }
      assert.equal(evil.seen.length, 0)
    } finally {
      await evil.stop()
    }
  }),
)

test(
  'C35 broker hands on a redirect that stays below the API, and refuses one that leaves its path',
  withBench(async (bench) => {
    const stays = await bench.ask('/api/v0/redirect?to=' + encodeURIComponent('groups#frag'))
    assert.equal(stays.status, 302)
    assert.equal(stays.headers['location'], `${bench.api.origin}/api/v0/groups`)
    const leaves = await bench.ask(
      '/api/v0/redirect?to=' + encodeURIComponent('/locksmith/v1/tokens'),
    )
    assert.equal(leaves.status, 400)
  }),
)

test(
  'C35 broker tells of another host only where the manifest names it',
  withBench(async (bench) => {
    const to = 'https://files.example/signed?key=1'
    const answer = await bench.ask(`/api/v0/redirect?to=${encodeURIComponent(to)}`)
    assert.equal(answer.headers['location'], to)
    const other = await bench.ask(
      `/api/v0/redirect?to=${encodeURIComponent('https://other.example/')}`,
    )
    assert.equal(other.status, 502)
  }, () => ({ net: ['files.example'] })),
)

test(
  'C36 broker refuses a redirect to a megabyte of text',
  withBench(async (bench) => {
    const answer = await bench.ask(`/api/v0/redirect?to=${'a'.repeat(7000)}`)
    assert.ok(answer.status === 302 || answer.status === 400)
    assert.equal((await bench.ask('/api/v0/groups')).status, 200)
  }),
)

test('C36 C44 broker survives what no API should answer, and the next answer is its own', async () => {
  const more = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nEVIL'
  const answers: Record<string, string> = {
    'a place of a megabyte': `302 Found\r\nlocation: /api/v0/${
      'a'.repeat(2 ** 20)
    }\r\ncontent-length: 0\r\n\r\n`,
    'more than its length': `200 OK\r\ncontent-length: 2\r\n\r\n{}${more}`,
    'two lengths': '200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc',
    'a length and chunks':
      '200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    'a body under 204': `204 No Content\r\ncontent-length: 2\r\n\r\n{}${more}`,
    'a hundred hints': `${
      '103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 '.repeat(100)
    }200 OK\r\ncontent-length: 2\r\n\r\n{}`,
    'a switch of protocols':
      '101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nEVIL',
    'a thousand fields': `200 OK\r\n${'x: y\r\n'.repeat(1_000)}content-length: 2\r\n\r\n{}`,
    'no reason at all': '999\r\n\r\n',
    'another protocol': '200 OK\r\n\0\x01\x02\r\n\r\n',
  }
  let answer = ''
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write(`HTTP/1.1 ${answer}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const apiOrigin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await withBench(async (bench) => {
    for (const [what, text] of Object.entries(answers)) {
      answer = text
      const odd = await bench.ask('/api/v0/x').catch(() => undefined)
      assert.doesNotMatch(odd?.body ?? '', /EVIL/, what)
      if (odd?.status === 200) assert.equal(odd.body, '{}', what)
      answer = '200 OK\r\ncontent-length: 3\r\n\r\nown'
      const next = await bench.ask('/api/v0/x')
      assert.deepEqual([next.status, next.body], [200, 'own'], what)
    }
  }, () => ({ apiOrigin, timeout: 2_000 }))()
  server.close()
})

test(
  'broker names each way in which the API cannot be reached',
  async () => {
    const closed = await startFakeApi()
    await closed.stop()
    for (
      const [apiOrigin, code] of [
        [closed.origin, 'ERR_BROKER_CONNECT'],
        ['http://nowhere.invalid', 'ERR_BROKER_DNS'],
      ] as const
    ) {
      await withBench(async (bench) => {
        const answer = await bench.ask('/api/v0/groups')
        assert.equal(answer.status, 502)
        assert.equal(codeOf(answer), code)
        assertClean(bench, answer)
      }, () => ({ apiOrigin }))()
    }
    await withBench(async (bench) => {
      const garbage = await bench.ask('/api/v0/garbage')
      assert.ok(
        ['ERR_BROKER_RESPONSE', 'ERR_BROKER_CONNECT'].includes(codeOf(garbage)),
        garbage.body,
      )
      const cut = await bench.ask('/api/v0/cut')
      assert.equal(codeOf(cut), 'ERR_BROKER_CONNECT', 'a short answer is no whole one')
      await assert.rejects(bench.ask('/api/v0/cut-chunked'), 'a short answer is no whole one')
      assert.equal((await bench.ask('/api/v0/groups')).status, 200)
    })()
  },
)

test(
  'broker waits for an API only so long, before its answer and within it',
  withBench(async (bench) => {
    const slow = await bench.ask('/api/v0/slow?ms=60000')
    assert.equal(slow.status, 504)
    assert.equal(codeOf(slow), 'ERR_BROKER_TIMEOUT')
    await assert.rejects(bench.ask('/api/v0/stall'))
    assert.equal((await bench.ask('/api/v0/slow?ms=50')).status, 200)
  }, () => ({ timeout: 400 })),
)

test(
  'broker stops the request to the API when the guest goes',
  withBench(async (bench) => {
    for (const path of ['/slow?ms=60000', '/stall', '/download?bytes=1000000000']) {
      const abort = new AbortController()
      const pending = bench.ask(`/api/v0${path}`, { signal: abort.signal })
      await waitFor(() => bench.api.seen.some((each) => each.url.endsWith(path)))
      const gone = bench.api.aborted(`/api/v0${path.split('?')[0]}`)
      abort.abort()
      await assert.rejects(pending)
      await gone
    }
  }),
)

test(
  'A6 broker shows no error text of the platform, which may quote the header',
  withBench(async (bench) => {
    const answer = await bench.ask('/api/v0/groups')
    assert.equal(answer.status, 502)
    assert.equal(codeOf(answer), 'ERR_UNEXPECTED')
    assert.doesNotMatch(answer.body, /quoted/)
  }, () => ({
    credential: {
      get: () => Promise.reject(new Error('Invalid header value: "Bearer quoted"')),
      renew: () => Promise.resolve(undefined),
    },
  })),
)

test('A16 broker tells a guest that there is no credential, and the host why', async () => {
  const missing = new PhylumError('ERR_AUTH_REQUIRED', 'Cannot call the API: no credential', {
    hints: ['set PHYLUM_API_KEY'],
    cause: new Error('inner'),
  })
  await withBench(async (bench) => {
    const answer = await bench.ask('/api/v0/groups')
    assert.deepEqual(JSON.parse(answer.body), {
      error: { code: 'ERR_AUTH_REQUIRED', message: 'Cannot call the API: no credential' },
    })
    assert.equal(bench.broker.credentialError(), missing)
  }, () => ({
    credential: { get: () => Promise.reject(missing), renew: () => Promise.resolve(undefined) },
  }))()
})

/** A source whose first token the API no longer takes. */
function renewable(): CredentialSource & { renewals: number } {
  const make = (value: string): Credential => {
    const bearer = Secret.parse(value, 'test')
    return { bearer, secrets: [bearer, Secret.parse('refresh-token-of-this-test', 'test')] }
  }
  const stale = make('stale-access-token')
  const fresh = make('fresh-access-token')
  return {
    renewals: 0,
    get: () => Promise.resolve(stale),
    renew(rejected) {
      this.renewals += rejected === stale ? 1 : 0
      return Promise.resolve(rejected === stale ? fresh : undefined)
    },
  }
}

test('A8 broker redacts the credential in an error that the API answers with', async () => {
  const api = await startFakeApi({
    '/fails': (request, response, url) => {
      response.statusCode = Number(url.searchParams.get('code'))
      response.end(`Bad header: ${request.headers.authorization}`)
    },
  })
  try {
    await withBench(async (bench) => {
      for (const code of [400, 401, 403, 500, 502]) {
        const answer = await bench.ask(`/api/v0/fails?code=${code}`)
        assert.equal(answer.status, code)
        assert.match(answer.body, /^Bad header: Bearer \*{47}$/)
        assertClean(bench, answer)
      }
    }, () => ({ apiOrigin: api.origin }))()
  } finally {
    await api.stop()
  }
})

test('C49 broker hands on a request to wait, whatever it says, and does not repeat the request', async () => {
  const api = await startFakeApi({
    '/busy': (_, response, url) => {
      response.writeHead(429, { 'retry-after': url.searchParams.get('after') ?? '' })
      response.end()
    },
  })
  try {
    await withBench(async (bench) => {
      for (const after of ['1000000000', '-1', 'Wed, 21 Oct 2026 07:28:00 GMT']) {
        const answer = await bench.ask(`/api/v0/busy?after=${encodeURIComponent(after)}`)
        assert.deepEqual([answer.status, answer.headers['retry-after']], [429, after])
      }
      assert.equal(api.seen.length, 3)
    }, () => ({ apiOrigin: api.origin }))()
  } finally {
    await api.stop()
  }
})

test('broker answers a 401 by one renewal and one retry, body included', async () => {
  const credential = renewable()
  const api = await startFakeApi({
    '/guarded': async (request, response) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of request) chunks.push(chunk as Uint8Array)
      response.statusCode = request.headers.authorization === 'Bearer fresh-access-token'
        ? 200
        : 401
      response.end(Buffer.concat(chunks))
    },
  })
  try {
    await withBench(async (bench) => {
      const answer = await bench.ask('/api/v0/guarded', {
        method: 'POST',
        body: 'once more',
        headers: { 'content-length': '9' },
      })
      assert.deepEqual([answer.status, answer.body], [200, 'once more'])
      assert.equal(credential.renewals, 1)
      assert.equal(api.seen.length, 2)
    }, () => ({ apiOrigin: api.origin, credential }))()
  } finally {
    await api.stop()
  }
})

test(
  'broker hands on a 401 of an API key, which nothing can renew',
  withBench(async (bench) => {
    assert.equal((await bench.ask('/api/v0/status?code=401')).status, 401)
    assert.equal(bench.api.seen.length, 1)
  }),
)

test(
  'C32 broker keeps answers apart when the API answers without reading the body',
  withBench(async (bench) => {
    const bodies = Array.from({ length: 10 }, (_, i) => `BODY-${i}-${'x'.repeat(70_000)}`)
    await Promise.all(bodies.map(async (body) => {
      const path = '/api/v0/redirect?code=307&unread=1&to=groups'
      const answer = await bench.ask(path, { method: 'POST', body }).catch(() => undefined)
      if (answer !== undefined) assert.ok([307, 502].includes(answer.status))
    }))
    for (const seen of bench.api.seen) assert.match(seen.method, /^(GET|POST)$/)
    assert.equal((await bench.ask('/api/v0/groups')).body, '{"groups":[]}')
  }),
)

async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2))
}
