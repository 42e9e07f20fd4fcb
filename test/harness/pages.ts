import assert from 'node:assert/strict'
import { createApp } from '../../src/server/app.ts'
import type { App } from '../../src/server/app.ts'
import { createIdentity } from '../../src/server/identity/create_identity.ts'
import { createPasswordHasher } from '../../src/server/password.ts'
import type { Policy } from '../../src/server/policy/policy.ts'
import { openDatabase } from '../../src/server/store/open_database.ts'
import { createStore } from '../../src/server/store.ts'
import type { Store } from '../../src/server/store.ts'
import { NOON } from './api.ts'
import { createRecordingLog } from './recording_log.ts'
import type { RecordingLog } from './recording_log.ts'

/** A password that nobody guesses. */
export const PASSWORD = 'seven herons over the mill'

/** Passwords that cost next to nothing, for tests that are about something else. */
export const cheapPasswords = () => createPasswordHasher({ ln: 2, r: 1, p: 1 })

/** The web pages over a database in memory, without a socket, and with a clock that stands still. */
export interface Pages {
  app: App
  store: Store
  log: RecordingLog
  clock: { time: number; now(): number }
  /** A browser that has not been here yet. */
  visit(options?: VisitorOptions): Visitor
  /** A browser in which somebody has just made an account. */
  signUp(name: string): Promise<Visitor>
}

export interface PagesOptions {
  /** Where the database is, if not in memory. */
  where?: string
  wrap?: (store: Store) => Store
  /** Where the server is reached from outside. */
  publicUrl?: string
  policy?: Policy
}

export interface VisitorOptions {
  origin?: string
  /** Network address. */
  address?: string
}

/** Makes a test that runs against pages of its own. */
export function withPages(
  body: (pages: Pages) => Promise<void>,
  { where = ':memory:', wrap, publicUrl, policy }: PagesOptions = {},
): () => Promise<void> {
  return async () => {
    const clock = { time: NOON, now: () => clock.time }
    const log = createRecordingLog()
    const database = await openDatabase(where)
    const store = createStore(database, { clock })
    const origin = () => new URL(publicUrl ?? 'http://localhost:4000')
    const app = createApp({
      store: wrap?.(store) ?? store,
      clock,
      log,
      passwords: cheapPasswords(),
      identity: createIdentity({ database, clock, log, origin }),
      ...policy === undefined ? {} : { policy },
      ...publicUrl === undefined ? {} : { origin, hosts: [origin().hostname] },
    })
    const visit = (options?: VisitorOptions) => new Visitor(app, options)
    try {
      await body({
        app,
        store,
        log,
        clock,
        visit,
        async signUp(name) {
          const visitor = visit()
          await visitor.get('/sign-up')
          const account = { email: `${name}@example.org`, name, password: PASSWORD }
          const page = await visitor.send('/sign-up', account)
          assert.equal(page.status, 303, page.text)
          return visitor
        },
      })
    } finally {
      await store.close()
    }
  }
}

/** An answer, read to its end. */
export interface Seen {
  status: number
  headers: Headers
  text: string
  /** Where the browser is sent, or ''. */
  to: string
}

/** What a browser does: it keeps cookies and sends forms as they are, and is otherwise led by the test. */
export class Visitor {
  readonly cookies = new Map<string, string>()
  /** Lines that set cookies, as they came. */
  readonly lines: string[] = []
  /** The proof in the form that was seen last. */
  csrf = ''
  readonly #app: App
  readonly #origin: string
  readonly #address: string

  constructor(app: App, options: VisitorOptions = {}) {
    this.#app = app
    this.#origin = options.origin ?? 'http://localhost:4000'
    this.#address = options.address ?? '192.0.2.1'
  }

  get cookie(): string {
    return [...this.cookies].map((pair) => pair.join('=')).join('; ')
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Seen> {
    return await this.#ask(path, { headers })
  }

  /** Sends a form, with the proof of the page that was seen last unless the fields say otherwise. */
  async send(
    path: string,
    fields: Record<string, string> | URLSearchParams,
    headers: Record<string, string> = {},
  ): Promise<Seen> {
    const body = new URLSearchParams(fields)
    if (!body.has('csrf')) body.set('csrf', this.csrf)
    return await this.#ask(path, {
      method: 'POST',
      body: body.toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: this.#origin,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
    })
  }

  /** Gets a page, sends its form, and follows where that leads. */
  async do(path: string, fields: Record<string, string>, to = path): Promise<Seen> {
    await this.get(path)
    const sent = await this.send(to, fields)
    return sent.to === '' ? sent : await this.get(sent.to)
  }

  async #ask(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Seen> {
    const headers = { accept: 'text/html', ...init.headers }
    const request = new Request(`${this.#origin}${path}`, {
      ...init,
      headers: this.cookies.size === 0 ? headers : { cookie: this.cookie, ...headers },
    })
    const response = await this.#app(request, this.#address)
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    const text = await response.text()
    this.csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? this.csrf
    const to = response.headers.get('location') ?? ''
    return { status: response.status, headers: response.headers, text, to }
  }

  #keep(line: string): void {
    this.lines.push(line)
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/; Max-Age=0(;|$)/.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
