import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD, withPages } from '../../harness/pages.ts'

const ANN = { email: 'ann@example.org', name: 'Ann', password: PASSWORD }

test(
  'GET / leads to sign in, and once signed in to the tokens',
  withPages(async (pages) => {
    assert.equal((await pages.visit().get('/')).to, '/sign-in')
    const ann = await pages.signUp('ann')
    assert.equal((await ann.get('/')).to, '/tokens')
    assert.equal((await ann.get('/sign-in')).to, '/tokens')
    assert.equal((await ann.get('/sign-up')).to, '/tokens')
  }),
)

test(
  'sign-up makes an account, signs it in, and shows who one is',
  withPages(async (pages) => {
    const ann = pages.visit()
    const page = await ann.do('/sign-up', ANN)
    assert.equal(page.status, 200)
    assert.match(page.text, /<h1>API Access Tokens<\/h1>/)
    assert.match(page.text, /<bdi>Ann<\/bdi><span class="muted">ann@example.org/)
  }),
)

test(
  'sign-up tells beside each field what is wrong, keeps what was typed, and never the password',
  withPages(async (pages) => {
    const ann = pages.visit()
    await ann.get('/sign-up')
    const page = await ann.send('/sign-up', { email: 'no', name: ' ', password: 'short-secret' })
    assert.equal(page.status, 422)
    assert.match(page.text, /<title>Error: Create an account/)
    assert.match(page.text, /id="email-error">.*This is not an email address\./)
    assert.match(page.text, /id="name-error">.*It is empty/)
    assert.match(page.text, /<input id="email"[^>]* value="no"[^>]* aria-invalid="true"/)
    const weak = await ann.send('/sign-up', { ...ANN, password: 'password1234' })
    assert.match(weak.text, /id="password-error">.*anybody would try first/)
    assert.ok(!page.text.includes('short-secret') && !weak.text.includes('password1234'))
  }),
)

test(
  'sign-up refuses an email that has an account, and changes nothing of it',
  withPages(async (pages) => {
    await pages.signUp('ann')
    const other = pages.visit()
    await other.get('/sign-up')
    const page = await other.send('/sign-up', { ...ANN, password: 'my own words, not hers' })
    assert.equal(page.status, 422)
    assert.match(page.text, /This email has an account\./)
    const ann = pages.visit()
    assert.match((await ann.do('/sign-in', ANN)).text, /API Access Tokens/)
  }),
)

test(
  'O203 sign-in says the same to an email without an account as to a wrong password',
  withPages(async (pages) => {
    await pages.signUp('ann')
    const ask = async (email: string) => {
      const visitor = pages.visit({ address: '192.0.2.77' })
      await visitor.get('/sign-in')
      const page = await visitor.send('/sign-in', { email, password: 'a guess at it' })
      return {
        status: page.status,
        text: page.text.replaceAll(email, 'EMAIL').replaceAll(visitor.csrf, 'PROOF'),
        cookies: [...visitor.cookies.keys()],
        headers: [...page.headers.keys()],
      }
    }
    const known = await ask('ann@example.org')
    assert.equal(known.status, 422)
    assert.match(known.text, /Email and password do not belong together/)
    assert.deepEqual(await ask('bob@example.org'), known)
  }),
)

test(
  'O203 sign-in is limited, says for how long, and keeps what was typed',
  withPages(async (pages) => {
    await pages.signUp('ann')
    const visitor = pages.visit()
    await visitor.get('/sign-in')
    for (let i = 0; i < 10; i++) {
      await visitor.send('/sign-in', { email: ANN.email, password: `guess number ${i}` })
    }
    const page = await visitor.send('/sign-in', ANN)
    assert.equal(page.status, 429)
    assert.equal(page.headers.get('retry-after'), '900')
    assert.match(page.text, /There were too many attempts\. Try again in 15 minutes\./)
    assert.match(page.text, /value="ann@example.org"/)
    pages.clock.time += 900_000
    assert.equal((await visitor.send('/sign-in', ANN)).status, 303)
  }),
)

test(
  'sign-in leads to where one wanted to go',
  withPages(async (pages) => {
    await pages.signUp('ann')
    const visitor = pages.visit()
    const asked = await visitor.get('/groups/blue?x=1')
    assert.equal(asked.to, '/sign-in?to=%2Fgroups%2Fblue%3Fx%3D1')
    const form = await visitor.get(asked.to)
    const action = /action="(\/sign-in[^"]*)"/.exec(form.text)?.[1] ?? ''
    assert.equal((await visitor.send(action, ANN)).to, '/groups/blue?x=1')
    const other = /href="(\/sign-up[^"]*)"/.exec(form.text)?.[1] ?? ''
    assert.equal(other, '/sign-up?to=%2Fgroups%2Fblue%3Fx%3D1')
  }),
)

