import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused, NOON, withApi } from '../harness/api.ts'

const MEMBERS = '/api/v0/groups/blue/members'

test(
  'addMember adds a member, whom listMembers then lists',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    api.clock.time += 1000
    const added = await ann.ask('POST', `${MEMBERS}/BOB@example.org`)
    assert.equal(added.status, 201)
    assert.deepEqual(added.body, { user_email: 'bob@example.org', name: 'bob', role: 'member' })
    assert.deepEqual((await bob.ask('GET', MEMBERS)).body, {
      members: [{ user_email: 'ann@example.org', name: 'ann', role: 'admin' }, added.body],
    })
    const [group] = (await bob.ask('GET', '/api/v0/groups')).body.groups
    assert.equal(group.created_at, new Date(NOON).toISOString())
    assert.equal(group.last_modified, new Date(NOON + 1000).toISOString())
  }),
)

test(
  'addMember refuses who is a member already, and who has no account',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    assert.match(
      assertRefused(await ann.ask('POST', `${MEMBERS}/ann@example.org`), 409),
      /"ann@example.org" to group "blue": this is a member already/,
    )
    assert.match(
      assertRefused(await ann.ask('POST', `${MEMBERS}/zoe@example.org`), 404),
      /"zoe@example.org" to group "blue": no account has this email/,
    )
  }),
)

test(
  'O201 addMember takes no role along, neither in the body nor in the query',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    const refused = await ann.ask('POST', `${MEMBERS}/bob@example.org`, { role: 'admin' })
    assert.match(assertRefused(refused, 400), /this operation takes none/)
    assert.equal((await ann.ask('GET', MEMBERS)).body.members.length, 1)
    assert.equal((await ann.ask('POST', `${MEMBERS}/bob@example.org?role=admin`)).status, 201)
    assert.equal((await bob.ask('GET', '/api/v0/groups')).body.groups[0].role, 'member')
  }),
)

test(
  'removeMember lets an admin remove others, and a member leave',
  withApi(async (api) => {
    const [ann, bob, eve] = [
      await api.signUp('ann'),
      await api.signUp('bob'),
      await api.signUp('eve'),
    ]
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    for (const { user } of [bob, eve]) await ann.ask('POST', `${MEMBERS}/${user.email}`)
    assert.equal((await ann.ask('DELETE', `${MEMBERS}/bob@example.org`)).status, 204)
    assert.equal((await eve.ask('DELETE', `${MEMBERS}/Eve@example.org`)).status, 204)
    assertRefused(await eve.ask('GET', MEMBERS), 404)
    assert.equal((await ann.ask('GET', MEMBERS)).body.members.length, 1)
    assertRefused(await ann.ask('DELETE', `${MEMBERS}/bob@example.org`), 404)
  }),
)

test(
  'removeMember keeps the last admin, but not the last but one',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    const group = (await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })).body
    await api.store.addMember(group.group_id, bob.user.id, 'admin')
    assert.equal((await ann.ask('DELETE', `${MEMBERS}/ann@example.org`)).status, 204)
    assert.match(
      assertRefused(await bob.ask('DELETE', `${MEMBERS}/bob@example.org`), 403),
      /its last admin cannot leave/,
    )
    assert.equal((await bob.ask('DELETE', '/api/v0/groups/blue')).status, 204)
  }),
)

test(
  'removeMember leaves one admin when two remove each other at once',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    const group = (await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })).body
    await api.store.addMember(group.group_id, bob.user.id, 'admin')
    await Promise.all([
      ann.ask('DELETE', `${MEMBERS}/bob@example.org`),
      bob.ask('DELETE', `${MEMBERS}/ann@example.org`),
      ann.ask('DELETE', `${MEMBERS}/ann@example.org`),
      bob.ask('DELETE', `${MEMBERS}/bob@example.org`),
    ])
    const left = await api.store.listMembers(group.group_id)
    assert.deepEqual(left.map(({ role }) => role), ['admin'])
  }),
)
