import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { TSchema } from '@sinclair/typebox'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { display, isPhylumError } from '#base'
import type { Clock, Log } from '#base'
import { answerOnce } from './answer_once.ts'
import { authenticate } from './authenticate.ts'
import { readJson, refuseBody } from './body.ts'
import type { Check } from './body.ts'
import { hashRequest, readIdempotencyKey } from './idempotency_key.ts'
import type { IdentityService } from './identity/create_identity.ts'
import { createGuard, SECURITY_HEADERS } from './guard.ts'
import { createPasswordHasher } from './password.ts'
import type { PasswordHasher } from './password.ts'
import type { ActivityRecorder } from './record_activity.ts'
import { EMPTY_POLICY } from './policy/policy.ts'
import type { Policy } from './policy/policy.ts'
import { Refusal } from './refusal.ts'
import type { Call, Caller, Route } from './route.ts'
import { routes } from './routes.ts'
import { senderOf } from './sender.ts'
import type { RepeatableRequest, Store } from './store.ts'
import { METRICS_TYPE } from './telemetry/render_metrics.ts'
import type { Handler } from './telemetry/telemetry.ts'
import type { Trace } from './telemetry/trace.ts'
import { createUi } from './ui/ui.ts'

/** A server as a function. It never rejects: a failure is an answer, too. */
export type App = Handler

/** What comes with a request, besides what its sender says. */
type World = { Bindings: { sender: string; trace: Trace | undefined } }

export interface AppOptions {
  store: Store
  clock: Clock
  log: Log
  /** Names under which the server is reached besides those of the loopback interface, without port. */
  hosts?: readonly string[]
  /** Writes the numbers that `/metrics` shows; without it, there is no such path. */
  metrics?: () => string
  /** Answers whether the server is about to stop, so that it must not be called ready. */
  isDraining?: () => boolean
  /** Whether requests come by way of a load balancer, which says from whom it has them. */
  isBehindBalancer?: boolean
  /** The OpenID provider and the key service. */
  identity?: IdentityService
  /** Tells where the server is reached from outside, where that is not what a request says. */
  origin?: () => URL
  passwords?: PasswordHasher
  /** What is refused of what is analyzed; nothing without one. */
  policy?: Policy
  /** Is told what is done with each key. */
  activity?: Pick<ActivityRecorder, 'note'>
}

/** Where no page lies: what belongs to programs, also where there is nothing. No cookie of a session opens anything there. */
const API = /^\/(?:api|locksmith|oidc)(?:\/|$)/

/** Makes the API and the web pages over a store. */
export function createApp(options: AppOptions): App {
  const { metrics } = options
  const assertHost = createGuard(options.hosts ?? [])
  const ui = createUi({ passwords: createPasswordHasher(), policy: EMPTY_POLICY, ...options })
  const hono = new Hono<World>()
  for (const { method, path, answer } of options.identity?.endpoints ?? []) {
    hono.on(method, path, ({ req, env }) => {
      env.trace?.noteRoute(path)
      return answer(req.raw, env.sender)
    })
  }
  for (const route of routes) hono.on(route.method, route.path, createHandler(route, options))
  if (metrics !== undefined) {
    hono.get(METRICS_PATH, ({ env }) => {
      env.trace?.noteRoute(METRICS_PATH)
      return new Response(metrics(), { headers: METRICS_HEADERS })
    })
  }
  hono.notFound(({ req, env }) => renderError(explainMiss(hono, req), options, env.trace))
  hono.onError((error, { env }) => renderError(error, options, env.trace))
  return async (request, address = '', trace) => {
    try {
      assertHost(request)
      const sender = senderOf(request, address, options.isBehindBalancer ?? false)
      const { pathname } = new URL(request.url)
      const isForPrograms = API.test(pathname) || methodsOf(hono, pathname).length > 0
      return (isForPrograms ? undefined : await ui(request, sender, trace)) ??
        await hono.fetch(request, { sender, trace })
    } catch (error) {
      return renderError(error, options, trace)
    }
  }
}

