import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Page, PAGE_HEADERS, renderPage } from './callback_page.ts'

/** Longest address that is looked at, in characters; codes have some hundreds. */
const MAX_URL = 8192

/** How long the browser may take to read an answer, in milliseconds. */
const ANSWER_LIMIT = 1_000

/** The one address to which the browser returns. */
export interface CallbackListener {
  /** "http://127.0.0.1:PORT/" */
  readonly redirectUri: string
  /** Resolves when the browser comes back with the right state. */
  readonly callback: Promise<Callback>
  /** Stops listening at once; answers that are on their way are finished. */
  close(): Promise<void>
}

/** The browser has come back. */
export interface Callback {
  /** The whole address, with code or error in it. */
  readonly url: URL
  /** Shows the end of the login in the browser. */
  answer(page: Page): void
}

/**
 * Listens for the one callback of a login, on a free port of the loopback address: RFC 8252, section 7.3.
 *
 * Every page of the browser and every program of this machine can call this address. What is not the callback (another method, path or
 * host, no state or a wrong one, a second one) is refused, and the login goes on unharmed.
 */
export async function listenForCallback(state: string): Promise<CallbackListener> {
  const { createServer } = await import('node:http')
  let receive: (callback: Callback) => void
  const callback = new Promise<Callback>((resolve) => receive = resolve)
  let isReceived = false
  const answers: Promise<unknown>[] = []

  const server = createServer((request, response) => {
    // The body of a request that has no business with one is not read.
    request.resume()
    const refusal = judge(request, host, state) ??
      (isReceived ? { status: 409, text: 'This login has been answered already.' } : undefined)
    if (refusal !== undefined) {
      return void send(response, refusal.status, {
        title: 'Not part of the login',
        text: refusal.text,
      })
    }
    isReceived = true
    receive({
      url: new URL(request.url ?? '', redirectUri),
      answer(page) {
        answers.push(once(response, 'close'))
        send(response, 200, page)
      },
    })
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 10_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const host = `127.0.0.1:${port}`
  const redirectUri = `http://${host}/`
  return {
    redirectUri,
    callback,
    async close() {
      server.close()
      // A browser that does not read the answer must not hold the login up.
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise((resolve) => timer = setTimeout(resolve, ANSWER_LIMIT))
      await Promise.race([Promise.allSettled(answers), late])
      clearTimeout(timer)
      server.closeAllConnections()
    },
  }
}

/** Answers why a request is not the callback. */
function judge(
  request: IncomingMessage,
  host: string,
  state: string,
): { status: number; text: string } | undefined {
  const { url = '', method, headers, rawHeaders } = request
  // A name that an attacker lets point to 127.0.0.1 (DNS rebinding) would make this listener part of the attacker's site.
  // Two names are malformed, RFC 9112, section 3.2, and each reader may believe another one.
  const names = rawHeaders.filter((text, index) => index % 2 === 0 && /^host$/i.test(text))
  if (headers.host !== host || names.length !== 1) {
    return { status: 421, text: 'This address has another name.' }
  }
  if (url.length > MAX_URL) return { status: 414, text: 'The address is too long.' }
  const parsed = URL.parse(url, `http://${host}`)
  if (parsed === null || !url.startsWith('/') || parsed.host !== host || parsed.pathname !== '/') {
    return { status: 404, text: 'There is no such page.' }
  }
  // A browser names the origin where a page's script asks; nobody is sent here by one.
  if (headers.origin !== undefined) return { status: 403, text: 'Pages may not ask this.' }
  if (method !== 'GET') return { status: 405, text: 'Only GET is answered here.' }
  const states = parsed.searchParams.getAll('state')
  if (states.length !== 1 || !isEqual(states[0] ?? '', state)) {
    return {
      status: 400,
      text: 'The answer belongs to another login. Return to the terminal, and use the link there.',
    }
  }
  return undefined
}

/** Compares in constant time; hashed, as the lengths must be equal for that. */
function isEqual(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}

function send(response: ServerResponse, status: number, page: Page): void {
  response.on('error', () => {})
  response.writeHead(status, PAGE_HEADERS).end(renderPage(page))
}
