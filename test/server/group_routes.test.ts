import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused, NOON, withApi } from '../harness/api.ts'

test(
  'listGroups answers a fresh account with an empty list, to the byte',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const reply = await ann.ask('GET', '/api/v0/groups')
    assert.equal(reply.status, 200)
    assert.equal(reply.text, '{"groups":[]}')
  }),
)

test(
  'createGroup makes its caller the admin and answers with the group',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const reply = await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    assert.equal(reply.status, 201)
    const { group_id, ...rest } = reply.body
    assert.match(group_id, /^[0-9a-f-]{36}$/)
    assert.deepEqual(rest, {
      created_at: new Date(NOON).toISOString(),
      last_modified: new Date(NOON).toISOString(),
      group_name: 'blue',
      role: 'admin',
    })
    assert.deepEqual((await ann.ask('GET', '/api/v0/groups')).body, { groups: [reply.body] })
  }),
)

test(
  'listGroups lists by name',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    for (const name of ['b', 'c', 'a']) {
      await ann.ask('POST', '/api/v0/groups', { group_name: name })
    }
    const { groups } = (await ann.ask('GET', '/api/v0/groups')).body
    assert.deepEqual(groups.map((group: { group_name: string }) => group.group_name), [
      'a',
      'b',
      'c',
    ])
  }),
)

test(
  'createGroup refuses a name that is taken, and says no more to strangers than to its owner',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    const again = await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    assert.match(assertRefused(again, 409), /"blue": it exists already/)
    assert.equal(again.body.error.error_id, 'ERR_API_EXISTS')
    const stranger = await bob.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    assert.equal(stranger.text, again.text)
  }),
)

test(
  'createGroup takes two encodings of one name for the same name',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    assert.equal((await ann.ask('POST', '/api/v0/groups', { group_name: 'caf\u00e9' })).status, 201)
    assertRefused(await ann.ask('POST', '/api/v0/groups', { group_name: 'cafe\u0301' }), 409)
    const path = `/api/v0/groups/${encodeURIComponent('cafe\u0301')}`
    assert.equal((await ann.ask('DELETE', path)).status, 204)
  }),
)

test(
  'deleteGroup deletes, once',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    await ann.ask('POST', '/api/v0/groups', { group_name: 'a b/c'.replace('/', '%') })
    const path = `/api/v0/groups/${encodeURIComponent('a b%c')}`
    const reply = await ann.ask('DELETE', path)
    assert.equal(reply.status, 204)
    assert.equal(reply.text, '')
    assertRefused(await ann.ask('DELETE', path), 404)
    assert.equal((await ann.ask('GET', '/api/v0/groups')).text, '{"groups":[]}')
  }),
)

test(
  'O204 another user’s group looks like a missing one to every operation',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    const group = (await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })).body
    const operations: [string, string][] = [
      ['DELETE', ''],
      ['GET', '/members'],
      ['POST', '/members/bob@example.org'],
      ['DELETE', '/members/bob@example.org'],
      ['DELETE', '/members/ann@example.org'],
    ]
    for (const [method, rest] of operations) {
      const theirs = await bob.ask(method, `/api/v0/groups/blue${rest}`)
      const missing = await bob.ask(method, `/api/v0/groups/grey${rest}`)
      assertRefused(theirs, 404)
      assert.equal(theirs.text.replaceAll('blue', '…'), missing.text.replaceAll('grey', '…'))
      assertRefused(await bob.ask(method, `/api/v0/groups/${group.group_id}${rest}`), 404)
    }
    assert.equal((await bob.ask('GET', '/api/v0/groups')).text, '{"groups":[]}')
    // The twin: the same operations are open to the one whose group it is.
    assert.equal((await ann.ask('GET', '/api/v0/groups/blue/members')).status, 200)
    assert.equal((await ann.ask('DELETE', '/api/v0/groups/blue')).status, 204)
  }),
)

test(
  'O204 a member may look, and may not do what is for admins',
  withApi(async (api) => {
    const [ann, bob, eve] = [
      await api.signUp('ann'),
      await api.signUp('bob'),
      await api.signUp('eve'),
    ]
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    await ann.ask('POST', '/api/v0/groups/blue/members/bob@example.org')
    assert.equal((await bob.ask('GET', '/api/v0/groups')).body.groups[0].role, 'member')
    assert.equal((await bob.ask('GET', '/api/v0/groups/blue/members')).status, 200)
    for (
      const [method, rest] of [
        ['DELETE', ''],
        ['POST', `/members/${eve.user.email}`],
        ['DELETE', `/members/${ann.user.email}`],
        ['DELETE', '/members/nobody@example.org'],
      ] as const
    ) {
      const reply = await bob.ask(method, `/api/v0/groups/blue${rest}`)
      assert.match(assertRefused(reply, 403), /only an admin of the group may/)
      assert.equal(reply.body.error.error_id, 'ERR_API_FORBIDDEN')
    }
    assert.equal((await ann.ask('GET', '/api/v0/groups/blue/members')).body.members.length, 2)
  }),
)
