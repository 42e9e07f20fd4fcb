import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { isPhylumError } from '#base'
import { serve } from '../../src/server/serve.ts'
import type { HttpServer, ServeOptions } from '../../src/server/serve.ts'
import { withApi } from '../harness/api.ts'

type Handler = (request: Request) => Promise<Response>

/** Runs a test against a server of its own. */
async function withServer(
  handler: Handler,
  body: (server: HttpServer) => Promise<void>,
  options: Partial<ServeOptions> = {},
): Promise<void> {
  const server = serve(handler, { port: 0, ...options })
  try {
    await body(server)
  } finally {
    await server.stop()
  }
}

/** A moment that a test waits for, or brings about. */
function createSignal(): { reached: Promise<void>; reach(): void } {
  let reach = () => {}
  const reached = new Promise<void>((resolve) => reach = resolve)
  return { reached, reach }
}

/**
 * Sends bytes as they are, and gives what comes back until it matches, or the connection ends.
 *
 * @param next sent on the same connection when something has come back
 */
async function sendRaw(port: number, bytes: string, until: RegExp, next?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  if (next !== undefined) socket.once('data', () => socket.write(next, 'latin1'))
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (until.test(text)) resolve()
    })
    socket.on('error', () => resolve())
    socket.on('close', () => resolve())
    socket.write(bytes, 'latin1')
  })
  socket.destroy()
  return text
}

const hello: Handler = (request) => Promise.resolve(new Response(new URL(request.url).pathname))

test('serve() answers on a free port of the loopback interface', () =>
  withServer(hello, async ({ url, port }) => {
    assert.equal(url, `http://127.0.0.1:${port}`)
    assert.equal(await (await fetch(`${url}/a`)).text(), '/a')
  }))

test('serve() writes an IPv6 address as a URL needs it', async (t) => {
  let server: HttpServer
  try {
    server = serve(hello, { port: 0, hostname: '::1' })
  } catch {
    return t.skip('this machine has no IPv6')
  }
  assert.equal(server.url, `http://[::1]:${server.port}`)
  assert.equal(await (await fetch(`${server.url}/a`)).text(), '/a')
  await server.stop()
})

test('serve() says that a port is taken, and what to do', () =>
  withServer(hello, async ({ port, url }) => {
    try {
      await serve(hello, { port }).stop()
      assert.fail('the port was given away twice')
    } catch (error) {
      assert.ok(isPhylumError(error, 'ERR_SERVER_PORT'), String(error))
      assert.equal(
        error.message,
        `Cannot listen on "127.0.0.1", port ${port}: another program uses the port`,
      )
      assert.deepEqual(error.hints, ['choose another port with --port, or --port 0 for a free one'])
    }
    assert.equal((await fetch(url)).status, 200)
  }))

test('serve() says that an address is not of this machine, and that a port is no port', () => {
  assert.throws(() => serve(hello, { port: 0, hostname: '192.0.2.1' }), {
    code: 'ERR_SERVER_PORT',
    message: 'Cannot listen on "192.0.2.1", port 0: the address is not of this machine',
  })
  for (const port of [65_536, -1, 1.5, NaN]) {
    assert.throws(() => serve(hello, { port }), { code: 'ERR_SERVER_PORT' }, String(port))
  }
})

test('stop() lets a request under way finish, and takes no further one', async () => {
  const [arrived, released] = [createSignal(), createSignal()]
  const server = serve(async () => {
    arrived.reach()
    await released.reached
    return new Response('finished')
  }, { port: 0 })
  const answer = fetch(server.url)
  await arrived.reached
  const stopped = server.stop()
  await assert.rejects(fetch(server.url))
  released.reach()
  assert.equal(await (await answer).text(), 'finished')
  await stopped
  await server.stop()
})

test('stop() does not wait for a connection on which nothing is asked', async () => {
  const server = serve(hello, { port: 0, graceMilliseconds: 600_000 })
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await server.stop()
  await closed
})

