import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { SECURITY_HEADERS } from '../../../src/server/guard.ts'
import { createEndpoints } from '../../../src/server/identity/endpoints.ts'
import { Browser } from '../../harness/browser.ts'
import { beginLogin, CALLBACK, discover, post, withIdentity } from '../../harness/identity.ts'

/** Every address, as the server registers them. */
const ENDPOINTS = createEndpoints({} as Parameters<typeof createEndpoints>[0])

/** Sends bytes as they are, and gives the head and what is there of the body. */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (/\r\n\r\n[^]+/.test(text)) socket.destroy()
    })
  })
}

test(
  'O210 the provider answers under the names of the server alone, and to no page of another origin',
  withIdentity(async ({ server }) => {
    for (const { method, path } of ENDPOINTS) {
      const target = path.replace(':id', 'x')
      const head = `${method} ${target} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n`
      assert.match(await sendRaw(server.port, head), /^HTTP\/1\.1 421 /, target)

      const answer = await fetch(server.url + target, {
        method,
        headers: { origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' },
        redirect: 'manual',
      })
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
        assert.equal(answer.headers.get(name), value, `${name} of ${target}`)
      }
      for (const name of answer.headers.keys()) {
        assert.ok(!name.startsWith('access-control-'), `${name} of ${target}`)
      }
      assert.doesNotMatch(await answer.text(), /evil\.example/, target)
      const preflight = await fetch(server.url + target, {
        method: 'OPTIONS',
        headers: { origin: 'http://evil.example', 'access-control-request-method': method },
      })
      assert.equal(preflight.status, 405, target)
      assert.equal(preflight.headers.get('access-control-allow-origin'), null)
      await preflight.body?.cancel()
    }
  }),
)

test(
  'the provider is reached at the listed addresses alone',
  withIdentity(async ({ url }) => {
    const others = [
      ['GET', '/oidc'],
      ['GET', '/oidc/'],
      ['GET', '/oidc/AUTH'],
      ['GET', '/oidc/auth/'],
      ['POST', '/oidc/TOKEN'],
      ['POST', '/oidc/token/'],
      ['POST', '/oidc/token/introspection'],
      ['POST', '/oidc/reg'],
      ['POST', '/oidc/request'],
      ['POST', '/oidc/backchannel'],
      ['POST', '/oidc/session/end/confirm'],
      ['GET', '/oidc/session/end'],
      ['GET', '/oidc/device'],
      ['POST', '/oidc/device'],
      ['GET', '/oidc/device/x'],
      ['GET', '/oidc/interaction/x'],
      ['POST', '/oidc/..%2ftoken'],
      ['POST', '/oidc//token'],
    ] as const
    for (const [method, path] of others) {
      const answer = await fetch(url + path, { method })
      assert.equal(answer.status, 404, path)
      assert.equal(answer.headers.get('content-type'), 'application/json', path)
      await answer.body?.cancel()
    }
    const wrong = await fetch(`${url}/oidc/token`)
    assert.equal(wrong.status, 405)
    assert.equal(wrong.headers.get('allow'), 'POST')
    await wrong.body?.cancel()
  }),
)

test(
  'every discovery document says the same of the provider',
  withIdentity(async ({ url }) => {
    const paths = [
      '/oidc/.well-known/openid-configuration',
      '/oidc/.well-known/oauth-authorization-server',
      '/.well-known/oauth-authorization-server/oidc',
      '/api/v0/.well-known/openid-configuration',
    ]
    const documents = await Promise.all(
      paths.map(async (path) => await (await fetch(url + path)).text()),
    )
    assert.equal(new Set(documents).size, 1)
    const document = JSON.parse(documents[0] ?? '') as Record<string, unknown>
    assert.equal(document['issuer'], `${url}/oidc`)
    assert.equal(document['token_endpoint'], `${url}/oidc/token`)
    assert.equal(document['authorization_response_iss_parameter_supported'], true)
    assert.deepEqual(document['response_modes_supported'], ['query'])
    assert.deepEqual(document['token_endpoint_auth_methods_supported'], ['none'])
    assert.deepEqual(document['id_token_signing_alg_values_supported'], ['RS256', 'ES256'])
    assert.equal(document['registration_endpoint'], undefined)
  }),
)

