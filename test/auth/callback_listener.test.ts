import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { renderPage } from '../../src/auth/callback_page.ts'
import { type CallbackListener, listenForCallback } from '../../src/auth/callback_listener.ts'

const STATE = 'the-state-of-this-login'

async function withListener(use: (listener: CallbackListener) => Promise<void>): Promise<void> {
  const listener = await listenForCallback(STATE)
  try {
    await use(listener)
  } finally {
    await listener.close()
  }
}

interface Asked {
  method?: string
  path: string
  headers?: Record<string, string>
}

async function ask({ redirectUri }: CallbackListener, asked: Asked) {
  const { port } = new URL(redirectUri)
  const outgoing = request({ host: '127.0.0.1', port, agent: false, ...asked })
  outgoing.end()
  const [incoming] = await once(outgoing, 'response')
  const chunks: Uint8Array[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return {
    status: incoming.statusCode as number,
    headers: incoming.headers,
    text: Buffer.concat(chunks).toString(),
  }
}

/** Sends bytes as they are, and answers the status line of what comes back. */
async function askRaw({ redirectUri }: CallbackListener, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(redirectUri).port), '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => text += chunk)
  socket.on('error', () => {})
  socket.write(bytes)
  await new Promise((resolve) => socket.on('close', resolve))
  return text
}

const GOOD = `/?code=c&state=${STATE}`

/** Fails when the listener has taken anything for the callback so far. */
async function assertWaiting({ callback }: CallbackListener): Promise<void> {
  const nothing = Symbol()
  assert.equal(await Promise.race([callback, Promise.resolve(nothing)]), nothing)
}

test('listenForCallback() hands over the one callback, and answers it with the end of the login', () =>
  withListener(async (listener) => {
    assert.match(listener.redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/$/)
    const asking = ask(listener, { path: GOOD })
    const callback = await listener.callback
    assert.equal(callback.url.href, `${listener.redirectUri}?code=c&state=${STATE}`)
    callback.answer({ title: 'Done', text: 'Go back' })
    const { status, text, headers } = await asking
    assert.equal(status, 200)
    assert.match(text, /<h1>Done<\/h1>\n<p>Go back<\/p>/)
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-/,
    )
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.doesNotMatch(text, /<script|https?:|src=/)
  }))

test('K146 listenForCallback() refuses no state, a wrong one, two, and a second callback, and the login goes on', () =>
  withListener(async (listener) => {
    const wrong = [
      '/',
      '/?code=c',
      '/?code=c&state=',
      '/?code=c&state=wrong',
      `/?code=c&state=${STATE}x`,
      `/?code=c&state=${STATE.slice(1)}`,
      `/?code=c&state=${STATE}&state=${STATE}`,
      `/?code=c&state=${STATE}&state=other`,
      `/?code=c&STATE=${STATE}`,
      `/?error=access_denied&state=wrong`,
    ]
    for (const path of wrong) {
      assert.equal((await ask(listener, { path })).status, 400, path)
      await assertWaiting(listener)
    }
    const asking = ask(listener, { path: GOOD })
    const callback = await listener.callback
    const second = await ask(listener, { path: `/?code=other&state=${STATE}` })
    assert.equal(second.status, 409)
    assert.match(second.text, /answered already/)
    assert.equal(callback.url.searchParams.get('code'), 'c')
    callback.answer({ title: 'Done', text: '' })
    assert.equal((await asking).status, 200)
  }))

test('K147 listenForCallback() takes a GET of the one page under its own name, and nothing else', () =>
  withListener(async (listener) => {
    const { host } = new URL(listener.redirectUri)
    const { port } = new URL(listener.redirectUri)
    const cases: [Asked, number][] = [
      [{ path: GOOD, method: 'POST' }, 405],
      [{ path: GOOD, method: 'PUT' }, 405],
      [{ path: GOOD, method: 'OPTIONS' }, 405],
      [{ path: `/other${GOOD}` }, 404],
      [{ path: `//evil.example${GOOD}` }, 404],
      [{ path: '/favicon.ico' }, 404],
      [{ path: GOOD, headers: { host: 'evil.example' } }, 421],
      [{ path: GOOD, headers: { host: `evil.example:${port}` } }, 421],
      [{ path: GOOD, headers: { host: `localhost:${port}` } }, 421],
      [{ path: GOOD, headers: { host: '127.0.0.1' } }, 421],
      [{ path: GOOD, headers: { origin: 'https://evil.example' } }, 403],
      [{ path: GOOD, headers: { origin: 'null' } }, 403],
      [{ path: `${GOOD}&x=${'x'.repeat(10_000)}` }, 414],
    ]
    for (const [asked, status] of cases) {
      assert.equal((await ask(listener, asked)).status, status, JSON.stringify(asked).slice(0, 200))
      await assertWaiting(listener)
    }
    const head = await ask(listener, { path: GOOD, method: 'HEAD' })
    assert.deepEqual([head.status, head.text], [405, ''])
    // A query of a megabyte, no HTTP at all, and a host that is missing.
    const raw = [
      `GET /?state=${STATE}&x=${'x'.repeat(1_000_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      'HELLO\r\n\r\n',
      `GET ${GOOD} HTTP/1.1\r\nConnection: close\r\n\r\n`,
      `GET ${GOOD} HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    ]
    for (const bytes of raw) {
      assert.doesNotMatch(await askRaw(listener, bytes), /^HTTP\/1\.1 200/, bytes.slice(0, 80))
      await assertWaiting(listener)
    }
    // Two in one go: the first is the callback, the second is refused.
    const both = askRaw(
      listener,
      `GET ${GOOD} HTTP/1.1\r\nHost: ${host}\r\n\r\nGET ${GOOD} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    )
    ;(await listener.callback).answer({ title: 'Done', text: '' })
    assert.equal((await both).match(/HTTP\/1\.1 200/g)?.length, 1)
  }))

test('K166 close() leaves no listener, whatever still hangs on it', async () => {
  const listener = await listenForCallback(STATE)
  const { port } = new URL(listener.redirectUri)
  const idle = connect(Number(port), '127.0.0.1')
  idle.on('error', () => {})
  await once(idle, 'connect')
  await listener.close()
  const late = connect(Number(port), '127.0.0.1')
  const [error] = await once(late, 'error')
  assert.equal(error.code, 'ECONNREFUSED')
  idle.destroy()
})

test('K148 renderPage() escapes what the login service says', () => {
  const text = `<script>alert("1")</script> & 'x' \u001b[2J\u202e</p><img src=x onerror=alert(1)>`
  const page = renderPage({ title: '</title><script>', text })
  assert.doesNotMatch(page, /<script|<img|\u202e/)
  assert.ok(!page.includes('\u001b'))
  assert.match(
    page,
    /&#60;script&#62;alert\(&#34;1&#34;\)&#60;\/script&#62; &#38; &#39;x&#39; \\x1b\[2J\\u\{202e\}/,
  )
})
