import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { Browser } from '../../harness/browser.ts'
import { findLeak } from '../../harness/canary.ts'
import {
  beginLogin,
  codeForm,
  discover,
  discoverKeys,
  exchange,
  post,
  withIdentity,
} from '../../harness/identity.ts'
import type { World } from '../../harness/identity.ts'

const TABLES = ['oidc_payloads', 'server_secrets', 'api_keys', 'rate_limits', 'users', 'sessions']

/** Gives everything that a copy of the server's data would hold. */
async function copyOf({ place, database, log }: World): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for (const table of TABLES) {
    for (const row of await database.all<Record<string, unknown>>(`SELECT * FROM ${table}`)) {
      for (const value of Object.values(row)) {
        parts.push(Buffer.from(value instanceof Uint8Array ? value : String(value)))
      }
    }
  }
  for (const file of ['', '-wal', '-shm'].map((end) => place + end)) {
    if (existsSync(file)) parts.push(readFileSync(file))
  }
  parts.push(Buffer.from(JSON.stringify(log)))
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]))
}

test(
  'O205 a copy of the database, its log of writes and the logs gives nobody a code, a token, a cookie or a key',
  withIdentity(async (world) => {
    const secrets = new Map<string, string>()
    const check = async () => {
      const copy = await copyOf(world)
      // What must be there is found, so what is not found is not there.
      assert.ok(copy.includes('ann@example.org'))
      for (const [what, secret] of secrets) {
        assert.ok(secret, what)
        assert.equal(findLeak(copy, secret), undefined, what)
      }
    }
    const signedIn = { userId: world.user.id, signedInAt: Date.now() }

    for (const config of [await discover(world.url), await discoverKeys(world.url)]) {
      const client = config.clientMetadata().client_id
      const browser = new Browser()
      const { address, verifier, state } = await beginLogin(config)
      const { url: page } = await browser.open(address)
      secrets.set(`${client} interaction`, page.pathname.split('/')[2] ?? '')
      for (const { name, value } of browser.cookies) secrets.set(`${client} cookie ${name}`, value)
      await check()
      const next = await world.identity.finishInteraction(browser.request(page), signedIn) ?? ''
      await check()
      const { url: callback } = await browser.open(next)
      secrets.set(`${client} code`, callback.searchParams.get('code') ?? '')
      secrets.set(`${client} verifier`, verifier)
      await check()
      const login = { config, callback, verifier, state }
      if (client === 'locksmith') {
        const { body } = await post(
          config.serverMetadata().token_endpoint ?? '',
          codeForm(login),
        )
        secrets.set('key', body['token'] ?? '')
      } else {
        const tokens = await exchange(login)
        secrets.set('access token', tokens.access_token)
        secrets.set('refresh token', tokens.refresh_token ?? '')
        const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')
        secrets.set('second access token', renewed.access_token)
        secrets.set('second refresh token', renewed.refresh_token ?? '')
      }
      await check()
      const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' })
      secrets.set(`${client} device code`, device.device_code)
      await check()
      assert.equal((await copyOf(world)).includes(device.user_code.replace('-', '')), false)
      assert.equal((await copyOf(world)).includes(device.user_code), false)
      await world.identity.approveDevice(device.user_code, signedIn)
      await check()
    }
    assert.ok(secrets.size >= 18, String(secrets.size))
  }),
)

test(
  'O205 what stands in the database in place of a token is no token',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const { address } = await beginLogin(config)
    await new Browser().open(address)
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' })
    const rows = await world.database.all<{ model: string; hash: Uint8Array }>(
      `SELECT model, id_hash AS hash FROM oidc_payloads`,
    )
    assert.ok(rows.length >= 2)
    for (const { hash } of rows) {
      for (const encoding of ['hex', 'base64url', 'latin1'] as const) {
        const { status, body } = await post(config.serverMetadata().token_endpoint ?? '', {
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          client_id: 'phylum_cli',
          device_code: Buffer.from(hash).toString(encoding),
        })
        assert.deepEqual([status, body['error']], [400, 'invalid_grant'])
      }
    }
    assert.ok(device.user_code)
  }),
)
