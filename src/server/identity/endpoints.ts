import { readBytes } from '../body.ts'
import { SECURITY_HEADERS } from '../guard.ts'
import { Refusal } from '../refusal.ts'
import { describeKeyService, describeOpenid } from './discovery.ts'
import type { Endpoint, EndpointContext } from './endpoint.ts'
import { MAX_FORM, readForm } from './form.ts'
import { DEVICE_PATH } from './identity.ts'
import { answerJson, OAuthError } from './oauth_error.ts'
import { KEY_TOKEN_PATH, MOUNT } from './paths.ts'
import { prepareAuthorization } from './prompt.ts'
import type { RateLimiter } from './rate_limiter.ts'
import { answerToken } from './token_endpoint.ts'

const MINUTE = 60_000

/**
 * Lists every address of the provider that is open. The provider itself takes paths in either case and with a slash at
 * the end, and has more of them; what does not stand here never reaches it.
 */
export function createEndpoints(context: EndpointContext): Endpoint[] {
  const { openid, limiter } = context
  const ask = async (request: Request, path: string, body?: Uint8Array) => {
    const url = new URL(request.url)
    const search = url.search
    return await (await openid()).ask(
      new Request(new URL(MOUNT + path + search, url), {
        method: request.method,
        headers: request.headers,
      }),
      body,
    )
  }
  const discover = async ({ url }: Request) => {
    const answer = await ask(new Request(url), DISCOVERY)
    return await answer.json() as Record<string, unknown>
  }
  const discovery = async (request: Request) => answerJson(describeOpenid(await discover(request)))
  const authorize = (isRegistration: boolean) => async (request: Request, sender: string) => {
    await limit(limiter, `authorize ${sender}`, 60)
    const url = new URL(request.url)
    url.pathname = `${MOUNT}/auth`
    return await (await openid()).ask(prepareAuthorization(request, url, isRegistration))
  }
  const token = async (request: Request, sender: string) => {
    await limit(limiter, `token ${sender}`, 600)
    return await answerToken(request, context)
  }
  const endpoints: Endpoint[] = [
    { method: 'GET', path: MOUNT + DISCOVERY, answer: discovery },
    { method: 'GET', path: `${MOUNT}/.well-known/oauth-authorization-server`, answer: discovery },
    // RFC 8414, section 3.1: where the issuer has a path, it comes last.
    { method: 'GET', path: `/.well-known/oauth-authorization-server${MOUNT}`, answer: discovery },
    { method: 'GET', path: `/api/v0${DISCOVERY}`, answer: discovery },
    {
      method: 'GET',
      path: '/locksmith/v1/.well-known/locksmith-configuration',
      answer: async (request) =>
        answerJson(describeKeyService(await discover(request), context.origin)),
    },
    { method: 'GET', path: `${MOUNT}/jwks`, answer: (request) => ask(request, '/jwks') },
    { method: 'GET', path: `${MOUNT}/auth`, answer: authorize(false) },
    { method: 'GET', path: `${MOUNT}/registrations`, answer: authorize(true) },
    {
      method: 'GET',
      path: `${MOUNT}/auth/:id`,
      async answer(request) {
        return await (await openid()).ask(request)
      },
    },
    {
      // OpenID Connect Core, section 5.3: by POST, too. The API answers to GET, with keys as well.
      method: 'POST',
      path: `${MOUNT}/me`,
      answer: async (request) => await ask(request, '/me', await readBytes(request, MAX_FORM)),
    },
    { method: 'POST', path: `${MOUNT}/token`, answer: token },
    { method: 'POST', path: KEY_TOKEN_PATH, answer: token },
    {
      method: 'POST',
      path: `${MOUNT}/token/revocation`,
      async answer(request, sender) {
        await limit(limiter, `token ${sender}`, 600)
        return await ask(request, '/token/revocation', (await readForm(request)).bytes)
      },
    },
    {
      method: 'POST',
      path: `${MOUNT}/device/auth`,
      async answer(request, sender) {
        await limit(limiter, `device ${sender}`, 60)
        const answer = await ask(request, '/device/auth', (await readForm(request)).bytes)
        return answer.ok ? await showDevicePage(answer, context.origin) : answer
      },
    },
  ]
  return endpoints.map(({ answer, ...endpoint }) => ({
    ...endpoint,
    answer: async (request, sender) => {
      try {
        return secure(await answer(request, sender))
      } catch (error) {
        return explain(error)
      }
    },
  }))
}

const DISCOVERY = '/.well-known/openid-configuration'

/** How often a device may ask, in seconds (RFC 8628, section 3.2). */
const DEVICE_INTERVAL = 5

/** Sends people to the page of the web UI, where they are signed in, instead of the provider's own. */
async function showDevicePage(answer: Response, origin: URL): Promise<Response> {
  const body = await answer.json() as Record<string, unknown> & { user_code: string }
  const page = new URL(DEVICE_PATH, origin)
  const complete = new URL(page)
  complete.searchParams.set('user_code', body.user_code)
  return answerJson({
    ...body,
    interval: DEVICE_INTERVAL,
    verification_uri: page.href,
    verification_uri_complete: complete.href,
  })
}

async function limit(limiter: RateLimiter, bucket: string, perMinute: number): Promise<void> {
  const wait = await limiter.take(bucket, perMinute, MINUTE)
  if (wait === undefined) return
  throw new OAuthError('temporarily_unavailable', 'there are too many requests', {
    status: 429,
    headers: { 'retry-after': String(Math.ceil(wait / 1000)) },
  })
}

/** Gives an answer of the provider the headers of every answer of this server. */
function secure(answer: Response): Response {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) answer.headers.set(name, value)
  return answer
}

/** Says in OAuth's words what is the sender's fault; the rest is for whoever serves the request. */
function explain(error: unknown): Response {
  if (error instanceof OAuthError) return error.toResponse()
  if (!(error instanceof Refusal) || error.status >= 500) throw error
  const { message, status, headers } = error
  return new OAuthError('invalid_request', message, { status, headers }).toResponse()
}
