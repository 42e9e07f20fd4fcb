import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { MAX_KEYS } from '../../../src/server/account.ts'
import { withPages } from '../../harness/pages.ts'
import type { Pages, Visitor } from '../../harness/pages.ts'

const KEY = /ph0_[\w-]{43}/
const DAY = 24 * 3_600_000

async function create(visitor: Visitor, fields: Record<string, string>) {
  await visitor.get('/tokens')
  return await visitor.send('/tokens', { expiry: '', ...fields })
}

async function keysOf(pages: Pages, name: string) {
  const user = await pages.store.findUser(`${name}@example.org`)
  return await pages.store.listKeys(user!.id)
}

test(
  'the tokens page says what to do where there are none',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const page = await ann.get('/tokens')
    assert.match(page.text, /No tokens yet/)
    assert.match(page.text, /phylum auth login/)
  }),
)

test(
  'O209 a new token is shown in the answer to its form, and in no other answer',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const page = await create(ann, { name: 'laptop' })
    assert.equal(page.status, 200)
    const key = KEY.exec(page.text)?.[0] ?? ''
    assert.match(page.text, /<dialog open id="show-once"/)
    assert.match(page.text, /It cannot be shown again/)
    assert.equal(page.headers.get('cache-control'), 'no-store')
    assert.ok(!/<input[^>]*ph0_/.test(page.text), 'a browser would fill a field again')
    assert.equal(await useKey(pages, key), 200)
    const [kept] = await keysOf(pages, 'ann')
    for (const path of ['/tokens', `/tokens/${kept!.id}`, `/tokens/revoke?token=${kept!.id}`]) {
      const later = await ann.get(path)
      assert.equal(later.status, 200, path)
      assert.ok(!KEY.test(later.text), path)
    }
    assert.ok(!pages.log.warnings.concat(pages.log.notes, pages.log.details).join().includes(key))
  }),
)

test(
  'O209 a reload that sends the form again makes no second token, and shows none',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    await create(ann, { name: 'laptop' })
    const again = await ann.send('/tokens', { name: 'laptop', expiry: '' })
    assert.equal(again.status, 422)
    assert.match(again.text, /id="name-error">.*You have a token of this name\./)
    assert.ok(!KEY.test(again.text))
    assert.equal((await keysOf(pages, 'ann')).length, 1)
  }),
)

test(
  'a token ends when it was told to: after some days, at the end of a day, or never',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    await create(ann, { name: 'a', expiry: '7' })
    await create(ann, { name: 'b', expiry: 'date', date: '2026-03-01' })
    await create(ann, { name: 'c', expiry: '', date: '2026-03-01' })
    const ends = (await keysOf(pages, 'ann')).map(({ expiresAt }) => expiresAt)
    assert.deepEqual(ends, [pages.clock.time + 7 * DAY, Date.parse('2026-03-02T00:00Z'), null])
  }),
)

test(
  'a token whose life makes no sense is refused beside the field, and what was typed stays',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const refused: [Record<string, string>, RegExp][] = [
      [{ expiry: 'date', date: '' }, /id="date-error">.*Pick a day/],
      [{ expiry: 'date', date: '2026-02-28' }, /id="date-error">.*This day is over/],
      [{ expiry: 'date', date: '2026-02-31' }, /id="date-error">.*Pick a day/],
      [{ expiry: 'date', date: '2036-03-01' }, /id="date-error">.*more than ten years/],
      [{ expiry: 'date', date: '9999999-01-01' }, /id="date-error">.*Pick a day/],
      [{ expiry: '-1' }, /id="expiry-error">.*Choose one of these/],
      [{ expiry: '1e9' }, /id="expiry-error">/],
      [{ expiry: 'date', date: '2026-02-28', name: '' }, /id="name-error">.*It is empty/],
      [{ name: 'x'.repeat(65) }, /id="name-error">.*longer than 64/],
      [{ name: 'a\u202eb' }, /id="name-error">.*cannot be seen/],
    ]
    for (const [fields, wanted] of refused) {
      const page = await create(ann, { name: 'my laptop', ...fields })
      assert.equal(page.status, 422)
      assert.match(page.text, wanted)
      if (!('name' in fields)) assert.match(page.text, /value="my laptop"/)
      if (fields['date']) assert.match(page.text, /<option value="date" selected>/)
    }
    assert.deepEqual(await keysOf(pages, 'ann'), [])
  }),
)

