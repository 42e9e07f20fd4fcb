import { BROKER_ORIGIN } from '#protocol'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { badRequest, readTarget } from './incoming.ts'
import type { Handler, SocketServer } from './incoming.ts'

const BROKER_HOST = new URL(BROKER_ORIGIN).host

/** How long a connection may be idle between requests, or within a request's head, in seconds. */
const IDLE_SECONDS = 60

/** Largest request head, in bytes. */
const MAX_HEAD = 32 * 1024

/** Serves a unix socket with `node:http`. */
export async function serve(path: string, handler: Handler): Promise<SocketServer> {
  /** For each connection: when its last request was answered, and whether it may bring another. */
  const turns = new WeakMap<IncomingMessage['socket'], Promise<boolean>>()
  const server = createServer({
    maxHeaderSize: MAX_HEAD,
    headersTimeout: IDLE_SECONDS * 1000,
    keepAliveTimeout: IDLE_SECONDS * 1000,
    // A body may take as long as it takes; the broker watches both of its ends.
    requestTimeout: 0,
    highWaterMark: 64 * 1024,
    // What the server refuses by itself, it goes on after: what follows in the same write would be taken for another request.
    requireHostHeader: false,
  })
  server.on('request', take)
  server.on('checkExpectation', take)

  function take(request: IncomingMessage, response: ServerResponse): void {
    const before = turns.get(request.socket) ?? Promise.resolve(true)
    // One after the other: what follows a refused request in one write is parsed by now, and must not be answered.
    const turn = before.then((isOpen) => isOpen ? answer(request, response, handler) : false)
      .catch(() => {
        response.destroy()
        return false
      })
    turns.set(request.socket, turn)
  }
  server.listen(path)
  await once(server, 'listening')
  return {
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Answers one request. @returns whether its connection may bring another */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handler: Handler,
): Promise<boolean> {
  const gone = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const target = readTarget(request.url ?? '')
  const hosts = request.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host')
  const isOurs = target !== undefined && isPlain(request) && hosts.length === 1 &&
    request.headers.host === BROKER_HOST
  const answer = !isOurs ? badRequest() : await handler({
    method: request.method ?? '',
    target,
    headers: readHeaders(request),
    body: hasBody(request) ? readBody(request) : null,
    signal: gone.signal,
  })
  response.writeHead(answer.status, [...answer.headers].flat())
  if (answer.body !== null) await pump(answer.body, response)
  response.end()
  return answer.headers.get('connection') !== 'close'
}

/**
 * Refuses what the parser is kind to: a request line without a version, which is HTTP/0.9 to it although headers follow, and
 * codings other than "chunked", or none in their list, of which another reader may make another length (RFC 9112, section 6.1).
 */
function isPlain({ httpVersion, headers }: IncomingMessage): boolean {
  return httpVersion === '1.1' && /^chunked$/i.test(headers['transfer-encoding'] ?? 'chunked')
}

function readHeaders(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined ||
    Number(request.headers['content-length'] ?? 0) > 0
}

/** Reads a body at the pace of whoever takes it: the socket is read on demand, one chunk at a time. */
function readBody(request: IncomingMessage): ReadableStream<Uint8Array> {
  request.pause()
  return new ReadableStream<Uint8Array>({
    start(controller) {
      request.on('data', (chunk: Uint8Array) => {
        request.pause()
        controller.enqueue(chunk)
      })
      request.on('end', () => controller.close())
      request.on('error', (error) => controller.error(error))
      request.on('close', () => {
        if (!request.complete) controller.error(new Error('the guest has gone'))
      })
    },
    pull() {
      request.resume()
    },
    cancel() {
      request.destroy()
    },
  }, { highWaterMark: 0 })
}

/** Writes a body at the pace of its reader. */
async function pump(body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  const reader = body.getReader()
  const gone = once(response, 'close').then(() => undefined)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    if (response.destroyed) return await reader.cancel()
    if (!response.write(value)) await Promise.race([once(response, 'drain'), gone])
  }
}
