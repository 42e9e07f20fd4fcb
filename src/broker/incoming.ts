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
  close(): void
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
