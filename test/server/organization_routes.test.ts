import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused, NOON, withApi } from '../harness/api.ts'

const ORGS = '/api/v0/organizations'

test(
  'createOrganization makes its caller the admin; listOrganizations lists by name',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    assert.equal((await ann.ask('GET', ORGS)).text, '{"organizations":[]}')
    const made = await ann.ask('POST', ORGS, { name: 'zeta' })
    assert.equal(made.status, 201)
    const created_at = new Date(NOON).toISOString()
    assert.deepEqual(made.body, { name: 'zeta', role: 'admin', created_at })
    await ann.ask('POST', ORGS, { name: 'acme' })
    const { organizations } = (await ann.ask('GET', ORGS)).body
    assert.deepEqual(organizations.map(({ name }: { name: string }) => name), ['acme', 'zeta'])
    const page = await ann.ask('GET', `${ORGS}?paginate.limit=1&paginate.cursor=acme`)
    assert.equal(page.body.organizations[0].name, 'zeta')
    assert.equal(page.body.has_more, false)
    assertRefused(await ann.ask('POST', ORGS, { name: 'acme' }), 409)
    assertRefused(await ann.ask('POST', ORGS, { name: 'a/b' }), 400)
    assertRefused(await ann.ask('POST', ORGS, { name: 'a\u0000' }), 400)
  }),
)

test(
  'organization members are added and removed by admins; the last admin stays',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await ann.ask('POST', ORGS, { name: 'acme' })
    const members = `${ORGS}/acme/members`
    const added = await ann.ask('POST', members, { email: 'BOB@example.org' })
    assert.deepEqual(added.body, { email: 'bob@example.org', name: 'bob', role: 'member' })
    assertRefused(await ann.ask('POST', members, { email: 'bob@example.org' }), 409)
    assert.match(
      assertRefused(await ann.ask('POST', members, { email: 'x@example.org' }), 404),
      /no account has this email/,
    )
    const listed = await bob.ask('GET', members)
    assert.deepEqual(listed.body.members.map(({ email }: { email: string }) => email), [
      'ann@example.org',
      'bob@example.org',
    ])
    assertRefused(await bob.ask('POST', members, { email: 'ann@example.org' }), 403)
    assertRefused(await bob.ask('DELETE', `${members}/ann@example.org`), 403)
    assertRefused(await bob.ask('DELETE', `${ORGS}/acme`), 403)
    assertRefused(await ann.ask('DELETE', `${members}/ann@example.org`), 403)
    assert.equal((await bob.ask('DELETE', `${members}/bob@example.org`)).status, 204)
    assertRefused(await ann.ask('DELETE', `${members}/bob@example.org`), 404)
    assertRefused(await bob.ask('GET', members), 404)
    assert.equal((await ann.ask('DELETE', `${ORGS}/acme`)).status, 204)
  }),
)

