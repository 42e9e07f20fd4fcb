import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused, NOON, withApi } from '../harness/api.ts'
import type { Person } from '../harness/api.ts'

const PROJECTS = '/api/v0/data/projects'

async function create(person: Person, body: Record<string, unknown>): Promise<string> {
  const reply = await person.ask('POST', PROJECTS, body)
  assert.equal(reply.status, 201, reply.text)
  assert.deepEqual(Object.keys(reply.body), ['id'])
  return reply.body.id
}

async function names(person: Person, query = ''): Promise<string[]> {
  const reply = await person.ask('GET', `/api/v0/projects${query}`)
  assert.equal(reply.status, 200, reply.text)
  return reply.body.values.map(({ name }: { name: string }) => name).sort()
}

test(
  'a project is made, read, changed and deleted',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    assert.equal(
      (await ann.ask('GET', '/api/v0/projects')).text,
      '{"values":[],"has_more":false}',
    )
    const id = await create(ann, { name: 'acme/web', repository_url: 'https://x/y' })
    const time = new Date(NOON).toISOString()
    assert.deepEqual((await ann.ask('GET', '/api/v0/projects')).body, {
      values: [{
        id,
        created_at: time,
        updated_at: time,
        name: 'acme/web',
        ecosystems: [],
        group_name: null,
        organization_name: null,
      }],
      has_more: false,
    })
    const again = await ann.ask('POST', PROJECTS, { name: 'acme/web' })
    assert.match(assertRefused(again, 409), /"acme\/web": it exists already/)
    const change = { name: 'web', default_label: 'main' }
    api.clock.time += 1000
    assert.deepEqual((await ann.ask('PUT', `${PROJECTS}/${id}`, change)).body, { id })
    assert.deepEqual((await ann.ask('GET', `${PROJECTS}/${id}`)).body, {
      id,
      name: 'web',
      registries: [],
      createdAt: time,
      updatedAt: new Date(NOON + 1000).toISOString(),
      latestJobCreatedAt: null,
      latestJobId: null,
      label: null,
      defaultLabel: 'main',
      repositoryUrl: null,
      groupName: null,
      organizationName: null,
    })
    await create(ann, { name: 'other' })
    assertRefused(await ann.ask('PUT', `${PROJECTS}/${id}`, { name: 'other' }), 409)
    const deleted = await ann.ask('DELETE', `${PROJECTS}/${id.toUpperCase()}`)
    assert.deepEqual([deleted.status, deleted.body], [200, { id }])
    assertRefused(await ann.ask('DELETE', `${PROJECTS}/${id}`), 404)
  }),
)

test(
  'listProjects filters by group, organization and a part of the name, and pages by id',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    await ann.ask('POST', '/api/v0/organizations', { name: 'acme' })
    await ann.ask('POST', '/api/v0/organizations/acme/groups', { name: 'blue' })
    await create(ann, { name: 'own_1' })
    await create(ann, { name: 'ownX1' })
    await create(ann, { name: 'blue-1', group_name: 'blue' })
    const inOrganization = { organization_name: 'acme', group_name: 'blue' }
    await create(ann, { name: 'acme-1', ...inOrganization })
    await create(ann, { name: 'acme-2', group_name: 'acme/blue' })
    // One name in two places is two projects.
    await create(ann, { name: 'own_1', group_name: 'blue' })
    assertRefused(await ann.ask('POST', PROJECTS, { name: 'acme-1', ...inOrganization }), 409)
    assert.deepEqual(await names(ann, '?filter.group=blue'), ['blue-1', 'own_1'])
    assert.deepEqual(await names(ann, '?filter.group=acme/blue'), ['acme-1', 'acme-2'])
    assert.deepEqual(await names(ann, '?filter.organization=acme'), ['acme-1', 'acme-2'])
    for (const filter of ['group=none', 'group=acme/none', 'organization=none']) {
      assertRefused(await ann.ask('GET', `/api/v0/projects?filter.${filter}`), 404)
    }
    const bob = await api.signUp('bob')
    assertRefused(await bob.ask('GET', '/api/v0/projects?filter.group=blue'), 404)
    assertRefused(await bob.ask('GET', '/api/v0/projects?filter.organization=acme'), 404)
    assert.deepEqual(await names(ann, '?filter.name=n_1'), ['own_1', 'own_1'])
    assert.deepEqual(await names(ann, '?filter.name=%25'), [])
    assert.deepEqual(await names(ann, '?filter.name=ACME'), [])
    assert.deepEqual(await names(ann, '?filter.name=%00'), [])
    assert.deepEqual(await names(ann, `?filter.name=${encodeURIComponent("' OR 1=1 --")}`), [])
    const seen: string[] = []
    for (let cursor = '', more = true; more;) {
      const { body } = await ann.ask('GET', `/api/v0/projects?paginate.limit=4${cursor}`)
      seen.push(...body.values.map(({ id }: { id: string }) => id))
      more = body.has_more
      cursor = `&paginate.cursor=${seen.at(-1)}`
    }
    assert.equal(new Set(seen).size, 6)
    assert.equal(seen.length, 6)
    assertRefused(await ann.ask('GET', '/api/v0/projects?paginate.limit=0'), 400)
  }),
)

