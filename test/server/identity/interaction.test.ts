import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Browser } from '../../harness/browser.ts'
import {
  beginLogin,
  CALLBACK,
  discover,
  discoverKeys,
  exchange,
  logIn,
  withIdentity,
} from '../../harness/identity.ts'
import type { World } from '../../harness/identity.ts'

/** Goes up to the page that asks. */
async function reachPage(world: World, parameters: Record<string, string> = {}, path?: string) {
  const browser = new Browser()
  const { address } = await beginLogin(await discover(world.url), parameters)
  if (path !== undefined) address.pathname = path
  const { url } = await browser.open(address)
  return { browser, url, request: browser.request(url) }
}

test(
  'readInteraction() tells a page what is asked, and by whom',
  withIdentity(async (world) => {
    const { url, request } = await reachPage(world)
    assert.deepEqual(await world.identity.readInteraction(request), {
      id: url.pathname.split('/')[2],
      program: { id: 'phylum_cli', name: 'phylum, the command-line tool', holds: 'tokens' },
      scopes: ['openid', 'offline_access'],
      redirectOrigin: 'http://127.0.0.1:51234',
      signedInAfter: 0,
      isRegistration: false,
    })
    const below = new Request(`${url}/sign-in`, { headers: request.headers })
    assert.ok(await world.identity.readInteraction(below))
  }),
)

test(
  'readInteraction() knows a login for a key, and the path that leads to a new account',
  withIdentity(async (world) => {
    const config = await discoverKeys(world.url)
    const { address } = await beginLogin(config)
    const sibling = new URL('registrations', address.origin + address.pathname)
    sibling.search = address.search
    const browser = new Browser()
    const { url } = await browser.open(sibling)
    const request = browser.request(url)
    const interaction = await world.identity.readInteraction(request)
    assert.equal(interaction?.program.holds, 'key')
    assert.equal(interaction?.isRegistration, true)
    const next = await world.identity.finishInteraction(request, {
      userId: world.user.id,
      signedInAt: Date.now(),
    })
    const { url: callback } = await browser.open(next ?? '')
    assert.ok(callback.searchParams.get('code'), callback.href)
  }),
)

test(
  'prompt=login and max_age are held: a sign-in from before does not do',
  withIdentity(async (world) => {
    const now = Date.now()
    const old = { userId: world.user.id, signedInAt: now - 60_000 }
    const forced = [
      { prompt: 'login' },
      { max_age: '30' },
      { max_age: '0' },
      { prompt: 'consent login' },
    ]
    for (const parameters of forced) {
      const { request } = await reachPage(world, parameters)
      const after = (await world.identity.readInteraction(request))?.signedInAfter ?? 0
      assert.ok(after > old.signedInAt, JSON.stringify(parameters))
      assert.equal(await world.identity.finishInteraction(request, old), undefined)
      const fresh = { ...old, signedInAt: Date.now() }
      assert.ok(await world.identity.finishInteraction(request, fresh), JSON.stringify(parameters))
    }
    const { request } = await reachPage(world, { max_age: '300' })
    assert.ok(await world.identity.finishInteraction(request, old))
  }),
)

test(
  'prompt=none is told that somebody must sign in, and no page is shown',
  withIdentity(async (world) => {
    const config = await discover(world.url)
    const browser = new Browser()
    await exchange(await logIn(world, config, {}, browser))
    const { address } = await beginLogin(config, { prompt: 'none' })
    const { url } = await browser.open(address)
    assert.equal(url.origin + url.pathname, CALLBACK)
    assert.equal(url.searchParams.get('error'), 'login_required')
  }),
)

test(
  'K149 a login that another browser has begun can be neither read nor finished',
  withIdentity(async (world) => {
    const mine = await reachPage(world)
    const yours = await reachPage(world)
    const signedIn = { userId: world.user.id, signedInAt: Date.now() }
    const forged = [
      // A link to somebody's own page, opened by somebody else.
      new Request(mine.url),
      new Request(mine.url, { headers: yours.request.headers }),
      // The cookie of one login, the page of another.
      new Request(yours.url, { headers: mine.request.headers }),
      // The id in a cookie, without the server's signature, and with a wrong one.
      new Request(mine.url, {
        headers: { cookie: `phylum_interaction=${mine.url.pathname.split('/')[2]}` },
      }),
      new Request(mine.url, {
        headers: {
          cookie: `phylum_interaction=${mine.url.pathname.split('/')[2]}; ` +
            `phylum_interaction.sig=${'A'.repeat(43)}`,
        },
      }),
    ]
    for (const request of forged) {
      assert.equal(await world.identity.readInteraction(request), undefined)
      assert.equal(await world.identity.finishInteraction(request, signedIn), undefined)
      assert.equal(await world.identity.refuseInteraction(request), undefined)
    }
    assert.ok(await world.identity.readInteraction(mine.request))
    assert.ok(await world.identity.readInteraction(yours.request))
  }),
)

