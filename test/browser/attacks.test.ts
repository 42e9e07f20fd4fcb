import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Route } from 'playwright-core'
import { finish, PASSWORD, prepareWorld, SKIP } from './world.ts'

const world = prepareWorld()

/** Serves pages of somebody else: each is a text, by its path. On "localhost" it is another site than 127.0.0.1. */
async function withEvil(
  pages: (url: string) => Record<string, string>,
  body: (url: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = []
  const server = Bun.serve({
    port: 0,
    fetch(request) {
      const { pathname, origin } = new URL(request.url)
      asked.push(pathname)
      const page = pages(origin)[pathname]
      return new Response(page ?? '', {
        status: page === undefined ? 404 : 200,
        headers: { 'content-type': 'text/html', 'cache-control': 'no-store' },
      })
    },
  })
  try {
    await body(`http://localhost:${server.port}`, asked)
  } finally {
    await server.stop(true)
  }
}

/** A form that sends itself as soon as it is there. */
function writeForm(action: string, fields: Record<string, string>): string {
  const inputs = Object.entries(fields).map(([name, value]) =>
    `<input type="hidden" name="${name}" value="${value}">`
  )
  return `<form method="post" action="${action}">${inputs.join('')}</form>
    <script>document.forms[0].submit()</script>`
}

async function fetchAs(route: Route) {
  const response = await route.fetch()
  return { status: response.status(), headers: response.headers(), body: await response.text() }
}

async function groupsOf(name: string): Promise<string[]> {
  const user = await world.server.store.findUser(`${name}@example.org`)
  return (await world.server.store.listGroups(user!.id)).map((group) => group.name)
}

test(
  'O202 a form on a page of another site, or of another port, does nothing',
  { skip: SKIP },
  async () => {
    const page = await world.openAs('Mark')
    await page.goto(`${world.url}/groups`)
    const csrf = await page.locator('input[name=csrf]').first().inputValue()
    const fields = { name: 'planted', csrf }
    const action = `${world.url}/groups`
    // With the proof in it, which no other page can know: what the browser says of the sender is enough.
    await withEvil(() => ({ '/': writeForm(action, fields) }), async (evil) => {
      for (const site of [evil, evil.replace('localhost', '127.0.0.1')]) {
        await page.goto(site)
        await page.waitForURL(action)
        await page.getByText('That is not allowed').or(page.getByText('Sign in')).first().waitFor()
        assert.deepEqual(await groupsOf('mark'), [], site)
      }
    })
    // The same form on a page of ours, or the test proves nothing.
    await page.goto(`${world.url}/groups`)
    await page.getByLabel('Name').fill('planted')
    await page.getByRole('button', { name: 'Create group' }).click()
    await page.getByText('Group created').waitFor()
    assert.deepEqual(await groupsOf('mark'), ['planted'])
    await finish(page, /403/)
  },
)

test(
  'O202 a page of another site cannot sign somebody in as somebody else',
  { skip: SKIP },
  async () => {
    const page = await world.open()
    await page.goto(`${world.url}/sign-in`)
    const csrf = await page.locator('input[name=csrf]').inputValue()
    const action = `${world.url}/sign-in`
    const form = writeForm(action, { email: 'mallory@example.org', password: PASSWORD, csrf })
    await withEvil(() => ({ '/': form }), async (evil) => {
      await page.goto(evil)
      await page.waitForURL(action)
      await page.getByText('That is not allowed').waitFor()
    })
    await finish(page, /403/)
  },
)

test('O202 no page of ours is shown in a frame, nor read by a script of another site', {
  skip: SKIP,
}, async () => {
  const page = await world.openAs('Framed')
  const pages = (own: string) => ({
    '/': `<iframe src="${world.url}/tokens"></iframe><iframe src="${own}/inner"></iframe>
      <script>
        fetch('${world.url}/tokens', { credentials: 'include' }).then((r) => r.text())
          .then((text) => document.title = 'read ' + text, () => document.title = 'refused')
      </script>`,
    '/inner': '<h1>inner</h1>',
  })
  await withEvil(pages, async (evil) => {
    for (const site of [evil, evil.replace('localhost', '127.0.0.1')]) {
      await page.goto(site)
      await page.waitForFunction(() => document.title !== '')
      assert.equal(await page.title(), 'refused')
      await page.frameLocator('iframe >> nth=1').getByText('inner').waitFor()
      const ours = page.frames().find((frame) => frame.url().startsWith(world.url))
      assert.equal(ours, undefined, 'the frame shows an error in its place')
    }
    // Without the headers that say so it is shown, or the test proves nothing.
    await page.route(`${world.url}/tokens`, async (route) => {
      const { headers, ...answer } = await fetchAs(route)
      const isKept = (name: string) => !/^(content-security-policy|x-frame-options)$/.test(name)
      const kept = Object.entries(headers).filter(([name]) => isKept(name))
      await route.fulfill({ ...answer, headers: Object.fromEntries(kept) })
    })
    await page.goto(evil)
    await page.frameLocator('iframe >> nth=0').getByRole('heading').first().waitFor()
  })
  await finish(page, /frame-ancestors|CORS|X-Frame-Options|net::ERR|Failed to load/)
})

test('O202 an id that somebody planted before the sign-in is worth nothing after it', {
  skip: SKIP,
}, async () => {
  const attacker = await world.open()
  const victim = await world.open()
  await attacker.goto(`${world.url}/sign-up`)
  const planted = await attacker.context().cookies()
  assert.equal(planted.length, 1)
  await victim.context().addCookies(planted)
  await victim.goto(`${world.url}/sign-up`)
  await victim.getByLabel('Email').fill('victoria@example.org')
  await victim.getByLabel('Name').fill('Victoria')
  await victim.getByLabel('Password').fill(PASSWORD)
  await victim.getByRole('button', { name: 'Create account' }).click()
  await victim.getByRole('heading', { name: 'API Access Tokens' }).waitFor()
  const [cookie] = await victim.context().cookies()
  assert.notEqual(cookie?.value, planted[0]?.value)
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Lax'])
  assert.equal(await victim.evaluate(() => document.cookie), '')
  await attacker.goto(`${world.url}/tokens`)
  assert.match(attacker.url(), /\/sign-in/)
  await finish(attacker)
  await finish(victim)
})

test('O202 signing out everywhere signs out the other browser', { skip: SKIP }, async () => {
  const [here, there] = [await world.openAs('Wanda'), await world.openAs('Wanda')]
  await there.goto(`${world.url}/tokens`)
  await here.goto(`${world.url}/account`)
  await here.getByText('Another browser').waitFor()
  await here.getByRole('button', { name: 'Sign out everywhere' }).click()
  await here.getByText('You are signed out everywhere.').waitFor()
  await there.getByLabel('Name').fill('late')
  await there.getByRole('button', { name: 'Create token' }).click()
  await there.getByRole('heading', { name: 'Sign in' }).waitFor()
  const user = await world.server.store.findUser('wanda@example.org')
  assert.deepEqual(await world.server.store.listKeys(user!.id), [])
  await finish(here)
  await finish(there)
})

test('O209 after signing out, "back" shows nothing of the account', { skip: SKIP }, async () => {
  const page = await world.openAs('Leaver')
  await page.goto(`${world.url}/groups`)
  await page.evaluate(() => Object.assign(window, { isFromMemory: true }))
  await page.goto(`${world.url}/account`)
  await page.goBack({ waitUntil: 'commit' })
  // The browser does keep pages, "no-store" or not: otherwise the rest proves nothing.
  await page.waitForFunction(() => 'isFromMemory' in window)
  await page.goForward({ waitUntil: 'commit' })
  await page.getByRole('button', { name: 'Sign out here' }).click()
  await page.getByText('You are signed out.').waitFor()
  for (let i = 0; i < 2; i++) {
    await page.goBack({ waitUntil: 'commit' })
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.ok(!(await page.content()).includes('leaver@example.org'))
  }
  await finish(page)
})

test(
  'O201 markup in names is text in every page and dialog, and runs nowhere',
  { skip: SKIP },
  async () => {
    const attack = '<img src=x onerror="document.title=1">'
    const page = await world.openAs('Xavier')
    await page.goto(`${world.url}/tokens`)
    await page.getByLabel('Name').fill(attack)
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByRole('dialog').getByText(attack).waitFor()
    await page.getByRole('link', { name: 'Done' }).click()
    await page.waitForSelector('dialog', { state: 'detached' })
    await page.locator('a[data-dialog]').click()
    await page.getByRole('dialog').getByText(attack).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('td.name a').click()
    await page.getByRole('heading', { name: attack }).waitFor()
    await page.goto(`${world.url}/groups`)
    const group = '"><svg onload=alert(1)>'
    await page.getByLabel('Name').fill(group)
    await page.getByRole('button', { name: 'Create group' }).click()
    await page.getByRole('heading', { name: group }).waitFor()
    await page.getByRole('link', { name: 'Delete group' }).click()
    await page.getByRole('dialog').getByLabel(`Type “${group}” to confirm`).fill(group)
    await page.getByRole('dialog').getByRole('button', { name: 'Delete group' }).click()
    await page.getByText('Group deleted').waitFor()
    assert.equal(await page.locator('img, svg[onload]').count(), 0)
    await finish(page)
  },
)

test(
  'O202 the policy stops a script that got into a page by whatever mistake',
  { skip: SKIP },
  async () => {
    const page = await world.openAs('Policy')
    await page.goto(`${world.url}/groups`)
    await page.evaluate(() => {
      document.body.insertAdjacentHTML(
        'beforeend',
        '<img src="x" onerror="document.title=\'run\'">',
      )
      const script = document.createElement('script')
      script.textContent = "document.title = 'run'"
      document.body.append(script)
      const style = document.createElement('style')
      style.textContent = 'body { display: none }'
      document.body.append(style)
    })
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    assert.equal(await page.title(), 'Groups · phylum')
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).display), 'none')
    const sent = await page.evaluate(() =>
      fetch('https://example.org/').then(() => 'sent', () => 'no')
    )
    assert.equal(sent, 'no')
    await finish(page, /Content Security Policy|404/)
  },
)
