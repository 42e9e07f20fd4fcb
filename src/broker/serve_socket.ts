import { chmodSync } from 'node:fs'
import type { Handler, SocketServer } from './incoming.ts'

/**
 * Serves HTTP/1.1 on a unix socket.
 *
 * Bun's own server is used where there is one: it costs no import. Elsewhere it is `node:http`, whose parser refuses what
 * `Deno.serve` lets pass (bare line feeds, lower-case methods, a missing Host) and which has time limits at all.
 */
export async function serveSocket(path: string, handler: Handler): Promise<SocketServer> {
  const adapter = 'Bun' in globalThis
    ? await import('./serve_bun.ts')
    : await import('./serve_node.ts')
  const server = await adapter.serve(path, handler)
  // To connect is to write, and a umask may have taken that from us.
  chmodSync(path, 0o600)
  return server
}
