import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { createAccount } from '#server'
import { createIdentity } from '../../../src/server/identity/create_identity.ts'
import type { IdentityService } from '../../../src/server/identity/create_identity.ts'
import { rotateServerKeys } from '../../../src/server/identity/server_keys.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import type { Database } from '../../../src/server/store/database.ts'
import { createStore } from '../../../src/server/store.ts'
import type { User } from '../../../src/server/store.ts'
import { startBalancer } from '../../harness/balancer.ts'
import { Browser } from '../../harness/browser.ts'
import { startChild } from '../../harness/child.ts'
import { onEachDatabase } from '../../harness/databases.ts'
import {
  askGroups,
  beginLogin,
  codeForm,
  discover,
  discoverKeys,
  exchange,
  logIn,
  post,
} from '../../harness/identity.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const SERVE = new URL('../fixtures/serve.ts', import.meta.url)

const clock = { now: () => Date.now() }

interface Team {
  url: string
  database: Database
  identity: IdentityService
  user: User
  /** Kills one of the two, as a power cut would; the balancer goes on with the other. */
  killOne(): Promise<void>
}

/** A server of the team, and what it has printed. */
interface Member {
  child: ChildProcess
  port: number
  printed(): string
}

async function startMember(place: string, url: string, ahead: number): Promise<Member> {
  const child = startChild(SERVE, [place, url, String(ahead)])
  let text = ''
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr?.on('data', (chunk) => text += chunk)
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const found = /^port (\d+)\.$/m.exec(text)
      if (found) resolve(Number(found[1]))
    })
    child.on('close', () => reject(new Error(`the server ended: ${text}`)))
  })
  return { child, port, printed: () => text }
}

/** Makes a test of two servers in processes of their own, which take turns, and of which one has its clock wrong. */
function withTeam(body: (team: Team) => Promise<void>, ahead = 0) {
  return onEachDatabase((where) =>
    withTemporaryDirectory(async (directory) => {
      const place = where === ':memory:' ? join(directory, 'server.sqlite') : where
      const balancer = await startBalancer()
      const { url } = balancer
      const members: Member[] = []
      const database = await openDatabase(place)
      try {
        members.push(
          ...await Promise.all([startMember(place, url, 0), startMember(place, url, ahead)]),
        )
        balancer.ports.push(...members.map(({ port }) => port))
        const log = createRecordingLog()
        await body({
          url,
          database,
          identity: createIdentity({ database, clock, log, origin: () => new URL(url) }),
          user: await createAccount(createStore(database, { clock }), {
            email: 'ann@example.org',
            name: 'Ann',
          }),
          async killOne() {
            const [first] = members
            balancer.ports.shift()
            const ended = once(first!.child, 'close')
            first!.child.kill('SIGKILL')
            await ended
          },
        })
        // Nothing but the port: no warning of a library, and nothing that went wrong.
        for (const { printed, port } of members) assert.equal(printed(), `port ${port}.\n`)
      } finally {
        for (const { child } of members) {
          if (child.exitCode === null && child.signalCode === null) {
            const ended = once(child, 'close')
            child.kill('SIGKILL')
            await ended
          }
        }
        await database.close()
        await balancer.stop()
      }
    })
  )
}

/** Everything that a program does, each request at another server than the one before. */
async function useEverything(team: Team): Promise<void> {
  const config = await discover(team.url)
  let tokens = await exchange(await logIn(team, config))
  for (let round = 0; round < 5; round++) {
    assert.equal(await askGroups(team.url, tokens.access_token), 200)
    tokens = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')
  }
  const profile = await oidc.fetchUserInfo(config, tokens.access_token, team.user.id)
  assert.equal(profile.email, 'ann@example.org')

  const keys = await discoverKeys(team.url)
  const endpoint = keys.serverMetadata().token_endpoint ?? ''
  const { body } = await post(endpoint, codeForm(await logIn(team, keys, { prompt: 'consent' })))
  assert.equal(await askGroups(team.url, body['token'] ?? ''), 200)
  assert.equal(await askGroups(team.url, body['token'] ?? ''), 200)

  const device = await oidc.initiateDeviceAuthorization(keys, { scope: 'openid' })
  const signedIn = { userId: team.user.id, signedInAt: Date.now() }
  assert.equal(await team.identity.approveDevice(device.user_code, signedIn), true)
  const grant = await post(endpoint, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'locksmith',
    device_code: device.device_code,
  })
  assert.equal(await askGroups(team.url, grant.body['token'] ?? ''), 200)
}

const limit = { timeout: 120_000 }

test('two servers on one database take turns in every flow', limit, withTeam(useEverything))

test(
  'two servers whose clocks are two minutes apart do, too',
  limit,
  withTeam(useEverything, 120_000),
)

test(
  'a token that is shown to both servers at once is granted once at most, and nothing of it stays good',
  limit,
  withTeam(async (team) => {
    const config = await discover(team.url)
    const endpoint = config.serverMetadata().token_endpoint ?? ''
    for (let round = 0; round < 3; round++) {
      const login = await logIn(team, config)
      const { refresh_token: token = '' } = await exchange(login)
      const answers = await Promise.all(
        Array.from({ length: 6 }, () =>
          post(endpoint, {
            grant_type: 'refresh_token',
            client_id: 'phylum_cli',
            refresh_token: token,
          })),
      )
      const granted = answers.filter(({ status }) => status === 200)
      assert.ok(granted.length <= 1, `${granted.length} were granted`)
      for (const { status, body } of answers) {
        if (status !== 200) assert.deepEqual([status, body['error']], [400, 'invalid_grant'])
      }
      for (const { body } of granted) {
        assert.equal(await askGroups(team.url, body['access_token'] ?? ''), 401)
        await assert.rejects(oidc.refreshTokenGrant(config, body['refresh_token'] ?? ''), {
          error: 'invalid_grant',
        })
      }
    }
  }),
)

test(
  'a code that is shown to both servers at once becomes one key at most, and that is revoked',
  limit,
  withTeam(async (team) => {
    const keys = await discoverKeys(team.url)
    const endpoint = keys.serverMetadata().token_endpoint ?? ''
    const store = createStore(team.database, { clock })
    for (let round = 0; round < 3; round++) {
      const form = codeForm(await logIn(team, keys))
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, each) => post(endpoint, { ...form, name: `key ${each}` })),
      )
      const granted = answers.filter(({ status }) => status === 200)
      assert.ok(granted.length <= 1, `${granted.length} were granted`)
      assert.deepEqual(await store.listKeys(team.user.id), [])
    }
  }),
)

test(
  'keys that one process rotates are used by all at once, and logins go on when a server is killed',
  limit,
  withTeam(async (team) => {
    const config = await discover(team.url)
    const browser = new Browser()
    const { address, verifier, state } = await beginLogin(config)
    const { url: page } = await browser.open(address)
    await rotateServerKeys(team.database, clock)
    for (let turn = 0; turn < 2; turn++) {
      const { keys } = await (await fetch(`${team.url}/oidc/jwks`)).json() as { keys: unknown[] }
      assert.equal(keys.length, 4)
    }
    await team.killOne()
    const next = await team.identity.finishInteraction(browser.request(page), {
      userId: team.user.id,
      signedInAt: Date.now(),
    })
    const { url: callback } = await browser.open(next ?? '')
    const tokens = await exchange({ config, callback, verifier, state })
    assert.equal(await askGroups(team.url, tokens.access_token), 200)
  }),
)
