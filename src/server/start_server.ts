import type { Clock, Log } from '#base'
import { createApp } from './app.ts'
import type { FaultPlan } from './faults/fault_plan.ts'
import { injectFaults } from './faults/inject_faults.ts'
import { createRouteFinder } from './find_route.ts'
import { isLoopback } from './guard.ts'
import { createIdentity } from './identity/create_identity.ts'
import { startRecordingActivity } from './record_activity.ts'
import type { Policy } from './policy/policy.ts'
import { routes } from './routes.ts'
import { serve } from './serve.ts'
import { startSweeping } from './start_sweeping.ts'
import { openDatabase } from './store/open_database.ts'
import { createStore } from './store.ts'
import type { Store } from './store.ts'
import type { RequestRecord } from './telemetry/request_record.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import type { Handler } from './telemetry/telemetry.ts'

export interface ServerOptions {
  /**
   * Path of the database file, whose directory must exist; ":memory:" for one that ends with the server; or the URL of
   * a PostgreSQL database.
   */
  database: string
  /** Port to listen on; 0 takes a free one. */
  port: number
  /** Address to listen on; 127.0.0.1 unless told otherwise. */
  hostname?: string
  /** Further names under which the server is reached, without port. */
  hosts?: readonly string[]
  /**
   * Where the server is reached, if not where it listens: the origin of a load balancer before it, like
   * "https://phylum.example.org".
   */
  publicUrl?: string
  clock: Clock
  log: Log
  /** Is told of each request once it is answered. */
  onRequest?: (record: RequestRecord) => void
  /**
   * Whether `/metrics` shows numbers to whoever asks. Unless told, it does where only this machine can ask: on a loopback
   * address, and with no other name, for behind a proxy everybody comes from this machine.
   */
  isMetricsOpen?: boolean
  /** What goes wrong on purpose. */
  faults?: FaultPlan
  /** What is refused of what is analyzed; nothing without one. */
  policy?: Policy
}

/** A server that answers requests. */
export interface RunningServer {
  /** Where it is reached, without a slash at the end: what `PHYLUM_API_URI` takes. */
  url: string
  /** Where it listens, in the same form. */
  address: string
  port: number
  /** For making accounts and keys from the command line. */
  store: Store
  /** Says from now on that it is not ready, and keeps no connection open for another request; answers all the same. */
  drain(): void
  /** Lets requests under way finish, then closes the database. */
  stop(): Promise<void>
}

/**
 * Opens the database, brings its schema up to date, and serves the API.
 *
 * @throws ERR_SERVER_DATABASE, ERR_SERVER_PORT
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { clock, log, hostname = '127.0.0.1', port, hosts = [], publicUrl } = options
  const telemetry = new Telemetry(
    options.onRequest === undefined ? {} : { onRequest: options.onRequest },
  )
  const isMetricsOpen = options.isMetricsOpen ??
    (isLoopback(hostname) && hosts.length === 0 && publicUrl === undefined)
  let isDraining = false
  const database = await openDatabase(options.database)
  const store = createStore(database, { clock })
  const activity = startRecordingActivity(store, { log })
  try {
    // Known once the server listens; a request comes after that.
    let origin = new URL(publicUrl ?? 'http://127.0.0.1')
    const identity = createIdentity({ database, clock, log, origin: () => origin })
    const app = createApp({
      store,
      clock,
      log,
      hosts: [hostname, ...hosts, ...publicUrl === undefined ? [] : [origin.hostname]],
      isBehindBalancer: publicUrl !== undefined,
      identity,
      activity,
      ...options.policy === undefined ? {} : { policy: options.policy },
      ...publicUrl === undefined ? {} : { origin: () => origin },
      ...isMetricsOpen ? { metrics: () => telemetry.renderMetrics() } : {},
      isDraining: () => isDraining,
    })
    const faulty = options.faults === undefined
      ? app
      : injectFaults(app, { plan: options.faults, findRoute: createRouteFinder(routes) })
    let handle = telemetry.watch(faulty)
    const server = serve((request, address) => handle(request, address), { hostname, port })
    if (publicUrl === undefined) origin = new URL(server.url)
    const stopSweeping = startSweeping(store, { log })
    return {
      url: origin.origin,
      address: server.url,
      port: server.port,
      store,
      drain() {
        if (!isDraining) handle = closeConnections(handle)
        isDraining = true
      },
      async stop() {
        isDraining = true
        await server.stop()
        await stopSweeping()
        await activity.stop()
        await store.close()
      },
    }
  } catch (error) {
    await activity.stop()
    await store.close()
    throw error
  }
}

/** Makes a handler after whose answers the connection is not used again: its other end looks for another server. */
function closeConnections(handler: Handler): Handler {
  return async (request, address) => {
    const answer = await handler(request, address)
    answer.headers.set('connection', 'close')
    return answer
  }
}