test(
  'a token is revoked after a question, also several at once, and its end is immediate',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const keys: string[] = []
    for (const name of ['a', 'b', 'c']) {
      keys.push(KEY.exec((await create(ann, { name })).text)![0])
    }
    const [a, b] = await keysOf(pages, 'ann')
    const question = await ann.get(`/tokens/revoke?token=${a!.id}&token=${b!.id}`)
    assert.match(question.text, /Revoke 2 tokens\?/)
    assert.equal(await useKey(pages, keys[0]!), 200, 'asking does nothing')
    const sent = await ann.send(
      '/tokens/revoke',
      new URLSearchParams([['token', a!.id], ['token', b!.id]]),
    )
    assert.equal(sent.to, '/tokens')
    assert.match((await ann.get('/tokens')).text, /Tokens revoked/)
    assert.deepEqual(await Promise.all(keys.map((key) => useKey(pages, key))), [401, 401, 200])
    assert.equal((await ann.get('/tokens/revoke')).to, '/tokens')
    assert.equal((await ann.get(`/tokens/${a!.id}`)).status, 404)
  }),
)

test(
  'O204 somebody else’s token is as one that does not exist',
  withPages(async (pages) => {
    const [ann, bob] = [await pages.signUp('ann'), await pages.signUp('bob')]
    const key = KEY.exec((await create(ann, { name: 'laptop' })).text)![0]
    const [kept] = await keysOf(pages, 'ann')
    await bob.get('/tokens')
    for (const id of [kept!.id, 'nothing', "' OR 1=1 --"]) {
      assert.equal((await bob.get(`/tokens/${encodeURIComponent(id)}`)).status, 404)
      assert.equal((await bob.get(`/tokens/revoke?token=${encodeURIComponent(id)}`)).to, '/tokens')
      assert.equal((await bob.send('/tokens/revoke', { token: id })).to, '/tokens')
    }
    assert.equal(await useKey(pages, key), 200)
  }),
)

test(
  'a token’s page lists what was lately done with it',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    await create(ann, { name: 'laptop', expiry: '7' })
    const [kept] = await keysOf(pages, 'ann')
    assert.match((await ann.get(`/tokens/${kept!.id}`)).text, /Not used yet/)
    await pages.store.recordActivity([
      { keyId: kept!.id, at: pages.clock.time, method: 'GET', path: '/api/v0/groups', status: 200 },
      { keyId: kept!.id, at: pages.clock.time + 1, method: 'DELETE', path: '/<b>', status: 404 },
    ])
    pages.clock.time += 3 * 3_600_000
    const { text } = await ann.get(`/tokens/${kept!.id}`)
    assert.ok(text.indexOf('DELETE') < text.indexOf('/api/v0/groups'), 'the newest first')
    assert.match(text, /&lt;b&gt;/)
    assert.match(text, /badge over">404/)
    assert.match(text, />3 hours ago<\/time>/)
    assert.match(text, />in 7 days<\/time>/)
  }),
)

test(
  'O208 an account has so many tokens and no more, and the page says so',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const user = await pages.store.findUser('ann@example.org')
    for (let i = 0; i < MAX_KEYS; i++) {
      const hash = createHash('sha256').update(String(i)).digest()
      await pages.store.createKey({ userId: user!.id, name: `key ${i}`, hash, expiresAt: null })
    }
    const page = await create(ann, { name: 'one more' })
    assert.equal(page.status, 422)
    assert.match(page.text, /role="alert">You have 1000 tokens, and cannot have more/)
    assert.match(page.text, /value="one more"/)
  }),
)

async function useKey(pages: Pages, key: string): Promise<number> {
  const request = new Request('http://localhost:4000/api/v0/groups', {
    headers: { authorization: `Bearer ${key}` },
  })
  return (await pages.app(request)).status
}
