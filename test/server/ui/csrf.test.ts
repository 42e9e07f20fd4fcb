import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD, withPages } from '../../harness/pages.ts'
import type { Pages, Visitor } from '../../harness/pages.ts'

/** Every form of the pages, filled in so that it would do something. */
const FORMS: readonly [path: string, fields: Record<string, string>][] = [
  ['/sign-in', { email: 'ann@example.org', password: PASSWORD }],
  ['/sign-up', { email: 'new@example.org', name: 'New', password: PASSWORD }],
  ['/sign-out', {}],
  ['/sign-out', { where: 'everywhere' }],
  ['/tokens', { name: 'planted', expiry: '' }],
  ['/tokens/revoke', { token: 'KEY' }],
  ['/groups', { name: 'planted' }],
  ['/groups/blue/members', { email: 'carl@example.org' }],
  ['/groups/blue/remove', { member: 'bob@example.org' }],
  ['/groups/blue/delete', { confirmation: 'blue' }],
  ['/interaction/1', { answer: 'allow' }],
  ['/device', { user_code: 'BCDF-GHJK' }],
  ['/device/answer', { user_code: 'BCDF-GHJK', answer: 'allow' }],
]

async function prepare(pages: Pages): Promise<{ ann: Visitor; state(): Promise<unknown> }> {
  await pages.signUp('bob')
  await pages.signUp('carl')
  const ann = await pages.signUp('ann')
  await ann.do('/groups', { name: 'blue' })
  await ann.do('/groups/blue', { email: 'bob@example.org' }, '/groups/blue/members')
  await ann.do('/tokens', { name: 'laptop', expiry: '' })
  const user = await pages.store.findUser('ann@example.org')
  const [group] = await pages.store.listGroups(user!.id)
  return {
    ann,
    state: async () => ({
      keys: await pages.store.listKeys(user!.id),
      groups: await pages.store.listGroups(user!.id),
      members: await pages.store.listMembers(group!.id),
      sessions: (await pages.store.listSessions(user!.id)).length,
      newcomer: await pages.store.findUser('new@example.org'),
    }),
  }
}

async function fill(pages: Pages, fields: Record<string, string>): Promise<Record<string, string>> {
  if (fields['token'] === undefined) return fields
  const user = await pages.store.findUser('ann@example.org')
  return { token: (await pages.store.listKeys(user!.id))[0]!.id }
}

test(
  'O202 every form does nothing without the proof, with another visitor’s, or with an old one',
  withPages(async (pages) => {
    const { ann, state } = await prepare(pages)
    const before = await state()
    const stranger = pages.visit()
    await stranger.get('/sign-in')
    const old = ann.csrf
    for (const [path, fields] of FORMS) {
      for (const csrf of ['', 'x', stranger.csrf, old.slice(0, -1), ` ${old}`]) {
        const page = await ann.send(path, { ...await fill(pages, fields), csrf })
        assert.equal(page.status, 403, `${path} ${csrf}`)
      }
    }
    assert.deepEqual(await state(), before)
    const again = await prepareAgain(pages)
    assert.equal((await again.send('/groups', { name: 'planted', csrf: old })).status, 403)
  }),
)

async function prepareAgain(pages: Pages): Promise<Visitor> {
  const ann = pages.visit()
  await ann.get('/sign-in')
  await ann.send('/sign-in', { email: 'ann@example.org', password: PASSWORD })
  return ann
}

test(
  'O202 every form does nothing when the browser says that another origin sent it, even with the proof',
  withPages(async (pages) => {
    const { ann, state } = await prepare(pages)
    const before = await state()
    await ann.get('/account')
    for (const [path, fields] of FORMS) {
      for (
        const headers of [
          { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
          { origin: 'http://localhost:4000', 'sec-fetch-site': 'cross-site' },
          { origin: 'http://localhost:5000', 'sec-fetch-site': 'same-site' },
          { origin: 'http://localhost:4000', 'sec-fetch-site': 'none' },
          { origin: 'http://localhost:5000' },
          { origin: 'null' },
          { origin: 'http://localhost:4000.evil.example' },
        ]
      ) {
        const sent = { 'sec-fetch-site': 'same-origin', ...headers }
        const page = await ann.send(path, await fill(pages, fields), sent)
        assert.equal(page.status, 403, `${path} ${JSON.stringify(headers)}`)
      }
    }
    assert.deepEqual(await state(), before)
  }),
)

test(
  'O202 each of these forms does something when it comes from our page, or the two tests above prove nothing',
  withPages(async (pages) => {
    for (const [path, fields] of FORMS) {
      if (/interaction|device/.test(path)) continue
      await pages.store.findUser('ann@example.org') ?? await prepare(pages)
      const ann = await prepareAgain(pages)
      await ann.get('/account')
      const page = await ann.send(path, await fill(pages, fields))
      assert.notEqual(page.status, 403, path)
      assert.ok(page.status < 400, `${path} ${page.status}`)
    }
  }),
)

test(
  'O202 a form must be a form: what a script of another origin may send without asking is refused',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    await ann.get('/groups')
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json', '']) {
      const page = await ann.send('/groups', { name: 'blue' }, { 'content-type': type })
      assert.equal(page.status, 415, type)
    }
    const type = 'application/x-www-form-urlencoded; charset=UTF-8'
    assert.equal((await ann.send('/groups', { name: 'a' }, { 'content-type': type })).status, 303)
  }),
)

test(
  'O202 nothing is done by GET',
  withPages(async (pages) => {
    const { ann, state } = await prepare(pages)
    const before = await state()
    for (const [path, fields] of FORMS) {
      const query = new URLSearchParams({ ...await fill(pages, fields), csrf: ann.csrf })
      await ann.get(`${path}?${query}`)
    }
    assert.deepEqual(await state(), before)
    const refused = await ann.get('/sign-out')
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'POST'])
  }),
)

test(
  'O201 a form that is too long is refused, and fields that nobody asked for are left out',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    await ann.get('/groups')
    assert.equal((await ann.send('/groups', { name: 'x'.repeat(70_000) })).status, 413)
    const bob = await pages.store.createUser({ email: 'bob@example.org', name: 'Bob' })
    await ann.send('/groups', { name: 'blue', role: 'member', user_id: bob!.id, __proto__: 'x' })
    assert.deepEqual(await pages.store.listGroups(bob!.id), [])
  }),
)

test(
  'O202 a cookie that comes twice is not believed: somebody has planted one',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const planted = `phylum_visit_4000=${'A'.repeat(43)}`
    const page = await ann.get('/tokens', { cookie: `${planted}; ${ann.cookie}` })
    assert.equal(page.status, 303)
  }),
)
