import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Pair } from './certificates.ts'

/** Answers a request. */
export type WebHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) => void | Promise<void>

/** A server on the loopback interface. */
export interface WebServer {
  /** "http://127.0.0.1:<port>", or "https:…". */
  readonly origin: string
  /** What it was asked for, in order, with the value of "Authorization". */
  readonly seen: { method: string; path: string; authorization: string | undefined }[]
  stop(): Promise<void>
}

/** How it is served. */
export interface WebServerOptions {
  /** Serves https with this key and certificate. */
  tls?: Pair
}

/** Starts a server on a free port. */
export async function startWebServer(
  handler: WebHandler,
  options: WebServerOptions = {},
): Promise<WebServer> {
  const seen: WebServer['seen'] = []
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://server.invalid')
    const { authorization } = request.headers
    seen.push({ method: request.method ?? '', path: request.url ?? '', authorization })
    await handler(request, response, url)
  }
  const server = options.tls === undefined
    ? createServer(listener)
    : createTlsServer(options.tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
