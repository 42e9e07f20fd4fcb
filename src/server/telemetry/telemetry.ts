import process from 'node:process'
import { countBody } from './count_body.ts'
import { Metrics } from './metrics.ts'
import { renderMetrics } from './render_metrics.ts'
import { createRequestIds } from './request_id.ts'
import type { ChooseRequestId } from './request_id.ts'
import type { RequestRecord } from './request_record.ts'
import { Trace } from './trace.ts'

export interface TelemetryOptions {
  /** Is told of each request once it is answered. */
  onRequest?: (record: RequestRecord) => void
}

/**
 * Answers a request.
 *
 * @param address of the other end of the connection, where it is known
 * @param trace takes what is found out about the request
 */
export type Handler = (request: Request, address?: string, trace?: Trace) => Promise<Response>

/**
 * Watches what a server does: a record of each request, and numbers of all of them. Of a request it reads the method and
 * the id, and no other header, no path, no query and no body.
 */
export class Telemetry {
  readonly #onRequest: TelemetryOptions['onRequest']
  readonly #metrics = new Metrics()
  readonly #chooseRequestId: ChooseRequestId = createRequestIds()

  constructor(options: TelemetryOptions = {}) {
    this.#onRequest = options.onRequest
  }

  /** Makes a handler whose requests are watched, and whose answers say the request's id. */
  watch(handler: Handler): Handler {
    return async (request, address) => {
      const id = this.#chooseRequestId(request.headers.get('x-request-id'))
      const trace = new Trace(id, request.method)
      this.#metrics.inFlight++
      let answer: Response
      try {
        answer = await handler(request, address, trace)
      } catch (error) {
        this.#record(trace)
        throw error
      }
      return this.#finish(trace, answer)
    }
  }

  /** Writes the numbers in Prometheus' text format. */
  renderMetrics(): string {
    const cpu = process.cpuUsage()
    return renderMetrics(this.#metrics, {
      startTime: performance.timeOrigin / 1000,
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (cpu.user + cpu.system) / 1_000_000,
    })
  }

  #finish(trace: Trace, answer: Response): Response {
    const isHead = trace.method === 'HEAD'
    trace.status = answer.status
    if (trace.isSigned) {
      if (isHead) trace.bytes = 0
      this.#record(trace)
      return answer
    }
    const length = answer.headers.get('content-length')
    // The body is not so much as looked at where its length is known: the runtimes make a stream of it for who asks.
    const body = isHead || length !== null ? null : answer.body
    if (body === null) {
      if (!isHead) trace.bytes = Number(length)
      this.#record(trace)
      return addId(answer, trace)
    }
    const counted = countBody(body, trace, () => this.#record(trace))
    return addId(new Response(counted, answer), trace)
  }

  #record(trace: Trace): void {
    this.#metrics.inFlight--
    trace.milliseconds = performance.now() - trace.started
    this.#metrics.record(trace)
    this.#onRequest?.(trace)
  }
}

function addId(answer: Response, { requestId }: Trace): Response {
  try {
    answer.headers.set('x-request-id', requestId)
    return answer
  } catch {
    // A redirect that the platform has made cannot be changed.
    const copy = new Response(answer.body, answer)
    copy.headers.set('x-request-id', requestId)
    return copy
  }
}
