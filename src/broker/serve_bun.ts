import { BROKER_ORIGIN } from '#protocol'
import { badRequest, IDLE_SECONDS, readTarget } from './serve_socket.ts'
import type { Handler, SocketServer } from './serve_socket.ts'

const BROKER_HOST = new URL(BROKER_ORIGIN).host

/** Serves a unix socket with `Bun.serve`. */
export function serve(path: string, handler: Handler): SocketServer {
  const server = Bun.serve({
    unix: path,
    // Bun's types know this option for ports only; it holds for sockets too, and a test shows it.
    ...({ idleTimeout: IDLE_SECONDS } as object),
    // Uploads are streamed, so their size costs nothing here; the API sets the limit.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    async fetch(request, self) {
      const target = readTarget(request.url)
      // One Host, and ours (RFC 9112, section 3.2): Bun joins two of them with a comma instead of refusing.
      if (target === undefined || request.headers.get('host') !== BROKER_HOST) return badRequest()
      // The idle limit is for heads that never end. An API may take minutes to answer, and that is not idleness.
      self.timeout(request, 0)
      return await handler({
        method: request.method,
        target,
        headers: request.headers,
        body: request.body,
        signal: request.signal,
      })
    },
    error: badRequest,
  })
  return {
    async close() {
      await server.stop(true)
    },
  }
}
