import { BROKER_ORIGIN } from '#protocol'
import { badRequest, readTarget } from './incoming.ts'
import type { Handler, SocketServer } from './incoming.ts'

const BROKER_HOST = new URL(BROKER_ORIGIN).host

/** Serves a unix socket with `Bun.serve`. */
export function serve(path: string, handler: Handler): SocketServer {
  const server = Bun.serve({
    unix: path,
    // No idle limit: it would cut an API that takes minutes to answer, and on a unix socket Bun's `timeout()` cannot lift it
    // for one request. Who keeps heads open for ever here is our own guest, and it ends with its run.
    ...({ idleTimeout: 0 } as object),
    // Uploads are streamed, so their size costs nothing here; the API sets the limit.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    async fetch(request) {
      const target = readTarget(request.url)
      // One Host, and ours (RFC 9112, section 3.2): Bun joins two of them with a comma instead of refusing.
      if (target === undefined || request.headers.get('host') !== BROKER_HOST) return badRequest()
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
    close() {
      // Not waited for: an answer that nobody reads any more would keep a finished run waiting.
      void server.stop(true)
    },
  }
}