test(
  'groups of an organization have names of their own, and only its members',
  withApi(async (api) => {
    const [ann, bob, eve] = [
      await api.signUp('ann'),
      await api.signUp('bob'),
      await api.signUp('eve'),
    ]
    await eve.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    for (const name of ['acme', 'beta']) {
      await ann.ask('POST', ORGS, { name })
      assert.equal((await ann.ask('POST', `${ORGS}/${name}/groups`, { name: 'blue' })).status, 201)
    }
    assertRefused(await ann.ask('POST', `${ORGS}/acme/groups`, { name: 'blue' }), 409)
    assertRefused(await ann.ask('POST', `${ORGS}/acme/groups`, { name: 'a/b' }), 400)
    assert.deepEqual((await ann.ask('GET', `${ORGS}/acme/groups`)).body, {
      groups: [{ name: 'blue' }],
    })
    const { groups } = (await ann.ask('GET', '/api/v0/groups')).body
    assert.deepEqual(
      groups.map(({ group_name }: { group_name: string }) => group_name),
      ['acme/blue', 'beta/blue'],
    )
    const members = `${ORGS}/acme/groups/blue/members`
    assert.match(
      assertRefused(await ann.ask('POST', `${members}/bob@example.org`), 404),
      /not a member of its organization/,
    )
    await ann.ask('POST', `${ORGS}/acme/members`, { email: 'bob@example.org' })
    assert.equal((await ann.ask('POST', `${members}/bob@example.org`)).status, 201)
    // The same group under its whole name.
    const whole = await bob.ask('GET', `/api/v0/groups/${encodeURIComponent('acme/blue')}/members`)
    assert.equal(whole.body.members.length, 2)
    assert.equal((await bob.ask('GET', `${ORGS}/acme/groups`)).body.groups.length, 1)
    // Who leaves the organization leaves its groups.
    await bob.ask('DELETE', `${ORGS}/acme/members/bob@example.org`)
    assert.equal((await ann.ask('GET', members)).body.members.length, 1)
    assert.equal((await bob.ask('GET', '/api/v0/groups')).text, '{"groups":[]}')
    assert.equal((await ann.ask('DELETE', `${ORGS}/acme/groups/blue`)).status, 204)
    assertRefused(await ann.ask('DELETE', `${ORGS}/acme/groups/blue`), 404)
  }),
)

test(
  'an admin of an organization is an admin of its groups, and a member sees only their own',
  withApi(async (api) => {
    const [ann, bob, eve] = [
      await api.signUp('ann'),
      await api.signUp('bob'),
      await api.signUp('eve'),
    ]
    await ann.ask('POST', ORGS, { name: 'acme' })
    for (const { user } of [bob, eve]) {
      await ann.ask('POST', `${ORGS}/acme/members`, { email: user.email })
    }
    await bob.ask('POST', `${ORGS}/acme/groups`, { name: 'blue' })
    const members = `${ORGS}/acme/groups/blue/members`
    assert.deepEqual((await eve.ask('GET', `${ORGS}/acme/groups`)).body, { groups: [] })
    assertRefused(await eve.ask('GET', members), 404)
    assertRefused(await eve.ask('DELETE', `${ORGS}/acme/groups/blue`), 404)
    assert.deepEqual((await ann.ask('GET', `${ORGS}/acme/groups`)).body, {
      groups: [{ name: 'blue' }],
    })
    assert.equal((await ann.ask('POST', `${members}/eve@example.org`)).status, 201)
    assert.equal((await ann.ask('DELETE', `${ORGS}/acme/groups/blue`)).status, 204)
  }),
)

test(
  'O204 another user’s organization looks like a missing one to every operation',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await ann.ask('POST', ORGS, { name: 'blue' })
    await ann.ask('POST', `${ORGS}/blue/groups`, { name: 'team' })
    const operations: [string, string, unknown?][] = [
      ['DELETE', ''],
      ['GET', '/members'],
      ['POST', '/members', { email: 'bob@example.org' }],
      ['DELETE', '/members/ann@example.org'],
      ['GET', '/groups'],
      ['POST', '/groups', { name: 'x' }],
      ['DELETE', '/groups/team'],
      ['GET', '/groups/team/members'],
      ['POST', '/groups/team/members/bob@example.org'],
      ['DELETE', '/groups/team/members/ann@example.org'],
    ]
    for (const [method, rest, body] of operations) {
      const theirs = await bob.ask(method, `${ORGS}/blue${rest}`, body)
      const missing = await bob.ask(method, `${ORGS}/grey${rest}`, body)
      assertRefused(theirs, 404)
      assert.equal(theirs.text.replaceAll('blue', '…'), missing.text.replaceAll('grey', '…'))
    }
    // The twin: to whose organization it is, it is open.
    for (const rest of ['/members', '/groups', '/groups/team/members']) {
      assert.equal((await ann.ask('GET', `${ORGS}/blue${rest}`)).status, 200)
    }
    assert.equal((await ann.ask('DELETE', `${ORGS}/blue`)).status, 204)
    assert.equal((await ann.ask('GET', '/api/v0/groups')).text, '{"groups":[]}')
  }),
)
