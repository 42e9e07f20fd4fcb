import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { TSchema } from '@sinclair/typebox'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { display, isPhylumError } from '#base'
import type { Clock, Log } from '#base'
import { authenticate } from './authenticate.ts'
import { readJson, refuseBody } from './body.ts'
import type { Check } from './body.ts'
import type { IdentityService } from './identity/create_identity.ts'
import { createGuard, SECURITY_HEADERS } from './guard.ts'
import { Refusal } from './refusal.ts'
import type { Route } from './route.ts'
import { routes } from './routes.ts'
import { senderOf } from './sender.ts'
import type { Store } from './store.ts'

/**
 * A server as a function. It never rejects: a failure is an answer, too.
 *
 * @param address of the other end of the connection
 */
export type App = (request: Request, address?: string) => Promise<Response>

export interface AppOptions {
  store: Store
  clock: Clock
  log: Log
  /** Names under which the server is reached besides those of the loopback interface, without port. */
  hosts?: readonly string[]
  /** Whether requests come by way of a load balancer, which says from whom it has them. */
  isBehindBalancer?: boolean
  /** The OpenID provider and the key service. */
  identity?: IdentityService
}

/** Makes the API over a store. */
export function createApp(options: AppOptions): App {
  const assertHost = createGuard(options.hosts ?? [])
  const hono = new Hono<{ Bindings: { sender: string } }>()
  for (const { method, path, answer } of options.identity?.endpoints ?? []) {
    hono.on(method, path, ({ req, env }) => answer(req.raw, env.sender))
  }
  for (const route of routes) hono.on(route.method, route.path, createHandler(route, options))
  hono.notFound((context) => renderError(explainMiss(hono, context.req), options.log))
  hono.onError((error) => renderError(error, options.log))
  return async (request, address = '') => {
    try {
      assertHost(request)
      const sender = senderOf(request, address, options.isBehindBalancer ?? false)
      return await hono.fetch(request, { sender })
    } catch (error) {
      return renderError(error, options.log)
    }
  }
}

function createHandler(route: Route, options: AppOptions) {
  const check = route.body && compile(route.body)
  return async ({ req }: Context): Promise<Response> => {
    const request = req.raw
    // Before the body is looked at, so that nobody without a key has a body read or parsed.
    const caller = route.open ? { userId: '' } : await authenticate(request, options)
    let body: unknown
    if (check !== undefined) body = await readJson(request, check)
    else if (route.method !== 'GET') await refuseBody(request)
    const query = new URL(request.url).searchParams
    const params = req.param()
    const reply = await route.answer({ store: options.store, caller, params, query, body })
    return route.status === 204
      ? new Response(null, { status: 204, headers: SECURITY_HEADERS })
      : render(route.status, reply)
  }
}

/** Compiles a schema once, when the server starts. */
function compile(schema: TSchema): Check {
  const check = TypeCompiler.Compile(schema)
  return (value) => check.Check(value) ? undefined : check.Errors(value).First()
}

/** Tells an unknown path from a known one that is asked with the wrong method. */
function explainMiss(
  hono: Pick<Hono, 'router'>,
  { method, path }: { method: string; path: string },
): Refusal {
  const allowed = ['GET', 'POST', 'DELETE'].filter((one) =>
    hono.router.match(one, path)[0].length > 0
  )
  if (allowed.length === 0) {
    return new Refusal(404, `Cannot find "${display(path)}": the API has no such path`)
  }
  // RFC 9110, section 15.5.6: the answer must name the methods.
  const allow = allowed.flatMap((one) => one === 'GET' ? ['GET', 'HEAD'] : [one]).join(', ')
  return new Refusal(
    405,
    `Cannot ${display(method)} "${display(path)}": the path takes ${allow}`,
    { allow },
  )
}

const JSON_HEADERS = { 'content-type': 'application/json', ...SECURITY_HEADERS }

function render(
  status: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...headers },
  })
}

function renderError(error: unknown, log: Log): Response {
  const refusal = error instanceof Refusal ? error : explainFailure(error, log)
  const { code, message, status, headers } = refusal
  return render(status, { error: { error_id: code, description: message } }, headers)
}

/** Tells the caller as much as the caller needs to know; paths and causes go to the log. */
function explainFailure(error: unknown, log: Log): Refusal {
  log.warn(error instanceof Error ? display(error.message) : 'A request failed for no known reason')
  return isPhylumError(error, 'ERR_SERVER_DATABASE')
    ? new Refusal(503, 'Cannot reach the database: try again in a moment')
    : new Refusal(500, 'Cannot answer the request: the server failed')
}
