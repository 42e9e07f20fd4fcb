import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/** A request as the API saw it. */
export interface Seen {
  method: string
  url: string
  headers: Record<string, string | string[] | undefined>
  rawHeaders: string[]
  body: string
}

/** An API that does on demand what real ones do when they misbehave, and remembers what it was asked. */
export interface FakeApi {
  origin: string
  seen: Seen[]
  /** Resolves when a request whose path begins so has been aborted by its sender. */
  aborted(prefix: string): Promise<void>
  stop(): Promise<void>
}

type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>

/** Starts it on a free port of the loopback interface. */
export async function startFakeApi(extra: Record<string, Route> = {}): Promise<FakeApi> {
  const seen: Seen[] = []
  const aborts: string[] = []
  const waiting: { prefix: string; resolve: () => void }[] = []

  function noteAbort(path: string): void {
    aborts.push(path)
    for (const each of waiting) if (path.startsWith(each.prefix)) each.resolve()
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://api.invalid')
    const entry: Seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: '',
    }
    seen.push(entry)
    response.on('close', () => {
      if (!response.writableFinished) noteAbort(url.pathname)
    })
    const route = { ...ROUTES, ...extra }[url.pathname.replace(/^\/api\/v0/, '')]
    if (route !== undefined) {
      // A client that goes away in the middle is part of many tests.
      return await Promise.resolve(route(request, response, url)).catch(() => response.destroy())
    }
    entry.body = await readAll(request)
    json(response, 200, {
      method: entry.method,
      url: entry.url,
      headers: request.headers,
      body: entry.body,
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    aborted: (prefix) =>
      aborts.some((path) => path.startsWith(prefix))
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ prefix, resolve })),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const ROUTES: Record<string, Route> = {
  '/groups': (_, response) => json(response, 200, { groups: [] }),
  /** Sends the request's headers back, as debugging endpoints do. */
  '/echo': async (request, response) => {
    const body = await readAll(request)
    json(response, 200, { headers: request.headers, raw: request.rawHeaders, body })
  },
  '/echo-gzip': (request, response) => {
    const bytes = gzipSync(JSON.stringify(request.headers))
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.end(bytes)
  },
  /** Echoes the credential in an encoding, or in a header, or torn over many chunks. */
  '/echo-encoded': (request, response, url) => {
    const value = request.headers.authorization ?? ''
    const encoding = url.searchParams.get('as') as BufferEncoding
    response.end(Buffer.from(value).toString(encoding))
  },
  '/echo-header': (request, response) => {
    response.setHeader('etag', `"${request.headers.authorization}"`)
    response.setHeader('x-echo', String(request.headers.authorization))
    response.end('{}')
  },
  '/echo-torn': async (request, response) => {
    for (const character of `<<${request.headers.authorization}>>`) {
      response.write(character)
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  },
  '/status': (_, response, url) =>
    json(response, Number(url.searchParams.get('code')), {
      error: { description: 'as you asked' },
    }),
  /** Answers with the headers that an API might set for browsers. */
  '/headers': (_, response) => {
    response.setHeader('set-cookie', 'session=1')
    response.setHeader('alt-svc', 'h3=":443"')
    response.setHeader('strict-transport-security', 'max-age=1')
    response.setHeader('www-authenticate', 'Bearer')
    response.setHeader('x-ratelimit-remaining', '7')
    json(response, 200, {})
  },
  '/redirect': async (request, response, url) => {
    if (!url.searchParams.has('unread')) await readAll(request)
    response.writeHead(Number(url.searchParams.get('code') ?? 302), {
      location: url.searchParams.get('to') ?? '',
    })
    response.end()
  },
  '/loop': (_, response) => {
    response.writeHead(302, { location: '/api/v0/loop' })
    response.end()
  },
  /** Begins to answer after so many milliseconds. */
  '/slow': (_, response, url) => {
    const timer = setTimeout(
      () => json(response, 200, { slow: true }),
      Number(url.searchParams.get('ms')),
    )
    response.on('close', () => clearTimeout(timer))
  },
  /** Begins to answer and never ends. */
  '/stall': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('begun')
  },
  /** Sends n bytes. */
  '/download': async (_, response, url) => {
    let left = Number(url.searchParams.get('bytes'))
    if (!url.searchParams.has('chunked')) response.setHeader('content-length', left)
    const chunk = Buffer.alloc(64 * 1024, 'phylum ')
    while (left > 0 && !response.destroyed) {
      const part = chunk.subarray(0, Math.min(left, chunk.length))
      left -= part.length
      await new Promise((resolve) => response.write(part, resolve))
    }
    response.end()
  },
  '/upload': async (request, response) => {
    let bytes = 0
    for await (const chunk of request) bytes += (chunk as Uint8Array).length
    json(response, 200, { bytes })
  },
  /** Promises more than it sends. */
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('half of it')
    setImmediate(() => response.destroy())
  },
  '/cut-chunked': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('half of it')
    setTimeout(() => response.destroy(), 5)
  },
  /** Speaks no HTTP. */
  '/garbage': (_, response) => {
    response.socket?.end('this is no HTTP answer\r\n\r\n')
  },
}

function json(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString()
}
