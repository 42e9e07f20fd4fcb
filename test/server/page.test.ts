import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey, MAX_KEYS } from '../../src/server/account.ts'
import { listPage, MAX_LIST } from '../../src/server/page.ts'
import { assertRefused, withApi } from '../harness/api.ts'
import type { Person } from '../harness/api.ts'

const GROUPS = '/api/v0/groups'

/** Reads a list page by page, each beginning after the last entry of the one before. */
async function readPages(
  person: Person,
  path: string,
  limit: number,
  read: (body: Record<string, Record<string, string>[]>) => string[],
): Promise<string[][]> {
  const pages: string[][] = []
  for (let cursor = '';;) {
    const more = cursor === '' ? '' : `&paginate.cursor=${encodeURIComponent(cursor)}`
    const { body } = await person.ask('GET', `${path}?paginate.limit=${limit}${more}`)
    pages.push(read(body))
    cursor = pages.at(-1)?.at(-1) ?? ''
    if (!body.has_more) return pages
  }
}

test(
  'listPage() gives groups and members in pages, to those who ask for them',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    for (const name of ['e', 'ä', 'b c&d', 'a', 'd']) {
      await ann.ask('POST', GROUPS, { group_name: name })
    }
    await bob.ask('POST', GROUPS, { group_name: 'c' })
    const names = (body: Record<string, Record<string, string>[]>) =>
      (body['groups'] ?? []).map((group) => group['group_name'] ?? '')
    const pages = await readPages(ann, GROUPS, 2, names)
    assert.deepEqual(pages, [['a', 'b c&d'], ['d', 'e'], ['ä']])
    assert.deepEqual(await readPages(ann, GROUPS, 5, names), [['a', 'b c&d', 'd', 'e', 'ä']])
    const whole = (await ann.ask('GET', GROUPS)).body
    assert.deepEqual(Object.keys(whole), ['groups'])
    assert.equal(whole.groups.length, 5)
    // A cursor of something that is gone, or of somebody else, still says where to go on.
    await ann.ask('DELETE', `${GROUPS}/d`)
    const after = (await ann.ask('GET', `${GROUPS}?paginate.cursor=c`)).body
    assert.deepEqual(names(after), ['e', 'ä'])
    assert.equal(after.has_more, false)

    await ann.ask('POST', `${GROUPS}/a/members/bob@example.org`)
    const emails = (body: Record<string, Record<string, string>[]>) =>
      (body['members'] ?? []).map((member) => member['user_email'] ?? '')
    assert.deepEqual(await readPages(bob, `${GROUPS}/a/members`, 1, emails), [
      ['ann@example.org'],
      ['bob@example.org'],
    ])
  }),
)

test(
  'listPage() refuses a limit that is none',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    for (const limit of ['0', '-1', '1001', '99999', 'x', '', '1e2', '1.5']) {
      const reply = await ann.ask('GET', `${GROUPS}?paginate.limit=${limit}`)
      assert.equal(
        assertRefused(reply, 400),
        'Cannot list the groups: "paginate.limit" must be a number from 1 to 1000',
      )
    }
    assertRefused(await ann.ask('GET', `${GROUPS}?paginate.cursor=%00`), 400)
  }),
)

test('O208 listPage() puts no list without end into one answer', async () => {
  const all = Array.from({ length: MAX_LIST + 1 }, (_, index) => index)
  let asked = 0
  const list = ({ limit }: { limit: number }) => {
    asked = limit
    return Promise.resolve(all.slice(0, limit))
  }
  await assert.rejects(listPage(new URLSearchParams(), 'groups', list), {
    status: 400,
    message:
      `Cannot list the groups: there are more than ${MAX_LIST}; ask for pages with "paginate.limit"`,
  })
  assert.equal(asked, MAX_LIST + 1)
  all.pop()
  const { entries, more } = await listPage(new URLSearchParams(), 'groups', list)
  assert.equal(entries.length, MAX_LIST)
  assert.deepEqual(more, {})
})

test(
  'O208 createKey() lets an account have so many keys and no more',
  withApi(async (api) => {
    const { user } = await api.signUp('ann')
    await api.store.transaction(async (store) => {
      for (let index = 1; index < MAX_KEYS; index++) {
        await store.createKey({
          userId: user.id,
          name: `${index}`,
          hash: crypto.getRandomValues(new Uint8Array(32)),
          expiresAt: null,
        })
      }
    })
    const more = () => createKey(api.store, user.id, { name: 'more' })
    await assert.rejects(more(), { code: 'ERR_API_FORBIDDEN', status: 403 })
    await api.store.revokeKey(user.id, '7')
    assert.equal((await more()).key.name, 'more')
  }),
)
