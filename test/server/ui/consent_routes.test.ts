import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { PASSWORD, withPages } from '../../harness/pages.ts'
import type { Pages, Visitor } from '../../harness/pages.ts'

const CALLBACK = 'http://127.0.0.1:51234/'

/** Begins a login as a program does, and follows the browser to our page. */
async function begin(
  browser: Visitor,
  parameters: Record<string, string> = {},
): Promise<{ page: string; verifier: string }> {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: 'locksmith',
    response_type: 'code',
    scope: 'openid offline_access',
    redirect_uri: CALLBACK,
    state: 'a-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  })
  const started = await browser.get(`/oidc/auth?${query}`)
  assert.equal(started.status, 303, started.text)
  assert.match(started.to, /\/interaction\/[\w-]+$/)
  return { page: new URL(started.to, 'http://localhost:4000').pathname, verifier }
}

/** Follows the browser back to the program. */
async function goOn(browser: Visitor, to: string): Promise<URL> {
  const { pathname, search } = new URL(to, 'http://localhost:4000')
  const answer = await browser.get(pathname + search)
  return new URL(answer.to)
}

/** The provider looks at the machine's clock: the pages have to, too. */
function withRealTime(body: (pages: Pages) => Promise<void>) {
  return withPages(async (pages) => {
    pages.clock.now = () => Date.now() + pages.clock.time
    pages.clock.time = 0
    await body(pages)
  })
}

test(
  'a program that asks is named, with what it asks for and where the answer goes',
  withRealTime(async (pages) => {
    const ann = await pages.signUp('ann')
    const { page } = await begin(ann)
    const seen = await ann.get(page)
    assert.equal(seen.status, 200)
    assert.match(seen.text, /Allow <bdi>phylum, the command-line tool<\/bdi>\?/)
    assert.match(seen.text, /Act as you, until you revoke its token/)
    assert.match(seen.text, /http:\/\/127\.0\.0\.1:51234/)
    const policy = seen.headers.get('content-security-policy') ?? ''
    assert.match(policy, /form-action 'self' http:\/\/127\.0\.0\.1:51234;/)
  }),
)

test(
  'whoever allows it sends the program a code, whoever denies it an error',
  withRealTime(async (pages) => {
    const ann = await pages.signUp('ann')
    const { page } = await begin(ann)
    await ann.get(page)
    const allowed = await goOn(ann, (await ann.send(page, { answer: 'allow' })).to)
    assert.equal(allowed.origin + allowed.pathname, CALLBACK)
    assert.ok(allowed.searchParams.get('code'))
    assert.equal(allowed.searchParams.get('state'), 'a-state')
    assert.equal((await ann.get(page)).status, 404, 'it is answered')

    for (const answer of ['deny', '', 'ALLOW']) {
      const again = await begin(ann)
      await ann.get(again.page)
      const denied = await goOn(ann, (await ann.send(again.page, { answer })).to)
      assert.equal(denied.searchParams.get('error'), 'access_denied')
      assert.equal(denied.searchParams.get('code'), null)
    }
  }),
)

test(
  'somebody who has not signed in does so on the way, or makes an account',
  withRealTime(async (pages) => {
    await pages.signUp('ann')
    const browser = pages.visit()
    const { page } = await begin(browser)
    const door = await browser.get(page)
    assert.match(door.text, /<h1>Sign in<\/h1>/)
    assert.match(door.text, /phylum, the command-line tool<\/bdi><\/strong> asks to act as you/)
    const action = /action="([^"]*)"/.exec(door.text)?.[1] ?? ''
    assert.equal(action, `/sign-in?to=${encodeURIComponent(page)}`)
    const answer = await browser.send(action, { email: 'ann@example.org', password: PASSWORD })
    assert.equal(answer.to, page)
    assert.match((await browser.get(page)).text, /Allow <bdi>/)

    const newcomer = pages.visit()
    const registration = await begin(newcomer, { prompt: 'create' })
    assert.match((await newcomer.get(registration.page)).text, /<h1>Create an account<\/h1>/)
  }),
)