function createHandler(route: Route, options: AppOptions) {
  const check = route.body && compile(route.body)
  const { store, clock, activity, policy = EMPTY_POLICY } = options
  return async ({ req, env: { trace } }: Context<World>): Promise<Response> => {
    const request = req.raw
    trace?.noteRoute(route.path)
    // Before the body is looked at, so that nobody without a key has a body read or parsed.
    const caller: Caller = route.open ? { userId: '' } : await authenticate(request, options)
    if (!route.open) trace?.noteCaller(caller)
    const response = await answer(req, caller, trace).catch((error) =>
      renderError(error, options, trace)
    )
    const { keyId } = caller
    const { method, path } = req
    if (keyId !== undefined) {
      activity?.note({ keyId, at: clock.now(), method, path, status: response.status })
    }
    return response
  }

  async function answer(
    req: Context['req'],
    caller: Caller,
    trace: Trace | undefined,
  ): Promise<Response> {
    const request = req.raw
    let body: unknown
    if (check !== undefined) body = await readJson(request, check, route.maxBody)
    else if (route.method !== 'GET') await refuseBody(request)
    const url = new URL(request.url)
    const { searchParams: query } = url
    const { origin } = options.origin?.() ?? url
    const isDraining = options.isDraining?.() ?? false
    const call = { store, caller, params: req.param(), query, body, policy, origin, isDraining }
    const key = route.isRepeatable ? readIdempotencyKey(request) : undefined
    if (key !== undefined) {
      const requestHash = hashRequest(route.method, req.path, body)
      return await answerRepeatable(route, call, { userId: caller.userId, key, requestHash }, trace)
    }
    const reply = await route.answer(call)
    return route.status === 204
      ? new Response(null, {
        status: 204,
        headers: { ...SECURITY_HEADERS, ...trace?.sign(0) },
      })
      : render(route.status, reply, trace)
  }
}

async function answerRepeatable(
  route: Route,
  call: Call,
  request: RepeatableRequest,
  trace: Trace | undefined,
): Promise<Response> {
  const { status, body, isRepetition } = await answerOnce(call.store, request, async (store) => {
    const reply = await route.answer({ ...call, store })
    return { status: route.status, body: JSON.stringify(reply) }
  })
  return renderText(status, body, trace, isRepetition ? REPLAYED : {})
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
  const allowed = methodsOf(hono, path)
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

/** Lists the methods that a path takes, except for HEAD. */
function methodsOf(hono: Pick<Hono, 'router'>, path: string): string[] {
  return ['GET', 'POST', 'PUT', 'DELETE'].filter((one) =>
    hono.router.match(one, path)[0].length > 0
  )
}

/** Says that an answer was given before, and nothing was done this time. */
const REPLAYED = { 'idempotency-replayed': 'true' }

/** Where the numbers are shown. */
const METRICS_PATH = '/metrics'

const METRICS_HEADERS = { 'content-type': METRICS_TYPE, ...SECURITY_HEADERS }

const JSON_HEADERS = { 'content-type': 'application/json', ...SECURITY_HEADERS }

function render(
  status: number,
  body: unknown,
  trace: Trace | undefined,
  headers?: Readonly<Record<string, string>>,
): Response {
  return renderText(status, JSON.stringify(body), trace, headers)
}

function renderText(
  status: number,
  text: string,
  trace: Trace | undefined,
  headers?: Readonly<Record<string, string>>,
): Response {
  const signature = trace?.sign(Buffer.byteLength(text))
  return new Response(text, { status, headers: { ...JSON_HEADERS, ...signature, ...headers } })
}

function renderError(error: unknown, { log }: AppOptions, trace: Trace | undefined): Response {
  const refusal = error instanceof Refusal ? error : explainFailure(error, log, trace)
  const { code, message, status, headers } = refusal
  return render(status, { error: { error_id: code, description: message } }, trace, headers)
}

/** Tells the caller as much as the caller needs to know; paths and causes go to the log. */
function explainFailure(error: unknown, log: Log, trace: Trace | undefined): Refusal {
  const reason = error instanceof Error
    ? display(error.message)
    : 'A request failed for no known reason'
  log.warn(trace === undefined ? reason : `${reason} (request ${trace.requestId})`)
  if (!isPhylumError(error, 'ERR_SERVER_DATABASE')) {
    return new Refusal(500, 'Cannot answer the request: the server failed')
  }
  trace?.noteDatabaseFailure()
  return new Refusal(503, 'Cannot reach the database: try again in a moment')
}
