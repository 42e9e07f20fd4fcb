import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import * as oidc from 'openid-client'
import { createAccount, startServer } from '#server'
import type { RunningServer } from '#server'
import { createIdentity } from '../../src/server/identity/create_identity.ts'
import type { IdentityService } from '../../src/server/identity/create_identity.ts'
import type { Database } from '../../src/server/store/database.ts'
import { openDatabase } from '../../src/server/store/open_database.ts'
import type { User } from '../../src/server/store.ts'
import { Browser } from './browser.ts'
import { onEachDatabase } from './databases.ts'
import { createRecordingLog } from './recording_log.ts'
import type { RecordingLog } from './recording_log.ts'
import { withTemporaryDirectory } from './temporary.ts'

/** Where the programs of the tests listen; nobody does, because the browser stops before it gets there. */
export const CALLBACK = 'http://127.0.0.1:51234/'

/** A server with its database in a file, and somebody with an account. */
export interface World {
  server: RunningServer
  url: string
  /** Where its database is: what `--database` takes. */
  place: string
  log: RecordingLog
  /** Time as the server and the pages are told it; the provider itself looks at the machine's clock. */
  clock: { skew: number; now(): number }
  user: User
  /** What the web pages would use, on the same database. */
  identity: IdentityService
  database: Database
}

/** Makes a test that runs against a server of its own, on a socket, once on each database. */
export function withIdentity(
  body: (world: World) => Promise<void>,
  options: { publicUrl?: string } = {},
): (t: TestContext) => Promise<void> {
  return onEachDatabase((where) =>
    withTemporaryDirectory(async (directory) => {
      const place = where === ':memory:' ? join(directory, 'server.sqlite') : where
      const clock = { skew: 0, now: () => Date.now() + clock.skew }
      const log = createRecordingLog()
      const server = await startServer({ database: place, port: 0, clock, log, ...options })
      const database = await openDatabase(place)
      try {
        const { url } = server
        const origin = () => new URL(url)
        await body({
          server,
          url,
          place,
          log,
          clock,
          user: await createAccount(server.store, { email: 'ann@example.org', name: 'Ann' }),
          identity: createIdentity({ database, clock, log, origin }),
          database,
        })
      } finally {
        await database.close()
        await server.stop()
      }
    })
  )
}

/** Reads how a client is to talk to the provider. */
export function discover(url: string, client = 'phylum_cli'): Promise<oidc.Configuration> {
  return oidc.discovery(new URL(`${url}/oidc`), client, undefined, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  })
}

/** Reads how a client is to talk to the key service. */
export async function discoverKeys(url: string): Promise<oidc.Configuration> {
  const answer = await fetch(`${url}/locksmith/v1/.well-known/locksmith-configuration`)
  const config = new oidc.Configuration(
    await answer.json() as oidc.ServerMetadata,
    'locksmith',
    undefined,
    oidc.None(),
  )
  oidc.allowInsecureRequests(config)
  return config
}

/** A login that is ready to be exchanged. */
export interface Login {
  config: oidc.Configuration
  /** Where the browser was sent with the code. */
  callback: URL
  verifier: string
  state: string
}

/** The part of a server that a login needs. */
export type Person = Pick<World, 'identity' | 'user'>

/** Logs in through a browser, as somebody who agrees to everything. */
export async function logIn(
  person: Person,
  config: oidc.Configuration,
  parameters: Record<string, string> = {},
  browser = new Browser(),
): Promise<Login> {
  const { address, verifier, state } = await beginLogin(config, parameters)
  const page = (await browser.open(address)).url
  assert.match(page.pathname, /^\/interaction\//, page.href)
  const next = await person.identity.finishInteraction(browser.request(page), {
    userId: person.user.id,
    signedInAt: Date.now(),
  })
  assert.ok(next, 'the interaction is not there')
  const { url: callback } = await browser.open(next)
  assert.equal(callback.origin + callback.pathname, CALLBACK, callback.href)
  return { config, callback, verifier, state }
}

/** Writes the address by which a program begins a login. */
export async function beginLogin(
  config: oidc.Configuration,
  parameters: Record<string, string> = {},
): Promise<{ address: URL; verifier: string; state: string }> {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid offline_access',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  })
  return { address, verifier, state }
}

/** Exchanges the code of a login for tokens. */
export function exchange({ config, callback, verifier, state }: Login) {
  return oidc.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    idTokenExpected: true,
  })
}

/** Sends a form to a token endpoint, as it is. */
export async function post(
  address: string,
  fields: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, string> }> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: String(new URLSearchParams(fields)),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : JSON.parse(text),
  }
}

/** Writes what a program sends for the code of a login. */
export function codeForm({ config, callback, verifier }: Login): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    client_id: config.clientMetadata().client_id,
    code: callback.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  }
}

/** Asks for the groups of whoever holds a credential. */
export async function askGroups(url: string, credential: string): Promise<number> {
  const response = await fetch(`${url}/api/v0/groups`, {
    headers: { authorization: `Bearer ${credential}` },
  })
  await response.text()
  return response.status
}
