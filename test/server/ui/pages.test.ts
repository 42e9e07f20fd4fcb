import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { PASSWORD, withPages } from '../../harness/pages.ts'
import type { Seen, Visitor } from '../../harness/pages.ts'
import { EMPTY_POLICY } from '../../../src/server/policy/policy.ts'
import type { Policy } from '../../../src/server/policy/policy.ts'
import { ASSETS } from '../../../src/server/ui/assets.ts'
import { PhylumError } from '#base'

const PATHS = [
  '/sign-in',
  '/sign-up',
  '/tokens',
  '/groups',
  '/projects',
  '/account',
  '/device',
  '/nothing',
]

function assertClosed(page: Seen, path: string): void {
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none'; /, path)
  assert.ok(!/unsafe|\*|data:|https?:/.test(policy), policy)
  for (
    const part of [
      "script-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]
  ) {
    assert.ok(policy.includes(part), `${path} ${part}`)
  }
  assert.equal(page.headers.get('cache-control'), 'no-store', path)
  assert.equal(page.headers.get('x-frame-options'), 'DENY', path)
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff', path)
  assert.equal(page.headers.get('referrer-policy'), 'same-origin', path)
  assert.equal(page.headers.get('cross-origin-opener-policy'), 'same-origin', path)
  for (const name of page.headers.keys()) assert.ok(!name.startsWith('access-control-'), path)
}

test(
  'O202 O209 every page is closed to frames, caches and scripts of others, whoever looks at it',
  withPages(async (pages) => {
    for (const visitor of [pages.visit(), await pages.signUp('ann')]) {
      for (const path of PATHS) {
        const page = await visitor.get(path)
        assertClosed(page, path)
        assert.ok(!/<script(?![^>]* src="\/assets)|<style|\bstyle=|\bon\w+="/.test(page.text), path)
        assert.ok(!/https?:\/\/(?!localhost)/.test(page.text), `${path} names another host`)
      }
    }
  }),
)

/** Refuses every package, so that each is shown. */
const STRICT: Policy = {
  ...EMPTY_POLICY,
  packages: [{
    name: '*',
    registry: undefined,
    versions: '<1',
    range: () => true,
    tag: 'packages[0]',
    line: 1,
    severity: 'high',
    domain: 'engineering',
    reason: '<b>',
  }],
}

const ATTACKS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title><svg/onload=alert(1)>',
  '{{7*7}}${7*7}`<%=7%>',
  'javascript:alert(1)//',
  '&lt;b&gt;',
]

/** Fails when an attack has become a tag, or an attribute of one. */
function assertInert({ text }: Seen, attack: string, where: string): void {
  if (/[<>"']/.test(attack)) assert.ok(!text.includes(attack), `${where}: ${attack}`)
  const tags = text.replace(/"[^"]*"/g, '""').match(/<[^>]*>/g) ?? []
  for (const tag of tags) {
    assert.ok(!/^<(?:(?:img|b)[ >]|svg\/)|\son\w+=|alert/.test(tag), `${where}: ${tag}`)
    assert.ok(!tag.startsWith('<script') || tag === '<script type="" src="">', `${where}: ${tag}`)
  }
}

test(
  'O201 markup in every field and every name stays text, wherever it is shown',
  withPages(async (pages) => {
    for (const [index, attack] of ATTACKS.entries()) {
      const ann: Visitor = pages.visit({ address: `192.0.2.${index}` })
      const email = `<b>${index}"'@x<img>`
      const account = { email, name: attack, password: PASSWORD }
      const home = await ann.do('/sign-up', account)
      assert.equal(home.status, 200, home.text)
      const seen: [string, Seen][] = [['home', home]]
      const see = async (where: string, page: Promise<Seen>) => seen.push([where, await page])
      await see('token', ann.do('/tokens', { name: attack, expiry: '' }))
      await see('token again', ann.do('/tokens', { name: attack, expiry: attack, date: attack }))
      const group = attack.replaceAll('/', '∕')
      await see('group', ann.do('/groups', { name: group }))
      await see('groups', ann.get('/groups'))
      await see('group again', ann.do('/groups', { name: attack }))
      const path = `/groups/${encodeURIComponent(group)}`
      await see('member', ann.do(path, { email: attack }, `${path}/members`))
      await see('delete', ann.do(`${path}/delete`, { confirmation: attack }))
      await see('leave', ann.get(`${path}/remove?member=${encodeURIComponent(email)}`))
      await see('no group', ann.get(`/groups/${encodeURIComponent(attack)}`))
      await see('account', ann.get('/account'))
      await see('device', ann.get(`/device?user_code=${encodeURIComponent(attack)}`))
      await see('no device', ann.do('/device', { user_code: attack }))
      const user = await pages.store.findUser(email.toLowerCase())
      const [key] = await pages.store.listKeys(user!.id)
      await pages.store.recordActivity([
        { keyId: key!.id, at: 0, method: attack, path: attack, status: 200 },
      ])
      await see('key', ann.get(`/tokens/${key!.id}`))
      const owner = { userId: user!.id }
      const details = { name: attack, repositoryUrl: attack, defaultLabel: null }
      const project = await pages.store.createProject(owner, details)
      const job = await pages.store.createJob({
        projectId: project!,
        userId: user!.id,
        label: attack,
        packages: JSON.stringify([{ registry: 'npm', name: attack, version: attack }]),
        ecosystems: attack,
      })
      await see('projects', ann.get('/projects'))
      await see('project', ann.get(`/projects/${project}`))
      await see('job', ann.get(`/jobs/${job}`))
      await see('revoke', ann.get(`/tokens/revoke?token=${key!.id}`))
      await see('nothing', ann.get(`/${encodeURIComponent(attack)}`))
      const stranger = pages.visit()
      await see('to', stranger.get(`/sign-in?to=/groups/${encodeURIComponent(attack)}`))
      await see('sign in', stranger.do('/sign-in', { email: attack, password: attack }))
      await see(
        'sign up',
        stranger.do('/sign-up', { email: attack, name: attack, password: attack }),
      )
      for (const [where, page] of seen) assertInert(page, attack, where)
      assert.ok(seen.some(([, { text }]) => text.includes('alert(1)') || !attack.includes('alert')))
    }
  }, { policy: STRICT }),
)

test(
  'O204 a cookie opens no API, and an API key no page',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    for (const path of ['/healthz', '/api/v0/health']) {
      const answer = await ann.get(path)
      assert.equal(answer.headers.get('content-type'), 'application/json', path)
    }
    for (const path of ['/api/v0/groups', '/locksmith/v1/tokens']) {
      const answer = await ann.get(path)
      assert.equal(answer.status, 401, path)
      assert.equal(answer.headers.get('content-type'), 'application/json', path)
      assert.ok(!answer.headers.has('set-cookie'), path)
    }
    const page = await ann.do('/tokens', { name: 'laptop', expiry: '' })
    const key = /ph0_[\w-]{43}/.exec(page.text)![0]
    const visitor = pages.visit()
    for (const path of ['/tokens', '/groups', '/account']) {
      assert.equal((await visitor.get(path, { authorization: `Bearer ${key}` })).status, 303, path)
    }
  }),
)

test(
  'pages are for who can show them, the API tells everybody else in JSON',
  withPages(async (pages) => {
    const visitor = pages.visit()
    const page = await visitor.get('/nothing')
    assert.equal(page.status, 404)
    assert.match(page.text, /There is nothing here/)
    for (const path of ['/nothing', '/api/v0/nothing']) {
      const answer = await visitor.get(path, { accept: '*/*' })
      assert.equal(answer.headers.get('content-type'), 'application/json', path)
    }
    const answer = await visitor.get('/api/v0/nothing')
    assert.equal(answer.headers.get('content-type'), 'application/json')
  }),
)

test(
  'the style sheet and the script are kept for ever, under an address that changes with them',
  withPages(async (pages) => {
    const visitor = pages.visit()
    const { text } = await visitor.get('/sign-in')
    for (const { path, type } of Object.values(ASSETS)) {
      assert.ok(text.includes(path))
      assert.match(path, /\.[0-9a-f]{16}\./)
      const asset = await visitor.get(path, { accept: '*/*' })
      assert.equal(asset.status, 200)
      assert.equal(asset.headers.get('content-type'), type)
      assert.match(asset.headers.get('cache-control') ?? '', /immutable/)
      assert.equal(asset.headers.get('x-content-type-options'), 'nosniff')
      assert.ok(!asset.headers.has('set-cookie'))
    }
    const url = `http://localhost:4000${ASSETS.style.path}`
    const head = await pages.app(new Request(url, { method: 'HEAD' }))
    assert.deepEqual([head.status, await head.text()], [200, ''])
    assert.equal((await visitor.get('/assets/style.0000000000000000.css')).status, 404)
    assert.equal((await visitor.get('/assets/..%2f..%2fpackage.json')).status, 404)
  }),
)

test('the style sheet and the script are small, and load nothing', () => {
  assert.ok(ASSETS.style.text.length < 24_000, `${ASSETS.style.text.length}`)
  assert.ok(ASSETS.script.text.length < 5_000, `${ASSETS.script.text.length}`)
  assert.ok(!/url\(|@import|https?:/.test(ASSETS.style.text))
})

test(
  'O210 a page is for this server’s names only',
  withPages(async (pages) => {
    const stranger = pages.visit({ origin: 'http://evil.example:4000' })
    assert.equal((await stranger.get('/sign-in')).status, 421)
  }),
)

test(
  'when the database does not answer, a page says so, and the log why',
  withPages(
    async (pages) => {
      const page = await pages.visit().get('/tokens', {
        cookie: `phylum_visit_4000=${'A'.repeat(43)}`,
      })
      assert.equal(page.status, 503)
      assert.match(page.text, /The server is not ready/)
      assert.ok(!page.text.includes('/secret/place'))
      assert.match(pages.log.warnings.join(), /secret/)
      assertClosed(page, '/tokens')
    },
    {
      wrap: (store) => ({
        ...store,
        findSession: () => {
          throw new PhylumError('ERR_SERVER_DATABASE', 'Cannot read database "/secret/place": gone')
        },
      }),
    },
  ),
)

test(
  'when something fails that should not, a page says so, and the log why',
  withPages(
    async (pages) => {
      const ann = await pages.signUp('ann')
      const page = await ann.get('/groups')
      assert.equal(page.status, 500)
      assert.match(page.text, /Something went wrong here/)
      assert.match(page.text, /<bdi>ann<\/bdi>/, 'one is still signed in')
      assert.ok(!page.text.includes('a secret reason'))
      assert.match(pages.log.warnings.join(), /a secret reason/)
    },
    {
      wrap: (store) => ({
        ...store,
        listGroups: () => Promise.reject(new Error('a secret reason')),
      }),
    },
  ),
)

test('O205 a copy of the database opens nothing: no password, no session, no key is in it', async () => {
  await withTemporaryDirectory(async (directory) => {
    await withPages(
      async (pages) => {
        const ann = await pages.signUp('ann')
        const page = await ann.do('/tokens', { name: 'laptop', expiry: '' })
        const key = /ph0_[\w-]{43}/.exec(page.text)![0]
        const [session] = [...ann.cookies.values()]
        const copy = readdirSync(directory)
          .map((name) => readFileSync(join(directory, name), 'latin1')).join('')
        assert.ok(copy.includes('ann@example.org'), 'the copy is one')
        for (const secret of [PASSWORD, session!, ann.csrf, key, key.slice(4)]) {
          assert.ok(!copy.includes(secret))
          const bytes = Buffer.from(secret, 'base64url').toString('latin1')
          assert.ok(!copy.includes(bytes), 'nor decoded')
        }
        const said = [pages.log.warnings, pages.log.notes, pages.log.details].flat().join()
        for (const secret of [PASSWORD, session!, key]) assert.ok(!said.includes(secret))
      },
      { where: join(directory, 'server.sqlite') },
    )()
  })
})
