import { FormatRegistry } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createAccount, createKey } from '../../src/server/account.ts'
import { createApp } from '../../src/server/app.ts'
import type { App } from '../../src/server/app.ts'
import { SECURITY_HEADERS } from '../../src/server/guard.ts'
import type { Policy } from '../../src/server/policy/policy.ts'
import { repliesOf } from '../../src/server/route.ts'
import { routes } from '../../src/server/routes.ts'
import { ApiError } from '../../src/server/schemas.ts'
import { openStore } from '../../src/server/store.ts'
import type { Store, User } from '../../src/server/store.ts'
import { onEachDatabase } from './databases.ts'
import { createRecordingLog } from './recording_log.ts'
import type { RecordingLog } from './recording_log.ts'

FormatRegistry.Set('date-time', (text) => new Date(text).toISOString() === text)
FormatRegistry.Set('uuid', (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))

/** Where a test begins to count time: a moment like any other. */
export const NOON = Date.parse('2026-03-01T12:00:00.000Z')

/** An answer of the API, read to its end. */
export interface Reply {
  status: number
  headers: Headers
  text: string
  /** The parsed body; `undefined` when there is none. */
  // deno-lint-ignore no-explicit-any
  body: any
}

/** What a request may differ in from an ordinary one. */
export interface AskOptions {
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, instead of `body`. */
  raw?: BodyInit
  headers?: Record<string, string>
  key?: string
}

/** The API over a database, without a socket, and with a clock that stands still. */
export interface Api {
  app: App
  store: Store
  log: RecordingLog
  clock: { time: number; now(): number }
  /** Sends a request, and holds the answer against what the API says of itself. */
  ask(method: string, path: string, options?: AskOptions): Promise<Reply>
  signUp(name: string): Promise<Person>
}

/** Somebody with an account and a key. */
export interface Person {
  user: User
  key: string
  ask(method: string, path: string, body?: unknown): Promise<Reply>
}

/** How the API of a test differs from an ordinary one. */
export interface ApiOptions {
  wrap?: (store: Store) => Store
  policy?: Policy
}

/** Makes a test that runs against an API of its own, once on each database. */
export function withApi(
  body: (api: Api) => Promise<void>,
  options: ApiOptions = {},
): (t: TestContext) => Promise<void> {
  return onEachDatabase(async (where) => {
    const api = await createApi(where, options)
    try {
      await body(api)
    } finally {
      await api.store.close()
    }
  })
}

async function createApi(where: string, options: ApiOptions): Promise<Api> {
  const clock = { time: NOON, now: () => clock.time }
  const log = createRecordingLog()
  const store = await openStore(where, { clock })
  const { policy } = options
  const app = createApp({
    store: options.wrap?.(store) ?? store,
    clock,
    log,
    ...(policy === undefined ? {} : { policy }),
  })

  async function ask(method: string, path: string, asked: AskOptions = {}): Promise<Reply> {
    const sent = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body))
    const response = await app(
      new Request(`http://localhost:4000${path}`, {
        method,
        headers: {
          ...(asked.key === undefined ? {} : { authorization: `Bearer ${asked.key}` }),
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...asked.headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      }),
    )
    const reply = await readReply(response)
    assertAsDescribed(method, path, reply)
    return reply
  }

  return {
    app,
    store,
    log,
    clock,
    ask,
    async signUp(name) {
      const user = await createAccount(store, { email: `${name}@example.org`, name })
      const key = (await createKey(store, user.id, { name: 'test' })).secret.reveal()
      return {
        user,
        key,
        ask: (method, path, body) =>
          ask(method, path, body === undefined ? { key } : { key, body }),
      }
    },
  }
}

/** Reads an answer to its end. */
export async function readReply(response: Response): Promise<Reply> {
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

/** Fails when an answer is not of the form that the API promises, whatever else the test is about. */
function assertAsDescribed(method: string, path: string, { status, headers, body }: Reply): void {
  const what = `${method} ${path}: ${status} ${JSON.stringify(body)}`
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    assert.equal(headers.get(name), value, what)
  }
  for (const name of headers.keys()) assert.ok(!name.startsWith('access-control-'), what)
  const pathname = path.split('?')[0] ?? ''
  const route = routes.find((one) => one.method === method && matches(one.path, pathname))
  const schema = route === undefined ? ApiError : repliesOf(route).get(status)
  assert.ok(schema, `the description has no such status: ${what}`)
  if (method === 'HEAD') return
  const fault = Value.Errors(schema, body ?? null).First()
  assert.equal(fault, undefined, `${fault?.path} ${fault?.message} in ${what}`)
  if (body !== undefined) assert.equal(headers.get('content-type'), 'application/json')
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replace(/:\w+/g, '[^/]+')}$`).test(path)
}

/** Asserts that a request was refused with a status, and gives the sentence. */
export function assertRefused(reply: Reply, status: number): string {
  assert.equal(reply.status, status, reply.text)
  return reply.body.error.description
}