test(
  'O202 sign-in leads to no other site, however its address is written',
  withPages(async (pages) => {
    await pages.signUp('ann')
    for (
      const to of [
        '//evil.example',
        'https://evil.example/tokens',
        '/\\evil.example',
        '/\t/evil.example',
        '\\\\evil.example',
        'javascript:alert(1)',
        '/tokens/../../evil',
        '/oidc/auth?client_id=x',
        '/sign-out',
        '/tokens@evil.example',
        'x'.repeat(2000),
      ]
    ) {
      const visitor = pages.visit()
      await visitor.get('/sign-in')
      const { to: led } = await visitor.send(`/sign-in?to=${encodeURIComponent(to)}`, ANN)
      assert.equal(led, '/tokens', to)
      assert.equal((await visitor.get(`/sign-in?to=${encodeURIComponent(to)}`)).to, '/tokens', to)
    }
  }),
)

test(
  'O202 sign-in makes a new id: one that was planted in the browser opens nothing',
  withPages(async (pages) => {
    await pages.signUp('ann')
    const attacker = pages.visit()
    await attacker.get('/sign-in')
    const victim = pages.visit()
    for (const [name, value] of attacker.cookies) victim.cookies.set(name, value)
    await victim.get('/sign-in')
    await victim.send('/sign-in', ANN)
    assert.equal((await victim.get('/tokens')).status, 200)
    assert.equal((await attacker.get('/tokens')).to, '/sign-in?to=%2Ftokens')
    assert.notEqual(attacker.cookie, victim.cookie)
  }),
)

test(
  'O202 sign-in in a browser where somebody is signed in ends the session that was there',
  withPages(async (pages) => {
    await pages.signUp('bob')
    const browser = await pages.signUp('ann')
    const before = new Map(browser.cookies)
    await browser.get('/sign-in?again')
    await browser.send('/sign-in', { email: 'bob@example.org', password: PASSWORD })
    assert.match((await browser.get('/account')).text, /bob@example.org/)
    const old = pages.visit()
    for (const [name, value] of before) old.cookies.set(name, value)
    assert.equal((await old.get('/account')).status, 303)
  }),
)

test(
  'O202 the session cookie is out of reach of scripts and other sites, and bound to https where there is any',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const line = ann.lines.at(-1) ?? ''
    assert.match(
      line,
      /^phylum_visit_4000=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/,
    )
  }),
)

test(
  'O202 the session cookie is bound to https where the server is reached by it, also behind a proxy',
  withPages(async (pages) => {
    const ann = pages.visit({ origin: 'http://phylum.example.org' })
    await ann.get('/sign-up', {})
    await ann.send('/sign-up', ANN, { origin: 'https://phylum.example.org' })
    for (const line of ann.lines) {
      assert.match(line, /^__Host-phylum_visit=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure/)
    }
    const page = await ann.get('/tokens')
    assert.equal(page.status, 200)
    assert.match(page.headers.get('strict-transport-security') ?? '', /max-age/)
    // A cookie that came over http has no such name, and opens nothing.
    const plain = pages.visit({ origin: 'http://phylum.example.org' })
    plain.cookies.set('phylum_visit', ann.cookies.get('__Host-phylum_visit')!)
    assert.equal((await plain.get('/tokens')).status, 303)
  }, { publicUrl: 'https://phylum.example.org' }),
)

test(
  'sign-out ends the session, in the database too',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const kept = new Map(ann.cookies)
    await ann.get('/account')
    const page = await ann.send('/sign-out', {})
    assert.equal(page.to, '/sign-in')
    assert.match((await ann.get('/sign-in')).text, /role="status">.*You are signed out\./s)
    assert.ok(!(await ann.get('/sign-in')).text.includes('You are signed out.'), 'said once')
    const thief = pages.visit()
    for (const [name, value] of kept) thief.cookies.set(name, value)
    assert.equal((await thief.get('/tokens')).status, 303)
  }),
)

test(
  'O202 sign-out everywhere ends every session of the user, and nobody else’s',
  withPages(async (pages) => {
    const [here, bob] = [await pages.signUp('ann'), await pages.signUp('bob')]
    const there = pages.visit()
    await there.get('/sign-in')
    await there.send('/sign-in', ANN)
    const account = await here.get('/account')
    assert.match(account.text, /class="count">2</)
    assert.equal(account.text.split('This browser').length, 2)
    await here.send('/sign-out', { where: 'everywhere' })
    assert.equal((await there.get('/account')).status, 303)
    assert.equal((await bob.get('/account')).status, 200)
  }),
)

test(
  'a session ends by itself, and leads back to the page after signing in',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    await ann.get('/tokens')
    pages.clock.time += 8 * 24 * 3_600_000
    assert.equal((await ann.send('/tokens', { name: 'laptop' })).to, '/sign-in?to=%2Ftokens')
    assert.equal((await ann.get('/account')).to, '/sign-in?to=%2Faccount')
    for (
      const [path, to] of [
        ['/groups/blue/delete', '/groups/blue/delete'],
        ['/groups/blue/members', '/groups'],
        ['/device/answer', '/device'],
        ['/interaction/1', '/interaction/1'],
      ] as const
    ) {
      assert.equal((await ann.send(path, {})).to, `/sign-in?to=${encodeURIComponent(to)}`, path)
    }
  }),
)
