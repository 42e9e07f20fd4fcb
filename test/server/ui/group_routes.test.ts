import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withPages } from '../../harness/pages.ts'
import type { Pages, Visitor } from '../../harness/pages.ts'

async function make(pages: Pages): Promise<[ann: Visitor, bob: Visitor, carl: Visitor]> {
  const people = [await pages.signUp('ann'), await pages.signUp('bob'), await pages.signUp('carl')]
  const [ann, bob, carl] = people as [Visitor, Visitor, Visitor]
  await ann.do('/groups', { name: 'blue' })
  await ann.do('/groups/blue', { email: 'bob@example.org' }, '/groups/blue/members')
  return [ann, bob, carl]
}

test(
  'a group is created, shown to its members, and deleted by its name',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    assert.match((await ann.get('/groups')).text, /No groups yet/)
    const page = await ann.do('/groups', { name: ' Vögel & Fische ' })
    assert.match(page.text, /<h1><bdi>Vögel &amp; Fische<\/bdi><\/h1>/)
    assert.match(page.text, /Group created/)
    assert.match((await ann.get('/groups')).text, /href="\/groups\/V%C3%B6gel%20%26%20Fische"/)
    const path = `/groups/${encodeURIComponent('Vögel & Fische')}`
    const wrong = await ann.do(`${path}/delete`, { confirmation: 'Vögel' })
    assert.equal(wrong.status, 422)
    assert.match(wrong.text, /This is not the name of the group/)
    // Some keyboards send letters and marks apart.
    const typed = { confirmation: 'Vögel & Fische'.normalize('NFD') }
    assert.match((await ann.do(`${path}/delete`, typed)).text, /Group deleted/)
    assert.equal((await ann.get(path)).status, 404)
  }),
)

test(
  'a group’s name is refused beside the field when it is no name, or taken',
  withPages(async (pages) => {
    const [, bob] = await make(pages)
    const refused: [name: string, wanted: RegExp][] = [
      ['', /It is empty/],
      ['a/b', /It may not be .*hold a slash/],
      ['..', /It may not be/],
      ['blue', /A group of this name exists already/],
    ]
    for (const [name, wanted] of refused) {
      const page = await bob.do('/groups', { name })
      assert.equal(page.status, 422, name)
      assert.match(page.text, wanted)
    }
  }),
)

test(
  'an admin adds and removes members, by their email in whatever case',
  withPages(async (pages) => {
    const [ann, bob] = await make(pages)
    assert.match((await bob.get('/groups')).text, /href="\/groups\/blue"/)
    const add = async (email: string) =>
      (await ann.do('/groups/blue', { email }, '/groups/blue/members')).text
    assert.match(await add('nobody@example.org'), /No account on this server has this email/)
    assert.match(await add('bob@example.org'), /This is a member already/)
    assert.match(await add(' Carl@Example.org'), /Member added/)
    const question = await ann.get('/groups/blue/remove?member=bob%40example.org')
    assert.match(question.text, /Remove bob\?/)
    const sent = await ann.send('/groups/blue/remove', { member: 'bob@example.org' })
    assert.equal(sent.to, '/groups/blue')
    assert.equal((await bob.get('/groups/blue')).status, 404)
  }),
)

test(
  'a member leaves, and the last admin does not',
  withPages(async (pages) => {
    const [ann, bob] = await make(pages)
    const left = await bob.do(
      '/groups/blue/remove?member=bob%40example.org',
      { member: 'bob@example.org' },
      '/groups/blue/remove',
    )
    assert.match(left.text, /You have left the group/)
    await ann.get('/groups/blue')
    const stays = await ann.send('/groups/blue/remove', { member: 'ann@example.org' })
    assert.equal(stays.status, 422)
    assert.match(stays.text, /A group needs an admin/)
  }),
)

test(
  'O204 a member may not do what an admin may, and is not shown how',
  withPages(async (pages) => {
    const [, bob] = await make(pages)
    const page = await bob.get('/groups/blue')
    assert.ok(!/Delete group|Add member|Remove ann/.test(page.text))
    assert.match(page.text, /Leave/)
    assert.equal((await bob.get('/groups/blue/delete')).status, 403)
    assert.equal((await bob.get('/groups/blue/remove?member=ann%40example.org')).status, 403)
    const fields: Record<string, Record<string, string>> = {
      members: { email: 'carl@example.org' },
      delete: { confirmation: 'blue' },
      remove: { member: 'ann@example.org' },
    }
    for (const [act, sent] of Object.entries(fields)) {
      assert.equal((await bob.send(`/groups/blue/${act}`, sent)).status, 403, act)
    }
  }),
)

test(
  'O204 a group of other people answers as one that does not exist',
  withPages(async (pages) => {
    const [, , carl] = await make(pages)
    await carl.get('/groups')
    const strip = (text: string) => text.replaceAll(/blue|none/g, '')
    for (const rest of ['', '/delete', '/remove?member=ann%40example.org']) {
      const there = await carl.get(`/groups/blue${rest}`)
      const none = await carl.get(`/groups/none${rest}`)
      assert.equal(there.status, 404)
      assert.equal(strip(there.text), strip(none.text))
    }
    const fields: Record<string, Record<string, string>> = {
      members: { email: 'carl@example.org' },
      delete: { confirmation: 'blue' },
      remove: { member: 'ann@example.org' },
    }
    for (const [act, sent] of Object.entries(fields)) {
      assert.equal((await carl.send(`/groups/blue/${act}`, sent)).status, 404, act)
    }
    assert.equal(
      (await pages.store.listGroups((await pages.store.findUser('ann@example.org'))!.id)).length,
      1,
    )
  }),
)

test(
  'O208 very many groups and members come in pages',
  withPages(async (pages) => {
    const ann = await pages.signUp('ann')
    const { id } = (await pages.store.findUser('ann@example.org'))!
    await pages.store.transaction(async (store) => {
      for (let i = 0; i < 450; i++) await store.createGroup(id, `g&${String(i).padStart(3, '0')}`)
    })
    const seen: string[] = []
    const counts: string[] = []
    for (let path: string | undefined = '/groups'; path !== undefined;) {
      const { text } = await ann.get(path)
      seen.push(...[...text.matchAll(/<bdi>g&amp;(\d+)<\/bdi>/g)].map(([, number]) => number!))
      counts.push(/class="count">([^<]*)</.exec(text)![1]!)
      path = /href="(\/groups\?after=[^"]*)"/.exec(text)?.[1]
    }
    assert.deepEqual(counts, ['200+', '200+', '50'])
    assert.equal(new Set(seen).size, 450)
    const [group] = await pages.store.listGroups(id, { limit: 1 })
    for (let i = 0; i < 201; i++) {
      const email = `m${String(i).padStart(3, '0')}@example.org`
      const user = await pages.store.createUser({ email, name: 'M' })
      await pages.store.addMember(group!.id, user!.id, 'member')
    }
    const path = '/groups/g%26000'
    assert.match(
      (await ann.get(path)).text,
      /href="\/groups\/g%26000\?after=m198%40example.org">More</,
    )
    assert.match((await ann.get(`${path}?after=m198%40example.org`)).text, /m200@example\.org/)
    assert.match((await ann.get(`${path}/delete`)).text, /all of its 202 members/)
  }),
)
