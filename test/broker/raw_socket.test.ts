import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { withBench } from '../harness/broker.ts'
import type { Bench } from '../harness/broker.ts'
import { brokerSocket } from '../fuzz/broker_socket.ts'
import { fuzzTest } from '../fuzz/target.ts'

/** Bytes as no honest guest sends them. `CAP` stands for the run's capability: the attacker is the extension itself. */
const HEAD = 'Host: 127.255.255.254:6\r\nphylum-capability: CAP\r\n'

const REFUSED: [string, string][] = [
  [
    'C26 content-length and transfer-encoding',
    `POST /api/v0/x HTTP/1.1\r\n${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'C26 transfer-encoding and content-length',
    `POST /api/v0/x HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
  ],
  [
    'C26 two lengths',
    `POST /api/v0/x HTTP/1.1\r\n${HEAD}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
  ],
  ['C26 signed length', `POST /api/v0/x HTTP/1.1\r\n${HEAD}Content-Length: +4\r\n\r\nabcd`],
  [
    'C26 overflowing length',
    `POST /api/v0/x HTTP/1.1\r\n${HEAD}Content-Length: 18446744073709551620\r\n\r\nabcd`,
  ],
  [
    'C26 unknown coding',
    `POST /api/v0/x HTTP/1.1\r\n${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'C26 chunked not last',
    `POST /api/v0/x HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  ],
  [
    'C26 a coding under chunked',
    `POST /api/v0/x HTTP/1.1\r\n${HEAD}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'C26 no coding, and a length',
    `POST /api/v0/x HTTP/1.1\r\n${HEAD}Transfer-Encoding:\r\nContent-Length: 4\r\n\r\nabcd`,
  ],
  ['C27 no version', `GET /api/v0/groups\r\n${HEAD}\r\n`],
  ['C27 bare line feeds', `GET /api/v0/groups HTTP/1.1\n${HEAD.replaceAll('\r', '')}\n`],
  ['C27 folded header', `GET /api/v0/groups HTTP/1.1\r\n${HEAD}X: a\r\n b\r\n\r\n`],
  ['C27 space before the colon', `GET /api/v0/groups HTTP/1.1\r\n${HEAD}Accept : a\r\n\r\n`],
  ['C27 NUL in a header', `GET /api/v0/groups HTTP/1.1\r\n${HEAD}X: a\0b\r\n\r\n`],
  ['C27 lower-case method', `get /api/v0/groups HTTP/1.1\r\n${HEAD}\r\n`],
  ['C27 no Host', 'GET /api/v0/groups HTTP/1.1\r\nphylum-capability: CAP\r\n\r\n'],
  ['C27 two Hosts', `GET /api/v0/groups HTTP/1.1\r\n${HEAD}Host: evil.example\r\n\r\n`],
  [
    'C27 two equal Hosts',
    `GET /api/v0/groups HTTP/1.1\r\n${HEAD}Host: 127.255.255.254:6\r\n\r\n`,
  ],
  [
    'C27 another Host',
    'GET /api/v0/groups HTTP/1.1\r\nHost: evil.example\r\nphylum-capability: CAP\r\n\r\n',
  ],
  [
    'C28 absolute form',
    `GET http://evil.example/api/v0/groups HTTP/1.1\r\nHost: evil.example\r\nphylum-capability: CAP\r\n\r\n`,
  ],
  ['C28 authority in the path', `GET //evil.example/api/v0/groups HTTP/1.1\r\n${HEAD}\r\n`],
  ['C28 backslash', `GET /\\evil.example/api/v0/groups HTTP/1.1\r\n${HEAD}\r\n`],
  ['C28 tab in the target', `GET \t//evil.example HTTP/1.1\r\n${HEAD}\r\n`],
  [
    'C28 user in Host',
    'GET /api/v0/groups HTTP/1.1\r\nHost: 127.255.255.254:6@evil.example\r\nphylum-capability: CAP\r\n\r\n',
  ],
  [
    'C33 a control character in a header that is sent on',
    `GET /api/v0/x HTTP/1.1\r\n${HEAD}Accept: a\x7f\r\n\r\n`,
  ],
  ['C29 leaving the prefix', `GET /api/../admin HTTP/1.1\r\n${HEAD}\r\n`],
  ['C29 encoded dots', `GET /api/%2e%2e/admin HTTP/1.1\r\n${HEAD}\r\n`],
  ['C30 CONNECT', `CONNECT evil.example:443 HTTP/1.1\r\n${HEAD}\r\n`],
  ['C30 TRACE', `TRACE /api/v0/groups HTTP/1.1\r\n${HEAD}\r\n`],
  ['C30 OPTIONS *', `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`],
  ['C30 HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['C30 unknown method', `BREW /api/v0/groups HTTP/1.1\r\n${HEAD}\r\n`],
  [
    'A10 TRACE with Max-Forwards',
    `TRACE /api/v0/groups HTTP/1.1\r\n${HEAD}Max-Forwards: 1\r\n\r\n`,
  ],
  [
    'C31 a request behind one without Host',
    `GET /api/v0/x HTTP/1.1\r\nphylum-capability: CAP\r\n\r\nGET /api/v0/x HTTP/1.1\r\n${HEAD}\r\n`,
  ],
  [
    'C31 a request behind one that nobody can meet',
    `GET /admin HTTP/1.1\r\n${HEAD}Expect: x\r\n\r\nGET /api/v0/x HTTP/1.1\r\n${HEAD}\r\n`,
  ],
  [
    'C31 a request behind one that is not below the API',
    `GET /admin HTTP/1.1\r\n${HEAD}\r\nGET /api/v0/x HTTP/1.1\r\n${HEAD}\r\n`,
  ],
  ['H100 no capability', 'GET /api/v0/groups HTTP/1.1\r\nHost: 127.255.255.254:6\r\n\r\n'],
  ['not HTTP at all', 'hello\r\n\r\n'],
]

function fill(bench: Bench, bytes: string): string {
  return bytes.replaceAll('CAP', bench.capability)
}

for (const [name, bytes] of REFUSED) {
  test(
    `broker refuses on the raw socket: ${name}`,
    withBench(async (bench) => {
      const { text, isClosed } = await bench.raw(fill(bench, bytes))
      assert.ok(!text.startsWith('HTTP/1.1 2'), text)
      assert.ok(text === '' || /^HTTP\/1\.[01] (400|401|403|405|431|501|505)/.test(text), text)
      assert.ok(isClosed, 'the connection is closed')
      assert.equal(bench.api.seen.length, 0, 'nothing reached the API')
    }),
  )
}

test(
  'broker answers the same socket when the bytes are right',
  withBench(async (bench) => {
    const { text } = await bench.raw(
      fill(bench, `GET /api/v0/groups HTTP/1.1\r\n${HEAD}\r\n`),
      /groups/,
    )
    assert.match(text, /^HTTP\/1\.1 200/)
    assert.equal(bench.api.seen.length, 1)
  }),
)

test(
  'C30 broker takes a request to switch protocols for an ordinary one, or refuses it',
  withBench(async (bench) => {
    const upgrade =
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket, h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n'
    const { text } = await bench.raw(
      fill(bench, `GET /api/v0/groups HTTP/1.1\r\n${HEAD}${upgrade}\r\n`),
      /groups/,
    )
    assert.doesNotMatch(text, /^HTTP\/1\.1 101/)
    for (const seen of bench.api.seen) assert.equal(seen.headers['upgrade'], undefined)
  }),
)

test(
  'C31 broker parses no request out of the body of one it refused',
  withBench(async (bench) => {
    const smuggled = fill(bench, `GET /api/v0/groups HTTP/1.1\r\n${HEAD}\r\n`)
    const outer =
      `POST /api/v0/x HTTP/1.1\r\nHost: 127.255.255.254:6\r\nContent-Length: ${smuggled.length}\r\n\r\n`
    const { text, isClosed } = await bench.raw(outer + smuggled)
    assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, text)
    assert.match(text, /^HTTP\/1\.1 401/)
    assert.ok(isClosed)
    assert.equal(bench.api.seen.length, 0)
  }),
)

test(
  'C34 broker takes no header from a trailer',
  withBench(async (bench) => {
    const bytes =
      `POST /api/v0/echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n` +
      '4\r\nabcd\r\n0\r\nAuthorization: Bearer evil\r\nX-Api-Key: evil\r\n\r\n'
    const { text } = await bench.raw(fill(bench, bytes), /body|HTTP\/1.1 4/)
    assert.doesNotMatch(text, /evil/)
    for (const seen of bench.api.seen) {
      assert.equal(seen.headers['authorization'], `Bearer ${bench.canary}`)
      assert.equal(seen.rawHeaders.filter((name) => /^authorization$/i.test(name)).length, 1)
    }
  }),
)

test(
  'C48 broker survives a body in ten thousand chunks of one byte, with extensions',
  withBench(async (bench) => {
    const bytes = `POST /api/v0/upload HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n` +
      '1;x=y\r\na\r\n'.repeat(10_000) + '0\r\n\r\n'
    const { text } = await bench.raw(fill(bench, bytes), /"bytes"|HTTP\/1.1 4/)
    if (text.startsWith('HTTP/1.1 200')) assert.match(text, /"bytes":10000/)
    else assert.match(text, /^HTTP\/1\.1 4/)
  }),
)

test(
  'H99 broker survives two hundred connections that say nothing, half close, or reset',
  withBench(async (bench) => {
    const clients = Array.from({ length: 200 }, (_, i) => {
      const client = connect(bench.socket)
      client.on('error', () => {})
      client.on('connect', () => {
        if (i % 3 === 0) client.end()
        if (i % 3 === 1) client.write('GET /api/v0/gro', () => client.destroy())
      })
      return client
    })
    assert.equal((await bench.ask('/api/v0/groups')).status, 200)
    for (const client of clients) client.destroy()
    assert.equal((await bench.ask('/api/v0/groups')).status, 200)
  }),
)

fuzzTest(brokerSocket, 400)