test(
  'a program that wants a new sign-in gets one, however fresh the session is',
  withRealTime(async (pages) => {
    const ann = await pages.signUp('ann')
    pages.clock.time = 5000
    const { page } = await begin(ann, { prompt: 'login' })
    pages.clock.time = -60_000
    const before = await ann.get('/sign-in?again')
    assert.equal(before.status, 200)
    await ann.send('/sign-in', { email: 'ann@example.org', password: PASSWORD })
    assert.match((await ann.get(page)).text, /<h1>Sign in<\/h1>/)
    assert.equal((await ann.send(page, { answer: 'allow' })).to, page)
    pages.clock.time = 5000
    await ann.send('/sign-in', { email: 'ann@example.org', password: PASSWORD })
    assert.match((await ann.get(page)).text, /Allow <bdi>/)
    assert.ok(
      (await goOn(ann, (await ann.send(page, { answer: 'allow' })).to)).searchParams.get('code'),
    )
  }),
)

test(
  'O202 another browser cannot answer for this one, nor a page of another origin',
  withRealTime(async (pages) => {
    const [ann, bob] = [await pages.signUp('ann'), await pages.signUp('bob')]
    const { page } = await begin(bob)
    assert.equal((await ann.get(page)).status, 404)
    await ann.get('/tokens')
    assert.equal((await ann.send(page, { answer: 'allow' })).status, 404)
    await bob.get(page)
    const foreign = await bob.send(page, { answer: 'allow', csrf: 'guess' })
    assert.equal(foreign.status, 403)
  }),
)

/** Begins as a device does, and reads the code that it shows. */
async function beginDevice(pages: Pages): Promise<string> {
  const request = new Request('http://localhost:4000/oidc/device/auth', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'client_id=phylum_cli&scope=openid offline_access',
  })
  const answer = await (await pages.app(request, '192.0.2.50')).json() as { user_code: string }
  assert.match(answer.user_code, /^[A-Z]{4}-[A-Z]{4}$/, JSON.stringify(answer))
  return answer.user_code
}

test(
  'a device is connected by the code that it shows, after a question with the code in it',
  withRealTime(async (pages) => {
    const code = await beginDevice(pages)
    const visitor = pages.visit()
    const asked = await visitor.get(`/device?user_code=${code}`)
    assert.equal(asked.to, `/sign-in?to=${encodeURIComponent(`/device?user_code=${code}`)}`)
    const ann = await pages.signUp('ann')
    const form = await ann.get(`/device?user_code=${code}`)
    assert.match(form.text, new RegExp(`value="${code}"`), 'typed, and not yet sent')
    const question = await ann.send('/device', { user_code: code.toLowerCase() })
    assert.match(question.text, new RegExp(`class="user-code"[^>]*>${code}<`))
    assert.match(question.text, /Act as you, until it is signed out/)
    const done = await ann.send('/device/answer', { user_code: code, answer: 'allow' })
    assert.match(done.text, /Your device is connected/)
    const again = await ann.send('/device/answer', { user_code: code, answer: 'allow' })
    assert.equal(again.status, 422)
    assert.match(again.text, /No device waits for this code/)
  }),
)

test(
  'a device is refused',
  withRealTime(async (pages) => {
    const code = await beginDevice(pages)
    const ann = await pages.signUp('ann')
    await ann.get('/device')
    assert.match(
      (await ann.send('/device/answer', { user_code: code, answer: 'deny' })).text,
      /Denied/,
    )
    assert.equal((await ann.send('/device', { user_code: code })).status, 422)
  }),
)

test(
  'O203 codes of devices are limited, on the page itself',
  withRealTime(async (pages) => {
    const ann = await pages.signUp('ann')
    await ann.get('/device')
    for (let i = 0; i < 20; i++) {
      assert.equal((await ann.send('/device', { user_code: 'BCDF-GHJK' })).status, 422)
    }
    const page = await ann.send('/device', { user_code: await beginDevice(pages) })
    assert.equal(page.status, 429)
    assert.ok(Number(page.headers.get('retry-after')) > 0)
    assert.match(page.text, /You have tried too many\. Try again in 10 minutes\./)
  }),
)
