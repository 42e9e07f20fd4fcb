import { BROKER_ORIGIN } from '#protocol'

/** A guest's request, before anything in it is believed. */
export interface Incoming {
  method: string
  /** Path and query as the guest sent them. */
  target: string
  headers: Headers
  body: ReadableStream<Uint8Array> | null
  /** Aborts when the guest goes before its answer is complete. */
  signal: AbortSignal
}

/** Answers a guest's request; never throws. */
export type Handler = (incoming: Incoming) => Promise<Response>

/** A server on a unix socket. */
export interface SocketServer {
  /** Cuts what is in flight and frees the path. */
  close(): Promise<void>
}

/** How long a connection may be idle between requests, or within a request's head, in seconds. */
export const IDLE_SECONDS = 60

/** Largest request head, in bytes. */
export const MAX_HEAD = 32 * 1024

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
  return await adapter.serve(path, handler)
}

/**
 * Takes the path and query out of a request target. A client that speaks through a unix socket sends the absolute form
 * (RFC 9112, section 3.2.2); any origin but the broker's own is somebody trying to reach another host.
 */
export function readTarget(target: string): string | undefined {
  if (target.startsWith('/')) return target
  if (target.startsWith(`${BROKER_ORIGIN}/`)) return target.slice(BROKER_ORIGIN.length)
  return undefined
}

/** The answer to a request that is not one of our guest's making. */
export function badRequest(): Response {
  return new Response(null, { status: 400, headers: { connection: 'close' } })
}
