import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard } from '../../src/server/guard.ts'
import { withApi } from '../harness/api.ts'

/** Asks a guard about a request with the given `Host` header, or with none. */
function judge(host: string | undefined, url = 'http://localhost/', names: string[] = []): number {
  const request = {
    url,
    headers: { get: () => host ?? null },
  } as unknown as Request
  try {
    createGuard(names)(request)
    return 200
  } catch (error) {
    return (error as { status: number }).status
  }
}

test('O210 assertHost() lets loopback names in, with any port', () => {
  for (
    const host of [
      'localhost',
      'LocalHost:4000',
      '127.0.0.1',
      '127.0.0.1:65535',
      '[::1]',
      '[::1]:80',
    ]
  ) {
    assert.equal(judge(host), 200, host)
  }
  assert.equal(judge(undefined), 200)
})

test('O210 assertHost() refuses every other name, however much it looks like one of ours', () => {
  for (
    const host of [
      'evil.example',
      'localhost.evil.example',
      'evil-localhost',
      '127.0.0.1.evil.example',
      '127.0.0.1, evil.example',
      'evil.example, 127.0.0.1',
      'localhost@evil.example',
      'evil.example@localhost',
      'localhost:80@evil.example',
      'localhost/evil',
      'localhost:',
      'localhost:port',
      'localhost.',
      ' localhost',
      '::1',
      '0.0.0.0',
      '2130706433',
      '[::ffff:127.0.0.1]',
      '',
    ]
  ) assert.equal(judge(host), 421, JSON.stringify(host))
})

test('O210 assertHost() refuses a foreign name in an absolute URL, whatever the header says', () => {
  for (
    const url of [
      'http://evil.example/',
      'http://localhost@evil.example/',
      'http://a@localhost/',
      '/x',
    ]
  ) {
    assert.equal(judge('localhost', url), 421, url)
    assert.equal(judge(undefined, url), 421, url)
  }
  assert.equal(judge('localhost', 'http://127.0.0.1:4000/'), 200)
})

test('O210 assertHost() lets in the names that the server was told, and those alone', () => {
  const names = ['API.example.org', '192.0.2.7', '2001:DB8::1']
  assert.equal(judge('api.example.org:443', 'http://api.example.org/', names), 200)
  assert.equal(judge('192.0.2.7', 'http://192.0.2.7/', names), 200)
  assert.equal(judge('[2001:db8::1]:80', 'http://[2001:db8::1]/', names), 200)
  assert.equal(judge('www.example.org', 'http://api.example.org/', names), 421)
})

test(
  'O210 the app answers a foreign host with 421 and says nothing else',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    const headers = { authorization: `Bearer ${key}` }
    const foreign = await api.app(new Request('http://evil.example/api/v0/groups', { headers }))
    assert.equal(foreign.status, 421)
    assert.deepEqual(await foreign.json(), {
      error: {
        error_id: 'ERR_SERVER_REQUEST',
        description: 'Cannot serve the request: its host is not a name of this server',
      },
    })
    const twin = await api.app(new Request('http://127.0.0.1/api/v0/groups', { headers }))
    assert.equal(twin.status, 200)
  }),
)

test(
  'O210 the app gives no other origin leave to read an answer',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' }
    // The helper fails on any header of CORS.
    assert.equal((await api.ask('GET', '/api/v0/groups', { key, headers })).status, 200)
    assert.equal((await api.ask('OPTIONS', '/api/v0/groups', { key, headers })).status, 405)
  }),
)
