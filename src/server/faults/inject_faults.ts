import { setTimeout as delay } from 'node:timers/promises'
import { SECURITY_HEADERS } from '../guard.ts'
import { codeOf } from '../refusal.ts'
import { nameMethod } from '../telemetry/request_record.ts'
import type { Handler } from '../telemetry/telemetry.ts'
import { createDraw } from './draw_faults.ts'
import { nameFault } from './fault_plan.ts'
import type { Fault, FaultPlan } from './fault_plan.ts'
import { spoilBody } from './spoil_body.ts'

/** Says in an answer which faults the request met. */
export const FAULT_HEADER = 'x-phylum-fault'

/** Where faults happen: in the API, and not on the way to a credential for it, nor in the web pages. */
const API = /^\/api\/(?!v\d+\/\.well-known\/)/

export interface FaultOptions {
  plan: FaultPlan
  /** Names the route of a path: a request that is not passed on has nobody else to say it. */
  findRoute: (path: string) => string
}

/** Makes a handler some of whose answers go wrong, for those who write programs that must bear it. */
export function injectFaults(
  handler: Handler,
  { plan, findRoute }: FaultOptions,
): Handler {
  const draw = createDraw(plan)
  return async (request, address, trace) => {
    const path = pathOf(request.url)
    if (!API.test(path)) return await handler(request, address, trace)
    const route = findRoute(path)
    const faults = draw(`${nameMethod(request.method)} ${route}`)
    if (faults.length === 0) return await handler(request, address, trace)
    trace?.noteRoute(route)
    const met: Fault[] = []
    let answer: Response | undefined
    for (const fault of faults) {
      if (fault.kind === 'slow') await delay(fault.milliseconds)
      else if (fault.kind === 'status' || fault.kind === 'expire') answer = refuse(fault)
      else {
        answer = await handler(request, address, trace)
        // An answer without a body has no middle, and nothing that could be garbage.
        if (answer.body === null) continue
        answer = spoilBody(answer, fault.kind)
      }
      met.push(fault)
    }
    answer ??= await handler(request, address, trace)
    for (const fault of met) trace?.noteFault(nameFault(fault))
    if (met.length > 0) answer.headers.set(FAULT_HEADER, met.map(nameFault).join(', '))
    return answer
  }
}

function pathOf(url: string): string {
  // Bun gives a bare path where a request came without a host.
  return new URL(url, 'http://localhost').pathname
}

function refuse(fault: Fault & { kind: 'status' | 'expire' }): Response {
  const status = fault.kind === 'expire' ? 401 : fault.status
  const description = fault.kind === 'expire'
    ? 'Cannot authorize the request: the API key expired (a fault on demand)'
    : `Cannot answer the request: a fault on demand, status ${status}`
  const body = JSON.stringify({ error: { error_id: codeOf(status), description } })
  return new Response(body, {
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...SECURITY_HEADERS,
      // RFC 9110, section 15.5.2: a 401 names what would do; RFC 6750, section 3.1: what was sent does not.
      ...(status === 401 ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {}),
      ...('retryAfter' in fault ? { 'retry-after': String(fault.retryAfter) } : {}),
    },
  })
}
