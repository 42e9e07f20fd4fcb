import { PhylumError, systemCode } from '#base'

/** How long a stopping server waits for requests under way, in milliseconds. */
const GRACE_MILLISECONDS = 5000

/** Seconds after which a connection is cut on which no request is under way, or whose request never ends. */
const IDLE_SECONDS = 30

export interface ServeOptions {
  /** Address to listen on; the loopback interface unless told otherwise. */
  hostname?: string
  /** Port to listen on; 0 takes a free one. */
  port: number
  graceMilliseconds?: number
  idleSeconds?: number
}

/** A server that listens. */
export interface HttpServer {
  /** Where it is reached, without a slash at the end: "http://127.0.0.1:4000". */
  url: string
  port: number
  /** Takes no further request, lets those under way finish, and gives up on what has not finished in time. */
  stop(): Promise<void>
}

/** @param address of the other end of the connection */
type Handler = (request: Request, address: string) => Promise<Response>

/** What the two runtimes have in common: listening, a way to end in peace, and one to end at once. */
interface Listener {
  port: number
  /** Resolves when the last request has been answered. */
  finish(): Promise<void>
  /** Ends the requests that are still under way. */
  abort(): void
}

interface Binding {
  hostname: string
  port: number
  idleSeconds: number
}

/**
 * Serves a function of a request over HTTP, with the server of whichever runtime this is.
 *
 * @throws ERR_SERVER_PORT when the port is taken or cannot be used
 */
export function serve(handler: Handler, options: ServeOptions): HttpServer {
  const { hostname = '127.0.0.1', port, idleSeconds = IDLE_SECONDS } = options
  const listen = 'Bun' in globalThis ? listenWithBun : listenWithDeno
  let listener: Listener
  try {
    listener = listen(handler, { hostname, port, idleSeconds })
  } catch (error) {
    throw explainListenError(hostname, port, error)
  }
  let stopped: Promise<void> | undefined
  return {
    url: `http://${hostInUrl(hostname)}:${listener.port}`,
    port: listener.port,
    stop() {
      return stopped ??= stop(listener, options.graceMilliseconds ?? GRACE_MILLISECONDS)
    },
  }
}

async function stop(listener: Listener, grace: number): Promise<void> {
  let limit: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<void>((resolve) => {
    limit = setTimeout(() => {
      listener.abort()
      resolve()
    }, grace)
  })
  await Promise.race([listener.finish(), tooLate])
  clearTimeout(limit)
}

function listenWithBun(handler: Handler, { hostname, port, idleSeconds }: Binding): Listener {
  const server = Bun.serve({
    hostname,
    port,
    // Bun shares a port by default where `development` is off: another process could take it, too, and be sent our keys.
    reusePort: false,
    idleTimeout: idleSeconds,
    // The app has a limit of its own, and answers in the API's format.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    fetch(request, self) {
      // The idle limit is for heads that never end. An answer that takes long to begin is not idleness, and Bun would cut it.
      self.timeout(request, 0)
      return handler(request, self.requestIP(request)?.address ?? '')
    },
    error: () => new Response(null, { status: 500 }),
  })
  return {
    port: server.port ?? port,
    finish: () => server.stop(false),
    abort: () => void server.stop(true),
  }
}

/** The part of `Deno.serve` that is used here; the types of Bun and Deno do not go together in one program. */
interface DenoNamespace {
  serve(
    options: {
      hostname: string
      port: number
      onListen(): void
      onError(): Response
    },
    handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void> }
}

// Deno's server has no time limits, so `idleSeconds` means nothing to it: it cuts no slow answer, and no slow request.
function listenWithDeno(handler: Handler, { hostname, port }: Binding): Listener {
  const { Deno } = globalThis as unknown as { Deno: DenoNamespace }
  // The signal that `Deno.serve` takes cannot be used: to abort a server that is shutting down throws where nobody can
  // catch it. So the requests are ended instead of the server.
  const underWay = new Set<() => void>()
  const server = Deno.serve({
    hostname,
    port,
    // Without one, Deno prints the address on stdout, which belongs to the command's own output.
    onListen() {},
    onError: () => new Response(null, { status: 500 }),
  }, (request, { remoteAddr }) =>
    new Promise((resolve, reject) => {
      const giveUp = () => resolve(new Response(null, { status: 503 }))
      underWay.add(giveUp)
      handler(request, remoteAddr.hostname).then(resolve, reject).finally(() =>
        underWay.delete(giveUp)
      )
    }))
  return {
    port: server.addr.port,
    finish: () => server.shutdown(),
    abort() {
      for (const giveUp of underWay) giveUp()
    },
  }
}

/** Writes an address as a URL needs it; a server on all interfaces is shown on the nearest. */
function hostInUrl(hostname: string): string {
  if (hostname === '0.0.0.0') return '127.0.0.1'
  if (hostname === '::') return '[::1]'
  return hostname.includes(':') ? `[${hostname}]` : hostname
}

function explainListenError(hostname: string, port: number, error: unknown): PhylumError {
  const [reason, hint] = reasonOf(systemCode(error))
  return new PhylumError(
    'ERR_SERVER_PORT',
    `Cannot listen on "${hostname}", port ${port}: ${reason}`,
    { hints: [hint], cause: error },
  )
}

function reasonOf(code: string | undefined): [reason: string, hint: string] {
  switch (code) {
    case 'EADDRINUSE':
      return [
        'another program uses the port',
        'choose another port with --port, or --port 0 for a free one',
      ]
    case 'EACCES':
      return ['the port is for privileged programs', 'choose a port above 1023 with --port']
    case 'EADDRNOTAVAIL':
      return ['the address is not of this machine', 'use 127.0.0.1']
    default:
      return ['the system refuses', 'choose another port with --port, or --port 0 for a free one']
  }
}
