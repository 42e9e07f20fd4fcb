import { Hono } from 'hono'
import type { Context } from 'hono'
import { display, isPhylumError } from '#base'
import type { Log } from '#base'
import { Refusal } from '../refusal.ts'
import type { Trace } from '../telemetry/trace.ts'
import { accountRoutes } from './account_routes.ts'
import { ASSETS_BY_PATH } from './assets.ts'
import type { Asset } from './assets.ts'
import { consentRoutes } from './consent_routes.ts'
import type { CookiePlace } from './cookie.ts'
import { NO_FORM, readForm } from './form.ts'
import { groupRoutes } from './group_routes.ts'
import { parseLocalPath } from './local_path.ts'
import type { Viewer } from './markup.ts'
import { takeNotice } from './notice.ts'
import { answerProblem } from './problem.ts'
import { projectRoutes } from './project_routes.ts'
import { respond } from './response.ts'
import type { Answer } from './response.ts'
import { signInRoutes, signPath } from './sign_in_routes.ts'
import { tokenRoutes } from './token_routes.ts'
import type { UiOptions } from './ui_options.ts'
import type { SignedInCall, UiRoute } from './ui_route.ts'
import { readVisit, viewerOf } from './visit.ts'

const ROUTES: readonly UiRoute[] = [
  ...signInRoutes,
  ...tokenRoutes,
  ...groupRoutes,
  ...projectRoutes,
  ...accountRoutes,
  ...consentRoutes,
]

/** The web pages as a function of a request. It answers `undefined` to who asks for no page, and could show none. */
export type Ui = (
  request: Request,
  address: string,
  trace?: Trace,
) => Promise<Response | undefined>

/** What comes with a request, besides what its sender says. */
type World = { Bindings: { address: string; trace: Trace | undefined } }

/** Makes the web pages. */
export function createUi(options: UiOptions): Ui {
  const hono = new Hono<World>()
  for (const route of ROUTES) {
    hono.on(route.method, route.path, (context) => answer(route, context, options))
  }
  hono.get('/assets/:name', ({ req, env }) => {
    env.trace?.noteRoute('/assets/:name')
    const asset = ASSETS_BY_PATH.get(req.path)
    return asset === undefined
      ? showProblem(req.raw, notFound(), options, env.trace)
      : serveAsset(asset)
  })
  hono.notFound(({ req, env }) => {
    const allowed = ['GET', 'POST'].filter((one) => hono.router.match(one, req.path)[0].length > 0)
    const refusal = allowed.length > 0 ? refuseMethod(allowed) : notFound()
    return showProblem(req.raw, refusal, options, env.trace)
  })
  hono.onError((error, { req, env }) => showProblem(req.raw, error, options, env.trace))
  return async (request, address, trace) => {
    const { pathname } = new URL(request.url)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const isKnown = hono.router.match(method, pathname)[0].length > 0
    const canShow = request.headers.get('accept')?.includes('text/html')
    return isKnown || canShow ? await hono.fetch(request, { address, trace }) : undefined
  }
}

async function answer(
  route: UiRoute,
  { req, env }: Context<World>,
  options: UiOptions,
): Promise<Response> {
  const request = req.raw
  const { trace } = env
  trace?.noteRoute(route.path)
  const url = new URL(request.url)
  const { origin, place } = locate(url, options)
  const visit = await readVisit(request, place, options)
  if (visit.session !== undefined) trace?.noteCaller({ userId: visit.session.user.id })
  const form = route.method === 'POST' ? await readForm(request, visit.id, origin) : NO_FORM
  const { session } = visit
  if (session === undefined && !route.isOpen) {
    return await respond(sendToSignIn(route, url), place)
  }
  const { notice, cookies } = takeNotice(request, place)
  const call = {
    options,
    request,
    url,
    origin,
    address: env.address,
    params: req.param() as Record<string, string>,
    visit,
    form,
    notice,
    ...(session === undefined ? {} : { session, viewer: viewerOf(session, visit.csrf) }),
  }
  // Routes that are not open have a session by now; the others do not look at it here.
  const answered = await route.answer(call as SignedInCall)
  return await respond(withCookies(answered, [...visit.cookies, ...cookies]), place)
}

/** Sends somebody to sign in, and from there to where they wanted to go, or to the page that had the form. */
function sendToSignIn({ method, path }: UiRoute, { pathname, search }: URL): Answer {
  const isPage = ROUTES.some((route) => route.method === 'GET' && route.path === path)
  const page = isPage ? pathname : `/${path.split('/')[1]}`
  return { to: signPath('in', parseLocalPath(method === 'GET' ? pathname + search : page)) }
}

/** Adds cookies, unless the answer sets one of the same name itself. */
function withCookies(answered: Answer, more: Answer['cookies'] = []): Answer {
  const own = answered.cookies ?? []
  const missing = more.filter(({ name }) => !own.some((each) => each.name === name))
  return { ...answered, cookies: [...missing, ...own] }
}

/** Tells where the browser believes to be; behind a proxy that speaks TLS, the request itself does not know. */
function locate(url: URL, options: UiOptions): { origin: string; place: CookiePlace } {
  const { protocol, port, origin } = options.origin?.() ?? url
  return { origin, place: { isSecure: protocol === 'https:', port } }
}

function serveAsset({ type, text }: Asset): Response {
  return new Response(text, {
    headers: {
      'content-type': type,
      // The address changes with the content.
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    },
  })
}

/** Shows what did not work, to somebody who is signed in as such where that can be found out. */
async function showProblem(
  request: Request,
  error: unknown,
  options: UiOptions,
  trace: Trace | undefined,
): Promise<Response> {
  const refusal = error instanceof Refusal ? error : explainFailure(error, options.log, trace)
  const { place } = locate(new URL(request.url), options)
  let viewer: Viewer | undefined
  try {
    const { session, csrf } = await readVisit(request, place, options)
    viewer = session && viewerOf(session, csrf)
  } catch {
    // The database is what does not work.
  }
  return await respond(answerProblem(refusal, viewer), place)
}

/** Tells the visitor as much as the visitor needs to know; paths and causes go to the log. */
function explainFailure(error: unknown, log: Log, trace: Trace | undefined): Refusal {
  const reason = error instanceof Error
    ? display(error.message)
    : 'A page failed for no known reason'
  log.warn(trace === undefined ? reason : `${reason} (request ${trace.requestId})`)
  if (!isPhylumError(error, 'ERR_SERVER_DATABASE')) {
    return new Refusal(500, 'Cannot show the page: the server failed')
  }
  trace?.noteDatabaseFailure()
  return new Refusal(503, 'Cannot reach the database: try again in a moment')
}

function notFound(): Refusal {
  return new Refusal(404, 'Cannot find the page: the server has no such path')
}

function refuseMethod(allowed: readonly string[]): Refusal {
  return new Refusal(405, 'Cannot open the page: it takes another method', {
    allow: allowed.join(', '),
  })
}