test(
  'a project of a group is its members’: they change it, and admins delete it',
  withApi(async (api) => {
    const [ann, bob, eve] = [
      await api.signUp('ann'),
      await api.signUp('bob'),
      await api.signUp('eve'),
    ]
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    await ann.ask('POST', '/api/v0/groups/blue/members/bob@example.org')
    const id = await create(bob, { name: 'web', group_name: 'blue' })
    assert.deepEqual(await names(ann), ['web'])
    assert.deepEqual(await names(eve), [])
    assert.equal((await bob.ask('PUT', `${PROJECTS}/${id}`, { name: 'new' })).status, 200)
    assert.equal(
      (await bob.ask('PUT', `${PROJECTS}/${id}`, { name: 'new', group_name: 'blue' })).status,
      200,
    )
    assert.match(
      assertRefused(
        await bob.ask('PUT', `${PROJECTS}/${id}`, { name: 'x', group_name: 'red' }),
        400,
      ),
      /it belongs to group "blue" for good/,
    )
    assertRefused(await bob.ask('DELETE', `${PROJECTS}/${id}`), 403)
    assertRefused(await eve.ask('POST', PROJECTS, { name: 'x', group_name: 'blue' }), 404)
    await ann.ask('DELETE', '/api/v0/groups/blue/members/bob@example.org')
    assert.deepEqual(await names(bob), [])
    assertRefused(await bob.ask('GET', `${PROJECTS}/${id}`), 404)
    // With the group goes what is its own.
    await ann.ask('DELETE', '/api/v0/groups/blue')
    assertRefused(await ann.ask('GET', `${PROJECTS}/${id}`), 404)
  }),
)

test(
  'createProject refuses bad input in one line',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    for (
      const [body, reason] of [
        [{}, /expected required property at "\/name"/],
        [{ name: '' }, /at "\/name"/],
        [{ name: ' a' }, /Cannot name the project " a": it is empty or has spaces around it/],
        [{ name: 'a\u202eb' }, /characters that cannot be seen/],
        [{ name: 'a', role: 'admin' }, /unexpected property at "\/role"/],
        [{ name: 'a', organization_name: 'acme' }, /say which of its groups is meant/],
        [{ name: 'a', organization_name: 'b', group_name: 'a/x' }, /it is none of "b"/],
      ] as const
    ) assert.match(assertRefused(await ann.ask('POST', PROJECTS, body), 400), reason)
  }),
)

test(
  'O204 another user’s project looks like a missing one to every operation',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    const id = await create(ann, { name: 'web' })
    const missing = '00000000-0000-4000-8000-000000000000'
    for (
      const [method, rest, body] of [
        ['GET', ''],
        ['PUT', '', { name: 'x' }],
        ['DELETE', ''],
        ['GET', '/history'],
      ] as const
    ) {
      const theirs = await bob.ask(method, `${PROJECTS}/${id}${rest}`, body)
      const none = await bob.ask(method, `${PROJECTS}/${missing}${rest}`, body)
      assertRefused(theirs, 404)
      assert.equal(theirs.text.replaceAll(id, '…'), none.text.replaceAll(missing, '…'))
    }
    assert.equal((await ann.ask('GET', `${PROJECTS}/${id}`)).body.name, 'web')
  }),
)

test(
  'createProject is done once for one Idempotency-Key',
  withApi(async (api) => {
    const { key } = await api.signUp('ann')
    const ask = () =>
      api.ask('POST', PROJECTS, {
        key,
        body: { name: 'web' },
        headers: { 'idempotency-key': 'a-key-of-one-request' },
      })
    const [first, second] = [await ask(), await ask()]
    assert.equal(first.status, 201)
    assert.equal(second.text, first.text)
  }),
)
