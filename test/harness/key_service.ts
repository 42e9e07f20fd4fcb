import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** A key that the test's key service has made. */
export interface TestKey {
  name: string
  token: string
  creation_time: string
  access_time: string | null
  expiry: string | null
}

/** What the key service needs. */
export interface KeyServiceSetting {
  apiUri: string
  /** Reads the discovery document of the OpenID provider behind it. */
  discover(): Promise<Record<string, unknown>>
  keys: Map<string, TestKey>
  describe(document: Record<string, unknown>): unknown
  answerKey(form: URLSearchParams): { status: number; body: unknown } | undefined
  isAccessToken(token: string): Promise<boolean>
}

type Reply = { status: number; body: unknown }

/** Serves the key service, and what of the API needs a key: a stand-in for the real one, in front of a real OpenID provider. */
export async function serveKeys(
  request: IncomingMessage,
  setting: KeyServiceSetting,
): Promise<Reply | undefined> {
  const { pathname } = new URL(request.url ?? '', setting.apiUri)
  switch (`${request.method} ${pathname}`) {
    case 'GET /locksmith/v1/.well-known/locksmith-configuration':
      return { status: 200, body: setting.describe(await describe(setting)) }
    case 'POST /locksmith/v1/token':
      return await makeKey(new URLSearchParams(await readText(request)), setting)
    case 'GET /api/v0/groups':
      return await authorized(request, setting, () => ({ status: 200, body: { groups: [] } }))
    case 'GET /locksmith/v1/userinfo':
      return await authorized(request, setting, () => ({
        status: 200,
        body: { email: 'ada@example.org', name: 'Ada' },
      }))
    case 'GET /locksmith/v1/tokens':
      return await authorized(request, setting, () => ({
        status: 200,
        body: [...setting.keys.values()].map(({ token: _, ...shown }) => shown),
      }))
    case 'POST /locksmith/v1/revoke': {
      const text = await readText(request)
      return await authorized(request, setting, () => {
        const isKnown = setting.keys.delete(JSON.parse(text).name)
        return isKnown ? { status: 204, body: undefined } : refuse(404, 'There is no such key')
      })
    }
    default:
      return undefined
  }
}

async function describe({ apiUri, discover }: KeyServiceSetting): Promise<Record<string, unknown>> {
  const provider = await discover()
  const names = [
    'issuer',
    'authorization_endpoint',
    'device_authorization_endpoint',
    'jwks_uri',
    'code_challenge_methods_supported',
    'authorization_response_iss_parameter_supported',
  ]
  return {
    ...Object.fromEntries(names.map((name) => [name, provider[name]])),
    token_endpoint: `${apiUri}/locksmith/v1/token`,
    userinfo_endpoint: `${apiUri}/locksmith/v1/userinfo`,
  }
}

/** Turns what the provider grants into a key. */
async function makeKey(form: URLSearchParams, setting: KeyServiceSetting): Promise<Reply> {
  const faked = setting.answerKey(form)
  if (faked !== undefined) return faked
  const name = form.get('name') ?? ''
  if (setting.keys.has(name)) return refuse(409, 'A key of this name exists')
  const { token_endpoint } = await setting.discover()
  const granted = new URLSearchParams(form)
  for (const own of ['name', 'expiry']) granted.delete(own)
  const response = await fetch(String(token_endpoint), { method: 'POST', body: granted })
  const body = await response.json()
  if (!response.ok) return { status: response.status, body }
  const token = `ph0_${randomBytes(32).toString('base64url')}`
  setting.keys.set(name, {
    name,
    token,
    creation_time: new Date().toISOString(),
    access_time: null,
    expiry: form.get('expiry'),
  })
  return { status: 200, body: { token } }
}

async function authorized(
  request: IncomingMessage,
  setting: KeyServiceSetting,
  work: () => Reply,
): Promise<Reply> {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const key = [...setting.keys.values()].find((each) => each.token === token)
  if (key !== undefined) {
    const isOver = key.expiry !== null && Date.parse(key.expiry) <= Date.now()
    if (isOver) return refuse(401, 'The API key has expired')
    key.access_time = new Date().toISOString()
    return work()
  }
  if (await setting.isAccessToken(token)) return work()
  return refuse(401, 'The token is not valid')
}

function refuse(status: number, description: string): Reply {
  return { status, body: { error: { error_id: `status_${status}`, description } } }
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