test(
  'O201 a form is short, of its type, and says nothing twice',
  withIdentity(async ({ server }) => {
    const { url } = server
    for (const path of ['/oidc/token', '/locksmith/v1/token', '/oidc/device/auth']) {
      const twice = await post(url + path, 'client_id=phylum_cli&client_id=locksmith')
      assert.deepEqual([twice.status, twice.body['error']], [400, 'invalid_request'], path)
      const json = await post(url + path, {}, { 'content-type': 'application/json' })
      assert.deepEqual([json.status, json.body['error']], [400, 'invalid_request'], path)
      const long = await post(url + path, { client_id: 'x'.repeat(17_000) })
      assert.deepEqual([long.status, long.body['error']], [413, 'invalid_request'], path)
      const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${1 << 30}\r\n` +
        'Content-Type: application/x-www-form-urlencoded\r\n\r\nclient_id='
      assert.match(await sendRaw(server.port, head), /^HTTP\/1\.1 413 /, path)
      const proto = await post(url + path, '__proto__=1&constructor=2&grant_type=__proto__')
      assert.ok(proto.status === 400 || proto.status === 401, path)
    }
  }),
)

test(
  "K148 what the sender wrote is shown as text, and without a terminal's commands",
  withIdentity(async (world) => {
    const { address } = await beginLogin(await discover(world.url))
    const nasty = '<script>alert(1)</script>\u001b[31m\u202e'
    for (const [name, value] of Object.entries({ client_id: nasty, redirect_uri: nasty })) {
      address.searchParams.set(name, value)
      const { response } = await new Browser().open(address)
      assert.equal(response?.status, 400)
      assert.equal(response?.headers.get('content-type'), 'text/plain; charset=utf-8')
      const csp = response?.headers.get('content-security-policy') ?? ''
      assert.match(csp, /^default-src 'none'; frame-ancestors 'none'$/)
      const text = await response?.text() ?? ''
      for (const bad of ['\u001b', '\u202e']) assert.equal(text.includes(bad), false)
    }
  }),
)

test(
  'an answer that would be a page which posts itself is refused',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    for (const mode of ['form_post', 'fragment', 'web_message', 'query.jwt']) {
      const { address } = await beginLogin(config, { response_mode: mode })
      const answer = await fetch(address, { redirect: 'manual' })
      assert.equal(answer.status, 400, mode)
      assert.equal(answer.headers.get('content-type'), 'application/json', mode)
      await answer.body?.cancel()
    }
    const { address } = await beginLogin(config, { response_mode: 'query' })
    assert.match((await new Browser().open(address)).url.pathname, /^\/interaction\//)
    const token = await beginLogin(config, { response_type: 'id_token', nonce: 'x' })
    const { url } = await new Browser().open(token.address)
    assert.equal(url.origin + url.pathname, CALLBACK)
    assert.match(url.href, /error=/)
    assert.doesNotMatch(url.href, /(id_token|access_token|code)=/)
  }),
)

test(
  'O203 too many requests to a token endpoint are told when to come back, and others are not held up',
  withIdentity(async (world) => {
    const fields = { client_id: 'phylum_cli', grant_type: 'refresh_token', refresh_token: 'x' }
    const endpoint = `${world.url}/oidc/token`
    assert.equal((await post(endpoint, fields)).status, 400)
    await world.database.run(`UPDATE rate_limits SET count = 600`)
    const { status, headers, body } = await post(endpoint, fields)
    assert.equal(status, 429)
    assert.equal(body['error'], 'temporarily_unavailable')
    const wait = Number(headers.get('retry-after'))
    assert.ok(wait >= 1 && wait <= 60, String(wait))
    const limited = await post(`${world.url}/locksmith/v1/token`, fields)
    assert.equal(limited.status, 429)
    assert.equal((await fetch(`${world.url}/oidc/jwks`)).status, 200)
    // What a sender writes about itself counts for nothing where no load balancer is.
    const spoofed = await post(endpoint, fields, { 'x-forwarded-for': '203.0.113.9' })
    assert.equal(spoofed.status, 429)
    world.clock.skew = 61_000
    assert.equal((await post(endpoint, fields)).status, 400)
  }),
)

test(
  'O203 behind a load balancer it is the address that the balancer saw which is counted',
  withIdentity(async (world) => {
    const fields = { client_id: 'phylum_cli', grant_type: 'refresh_token', refresh_token: 'x' }
    const endpoint = `${world.server.address}/oidc/token`
    const from = async (forwarded: string) => {
      const headers = { host: 'phylum.example.org', 'x-forwarded-for': forwarded }
      return (await post(endpoint, fields, headers)).status
    }
    assert.equal(await from('203.0.113.7'), 400)
    await world.database.run(`UPDATE rate_limits SET count = 600`)
    assert.equal(await from('203.0.113.7'), 429)
    assert.equal(await from('198.51.100.1, 203.0.113.7'), 429)
    assert.equal(await from('203.0.113.8'), 400)
  }, { publicUrl: 'https://phylum.example.org' }),
)
