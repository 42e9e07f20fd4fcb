import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { discover, discoverKeys } from '../harness/identity.ts'
import { finish, PASSWORD, prepareWorld, SKIP, useKey } from './world.ts'

const world = prepareWorld()

/** A program that waits on the loopback interface for the browser to come back to it. */
interface Program {
  config: oidc.Configuration
  /** Where it sends the browser to. */
  address: URL
  verifier: string
  state: string
  /** Where the browser came back to. */
  callback: Promise<URL>
}

async function withProgram(
  config: oidc.Configuration,
  parameters: Record<string, string>,
  body: (program: Program) => Promise<void>,
): Promise<void> {
  const { promise: callback, resolve } = Promise.withResolvers<URL>()
  const listener = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const url = new URL(request.url)
      if (url.pathname !== '/') return new Response(null, { status: 404 })
      resolve(url)
      return new Response('<title>Back</title><h1>You can close this page</h1>', {
        headers: { 'content-type': 'text/html' },
      })
    },
  })
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: `http://127.0.0.1:${listener.port}/`,
    scope: 'openid offline_access',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  })
  try {
    await body({ config, address, verifier, state, callback })
  } finally {
    await listener.stop(true)
  }
}

async function askForToken(
  { config, verifier, state, callback }: Program,
): Promise<oidc.TokenEndpointResponse> {
  return await oidc.authorizationCodeGrant(config, await callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
  })
}

test('a program asks, somebody signs up on the way, allows it, and it gets its tokens', {
  skip: SKIP,
}, async () => {
  const config = await discover(world.url)
  await withProgram(config, {}, async (program) => {
    const page = await world.open()
    await page.goto(program.address.href)
    await page.getByText('phylum, the command-line tool asks to act as you').waitFor()
    await page.getByRole('link', { name: 'Create one' }).click()
    await page.getByLabel('Email').fill('carla@example.org')
    await page.getByLabel('Name').fill('Carla')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Allow phylum, the command-line tool?' }).waitFor()
    await page.getByText('It asks to act as Carla').waitFor()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'You can close this page' }).waitFor()
    const tokens = await askForToken(program)
    assert.equal(await useKey(world.url, tokens.access_token), 200)
    assert.ok(tokens.refresh_token)
    await finish(page)
  })
})

test('the same without JavaScript, with a wrong password first', { skip: SKIP }, async () => {
  const config = await discover(world.url)
  await withProgram(config, { prompt: 'login' }, async (program) => {
    const page = await world.open({ javaScriptEnabled: false })
    await page.goto(program.address.href)
    await page.getByLabel('Email').fill('carla@example.org')
    await page.getByLabel('Password').fill('not hers')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Email and password do not belong together.').waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'You can close this page' }).waitFor()
    assert.equal(await useKey(world.url, (await askForToken(program)).access_token), 200)
    await finish(page, /422/)
  })
})

test('a program that is denied gets an error, and nothing else', { skip: SKIP }, async () => {
  const config = await discover(world.url)
  await withProgram(config, {}, async (program) => {
    const page = await world.openAs('Denise')
    await page.goto(program.address.href)
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByRole('heading', { name: 'You can close this page' }).waitFor()
    const { searchParams } = await program.callback
    assert.equal(searchParams.get('error'), 'access_denied')
    assert.ok(!searchParams.has('code'))
    await finish(page)
  })
})

test('a program that makes itself a key finds it listed among the tokens, and revoked there', {
  skip: SKIP,
}, async () => {
  const config = await discoverKeys(world.url)
  await withProgram(config, {}, async (program) => {
    const page = await world.openAs('Kay')
    await page.goto(program.address.href)
    await page.getByText('Act as you, until you revoke its token').waitFor()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'You can close this page' }).waitFor()
    const callback = await program.callback
    const answer = await fetch(config.serverMetadata().token_endpoint!, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'locksmith',
        code: callback.searchParams.get('code') ?? '',
        code_verifier: program.verifier,
        redirect_uri: callback.origin + '/',
        name: 'my box',
      }),
    })
    const { token } = await answer.json() as { token: string }
    assert.equal(await useKey(world.url, token), 200)
    await page.goto(`${world.url}/tokens`)
    await page.getByRole('link', { name: 'Revoke my box' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('Token revoked').waitFor()
    assert.equal(await useKey(world.url, token), 401)
    await finish(page)
  })
})

test('a device is connected by the code that it shows', { skip: SKIP }, async () => {
  const config = await discover(world.url)
  const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid offline_access' })
  const page = await world.openAs('Debby')
  await page.goto(device.verification_uri)
  await page.getByLabel('Code').fill('bcdf ghjk')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('No device waits for this code.').waitFor()
  await page.getByLabel('Code').fill(device.user_code.toLowerCase().replace('-', ''))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText(device.user_code).waitFor()
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('heading', { name: 'Your device is connected' }).waitFor()
  const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 })
  assert.equal(await useKey(world.url, tokens.access_token), 200)
  await finish(page, /422/)
})

test('a device is connected by the link that it shows, and not before somebody agreed', {
  skip: SKIP,
}, async () => {
  const config = await discover(world.url)
  const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid offline_access' })
  const page = await world.openAs('Lena', { javaScriptEnabled: false })
  await page.goto(device.verification_uri_complete ?? '')
  assert.equal(await page.getByLabel('Code').inputValue(), device.user_code)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('Go on only if the device in front of you shows this code').waitFor()
  await page.getByRole('button', { name: 'Deny' }).click()
  await page.getByRole('heading', { name: 'Denied' }).waitFor()
  const polled = oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 })
  await assert.rejects(polled, { error: 'access_denied' })
  await finish(page)
})