test('stop() gives up on a request that does not finish in time', async () => {
  const [arrived, released] = [createSignal(), createSignal()]
  const server = serve(async () => {
    arrived.reach()
    await released.reached
    return new Response('too late')
  }, { port: 0, graceMilliseconds: 50 })
  const answer = fetch(server.url).then((response) => response.status, () => 'cut')
  await arrived.reached
  await server.stop()
  assert.ok(['cut', 503].includes(await answer))
  released.reach()
})

/** A Bun server as it is without the care that `serve()` takes. */
async function isSlowAnswerCutByDefault(slow: Handler): Promise<boolean | undefined> {
  if (!('Bun' in globalThis)) return undefined
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 1, fetch: slow })
  try {
    return await fetch(server.url).then(() => false, () => true)
  } finally {
    await server.stop(true)
  }
}

test('serve() does not take an answer that is slow to begin for an idle connection', {
  timeout: 30_000,
}, async () => {
  // Bun looks for idle connections every four seconds, so nothing shorter shows the difference.
  const slow: Handler = () =>
    new Promise((resolve) => setTimeout(() => resolve(new Response('at last')), 6_000))
  const twin = isSlowAnswerCutByDefault(slow)
  await withServer(slow, async ({ url }) => {
    assert.equal(await (await fetch(url)).text(), 'at last')
  }, { idleSeconds: 1 })
  assert.notEqual(await twin, false)
})

test(
  'serve() keeps a connection in step when a request is refused before its body is read',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    await withServer(api.app, async ({ port }) => {
      const inner = 'GET /locksmith/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
      const head =
        `POST /api/v0/groups HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${inner.length}\r\n`
      const next = `GET /api/v0/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
      for (const more of ['', `Authorization: Bearer ${key}\r\n`]) {
        // Not in one go: Bun closes a connection on which a request comes while another one is under way.
        const text = await sendRaw(port, `${head}${more}\r\n${inner}`, /alive/, next)
        const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
        assert.deepEqual(statuses, [more === '' ? '401' : '415', '200'])
      }
    })
  }),
)

test(
  'O210 serve() hands the app no request for another host, in whatever form it is written',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    await withServer(api.app, async ({ port }) => {
      const ask = async (target: string, ...hosts: string[]) => {
        const lines = hosts.map((host) => `Host: ${host}\r\n`).join('')
        const head = `GET ${target} HTTP/1.1\r\n${lines}Authorization: Bearer ${key}\r\n\r\n`
        return await sendRaw(port, head, /\r\n\r\n/)
      }
      assert.match(await ask('/api/v0/groups', `127.0.0.1:${port}`), /^HTTP\/1\.1 200 /)
      const foreign = [
        await ask('/api/v0/groups', 'evil.example'),
        await ask('/api/v0/groups', '127.0.0.1', 'evil.example'),
        await ask('/api/v0/groups', 'evil.example', '127.0.0.1'),
        await ask('/api/v0/groups', '127.0.0.1@evil.example'),
        await ask('/api/v0/groups', ''),
        await ask('http://evil.example/api/v0/groups', 'evil.example'),
      ]
      for (const text of foreign) {
        assert.doesNotMatch(text, /^HTTP\/1\.1 2/)
        assert.doesNotMatch(text, /groups/)
      }
    })
  }),
)

test(
  'O201 serve() answers a body of a gigabyte with 413 before it is sent',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    await withServer(api.app, async ({ port }) => {
      const head =
        `POST /api/v0/groups HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${1 << 30}\r\n` +
        `Content-Type: application/json\r\nAuthorization: Bearer ${key}\r\n\r\n{"group_name":`
      const text = await sendRaw(port, head, /longer than/)
      assert.match(text, /^HTTP\/1\.1 413 /)
      assert.match(text, /"error_id":"ERR_SERVER_REQUEST"/)
    })
  }),
)