test(
  'a login that was answered goes on in the browser that began it, and once',
  withIdentity(async (world) => {
    const { browser, request } = await reachPage(world)
    const next = await world.identity.finishInteraction(request, {
      userId: world.user.id,
      signedInAt: Date.now(),
    }) ?? ''
    const stranger = await new Browser().open(next)
    assert.equal(stranger.response?.status, 400)
    const kept = browser.cookieFor(new URL(next))
    assert.ok((await browser.open(next)).url.searchParams.get('code'))
    // What is left says nothing about who has signed in.
    const names = browser.cookies.map(({ name }) => name.replace('.sig', ''))
    assert.deepEqual([...new Set(names)].sort(), ['phylum_interaction', 'phylum_resume'])
    const again = await fetch(next, { headers: { cookie: kept }, redirect: 'manual' })
    assert.equal(again.status, 400)
    assert.equal(await world.identity.readInteraction(request), undefined)
  }),
)

test(
  'an answer that is taken twice at once becomes one code',
  withIdentity(async (world) => {
    const { browser, request } = await reachPage(world)
    const next = await world.identity.finishInteraction(request, {
      userId: world.user.id,
      signedInAt: Date.now(),
    }) ?? ''
    const cookie = browser.cookieFor(new URL(next))
    const answers = await Promise.all(
      Array.from(
        { length: 8 },
        () => fetch(next, { headers: { cookie }, redirect: 'manual' }),
      ),
    )
    const codes = answers.filter((answer) => /code=/.test(answer.headers.get('location') ?? ''))
    assert.equal(codes.length, 1)
  }),
)

test(
  'refuseInteraction() sends the browser back with a no',
  withIdentity(async (world) => {
    const { browser, request } = await reachPage(world)
    const next = await world.identity.refuseInteraction(request) ?? ''
    const { url } = await browser.open(next)
    assert.equal(url.origin + url.pathname, CALLBACK)
    assert.equal(url.searchParams.get('error'), 'access_denied')
    assert.equal(url.searchParams.get('iss'), `${world.url}/oidc`)
    assert.equal(url.searchParams.get('code'), null)
  }),
)

test(
  'O202 the cookies of a login are out of reach for scripts, and kept to their path',
  withIdentity(async (world) => {
    const { browser, url } = await reachPage(world)
    assert.equal(browser.cookies.length, 4)
    for (const { name, line, path } of browser.cookies) {
      assert.match(line, /; httponly/i)
      assert.match(line, /; samesite=lax/i)
      assert.doesNotMatch(line, /; secure|; domain/i)
      assert.equal(path.endsWith(url.pathname.split('/')[2] ?? ''), true, name)
    }
  }),
)

test(
  'O202 behind https the cookies are for https alone, and every address is the public one',
  withIdentity(async (world) => {
    assert.equal(world.url, 'https://login.example.org')
    const { address: local } = world.server
    const headers = { host: 'login.example.org' }
    const document = await (await fetch(`${local}/oidc/.well-known/openid-configuration`, {
      headers,
    })).json() as Record<string, unknown>
    for (const [name, value] of Object.entries(document)) {
      if (name !== 'issuer' && !name.endsWith('_endpoint') && name !== 'jwks_uri') continue
      assert.match(String(value), /^https:\/\/login\.example\.org\/oidc/, name)
    }
    const query = new URLSearchParams({
      client_id: 'phylum_cli',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: CALLBACK,
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
    })
    const answer = await fetch(`${local}/oidc/auth?${query}`, { headers, redirect: 'manual' })
    const cookies = answer.headers.getSetCookie()
    assert.equal(cookies.length, 4)
    for (const line of cookies) assert.match(line, /; secure/i)
    const page = new URL(answer.headers.get('location') ?? '', world.url)
    const cookie = cookies.map((line) => line.split(';')[0]).join('; ')
    const next = await world.identity.finishInteraction(
      new Request(page, { headers: { cookie } }),
      { userId: world.user.id, signedInAt: Date.now() },
    )
    assert.match(next ?? '', /^https:\/\/login\.example\.org\/oidc\/auth\//)
  }, { publicUrl: 'https://login.example.org' }),
)
