import process from 'node:process'
import type { Clock } from '#base'
import { countBody } from './count_body.ts'
import { Metrics } from './metrics.ts'
import { renderMetrics } from './render_metrics.ts'
import { chooseRequestId } from './request_id.ts'
import { nameMethod, OTHER_ROUTE } from './request_record.ts'
import type { RequestRecord } from './request_record.ts'

export interface TelemetryOptions {
  clock: Clock
  /** Is told of each request once it is answered. */
  onRequest?: (record: RequestRecord) => void
  /** Answers whether the server is about to stop: connections are then not kept for another request. */
  isDraining?: () => boolean
}

/** What is found out about a request while it is answered. */
interface Trace {
  readonly requestId: string
  readonly time: number
  readonly started: number
  route?: string
  userId?: string
  keyId?: string
  fault?: string
}

/** Answers a request; what comes after it is passed through. */
export type Handler<Rest extends unknown[]> = (request: Request, ...rest: Rest) => Promise<Response>

/**
 * Watches what a server does: a record of each request, and numbers of all of them. Of a request it sees the method and
 * the id, and no other header, no path, no query and no body; the rest it is told by those who have understood the
 * request, in words of theirs.
 */
export class Telemetry {
  readonly #options: TelemetryOptions
  readonly #metrics = new Metrics()
  // Weak, so that what is known of a request goes with it, whoever forgets about it.
  readonly #traces = new WeakMap<Request, Trace>()

  constructor(options: TelemetryOptions) {
    this.#options = options
  }

  /** Makes a handler whose requests are watched, and whose answers say the request's id. */
  watch<Rest extends unknown[]>(handler: Handler<Rest>): Handler<Rest> {
    return async (request, ...rest) => {
      const trace: Trace = {
        requestId: chooseRequestId(request.headers.get('x-request-id')),
        time: this.#options.clock.now(),
        started: performance.now(),
      }
      this.#traces.set(request, trace)
      this.#metrics.inFlight++
      try {
        return this.#answer(request, trace, await handler(request, ...rest))
      } catch (error) {
        this.#end(request, trace, 500, 0, false)
        throw error
      }
    }
  }

  /** Notes which route a request is for, by its template. */
  noteRoute(request: Request, route: string): void {
    const trace = this.#traces.get(request)
    if (trace !== undefined) trace.route = route
  }

  /** Notes who a request is from. */
  noteCaller(request: Request, caller: { userId: string; keyId?: string }): void {
    const trace = this.#traces.get(request)
    if (trace === undefined) return
    trace.userId = caller.userId
    if (caller.keyId !== undefined) trace.keyId = caller.keyId
  }

  /** Notes a fault on demand that a request met. */
  noteFault(request: Request, fault: string): void {
    const trace = this.#traces.get(request)
    if (trace !== undefined) {
      trace.fault = trace.fault === undefined ? fault : `${trace.fault}+${fault}`
    }
  }

  /** Counts a call of the database that failed. */
  countDatabaseError(): void {
    this.#metrics.databaseErrors++
  }

  /** Tells the id of a request that is being answered. */
  requestIdOf(request: Request): string | undefined {
    return this.#traces.get(request)?.requestId
  }

  /** Writes the numbers in Prometheus' text format. */
  renderMetrics(): string {
    const { user, system } = process.cpuUsage()
    return renderMetrics(this.#metrics, {
      startTime: (performance.timeOrigin || 0) / 1000,
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1_000_000,
    })
  }

  #answer(request: Request, trace: Trace, answer: Response): Response {
    const { status, body } = answer
    const length = body === null || request.method === 'HEAD'
      ? '0'
      : answer.headers.get('content-length')
    if (length !== null) {
      this.#end(request, trace, status, Number(length), false)
      return this.#sign(answer, trace)
    }
    const counted = countBody(body!, (bytes, isCut) => {
      this.#end(request, trace, status, bytes, isCut)
    })
    return this.#sign(new Response(counted, answer), trace)
  }

  #sign(answer: Response, trace: Trace): Response {
    answer.headers.set('x-request-id', trace.requestId)
    if (this.#options.isDraining?.()) answer.headers.set('connection', 'close')
    return answer
  }

  #end(request: Request, trace: Trace, status: number, bytes: number, isCut: boolean): void {
    this.#metrics.inFlight--
    const record: RequestRecord = {
      time: trace.time,
      requestId: trace.requestId,
      method: nameMethod(request.method),
      route: trace.route ?? OTHER_ROUTE,
      status,
      milliseconds: performance.now() - trace.started,
      bytes,
      isCut,
      ...(trace.userId === undefined ? {} : { userId: trace.userId }),
      ...(trace.keyId === undefined ? {} : { keyId: trace.keyId }),
      ...(trace.fault === undefined ? {} : { fault: trace.fault }),
    }
    this.#metrics.record(record)
    this.#options.onRequest?.(record)
  }
}
