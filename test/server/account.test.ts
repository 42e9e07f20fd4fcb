import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccount, createGroup, createKey, ensureFirstAccount } from '#server'
import { hashKey, isKey } from '../../src/server/key.ts'
import { NOON, withApi } from '../harness/api.ts'

test(
  'createKey() gives a key of the documented form once, and keeps its hash',
  withApi(async (api) => {
    const { user } = await api.signUp('ann')
    const { key, secret } = await createKey(api.store, user.id, { name: 'laptop', expiresAt: NOON })
    assert.match(secret.reveal(), /^ph0_[A-Za-z0-9_-]{43}$/)
    assert.ok(isKey(secret.reveal()))
    assert.equal(`${secret} ${JSON.stringify({ key, secret })}`.includes(secret.reveal()), false)
    assert.deepEqual({ ...await api.store.findKey(hashKey(secret.reveal())) }, key)
    assert.equal(key.expiresAt, NOON)
  }),
)

test(
  'createKey() refuses a name that the user has given to a key already',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await createKey(api.store, ann.user.id, { name: 'laptop' })
    await assert.rejects(createKey(api.store, ann.user.id, { name: 'laptop' }), {
      code: 'ERR_API_EXISTS',
      message: 'Cannot create key "laptop": it exists already',
    })
    await createKey(api.store, bob.user.id, { name: 'laptop' })
  }),
)

test(
  'createAccount() keeps one account to an email, in whatever case it is written',
  withApi(async (api) => {
    const user = await createAccount(api.store, { email: 'Ann@Example.ORG', name: 'Ann' })
    assert.equal(user.email, 'ann@example.org')
    await assert.rejects(createAccount(api.store, { email: 'ann@example.org', name: 'Other' }), {
      code: 'ERR_API_EXISTS',
      message: 'Cannot create account "ann@example.org": it exists already',
    })
  }),
)

test(
  'createAccount() refuses what is no email and no name',
  withApi(async (api) => {
    const emails = [
      '',
      'ann',
      '@',
      'ann@',
      '@b',
      'a b@c',
      'a@b@c',
      'a/b@c',
      'a\n@b',
      'a\u202e@b',
      `${'x'.repeat(260)}@b`,
    ]
    for (const email of emails) {
      const made = createAccount(api.store, { email, name: 'Ann' })
      await assert.rejects(made, { code: 'ERR_SERVER_REQUEST' }, email)
    }
    for (const name of ['', ' ', 'a\u0000', '\u001b[31m', 'x'.repeat(65)]) {
      const made = createAccount(api.store, { email: 'ann@example.org', name })
      await assert.rejects(made, { code: 'ERR_SERVER_REQUEST' }, name)
    }
    await createAccount(api.store, { email: 'ann@example.org', name: 'Ann Ä. 안' })
  }),
)

test(
  'createGroup() makes a group that its owner finds through the API',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const group = await createGroup(api.store, ann.user.id, 'blue')
    const { groups } = (await ann.ask('GET', '/api/v0/groups')).body
    assert.equal(groups[0].group_id, group.id)
    await assert.rejects(createGroup(api.store, ann.user.id, 'blue'), { code: 'ERR_API_EXISTS' })
    await assert.rejects(createGroup(api.store, ann.user.id, 'a/b'), { code: 'ERR_SERVER_REQUEST' })
  }),
)

test(
  'ensureFirstAccount() makes an account with a key in an empty database, and only there',
  withApi(async (api) => {
    const first = await ensureFirstAccount(api.store)
    const key = first?.secret.reveal() ?? ''
    assert.equal((await api.ask('GET', '/api/v0/groups', { key })).text, '{"groups":[]}')
    assert.equal(await ensureFirstAccount(api.store), undefined)
    await api.store.revokeKey(first?.user.id ?? '', 'first key')
    assert.equal(await ensureFirstAccount(api.store), undefined)
  }),
)

test(
  'ensureFirstAccount() gives its key to the account that a start killed halfway left without',
  withApi(async (api) => {
    const user = await api.store.createUser({ email: 'admin@localhost', name: 'Admin' })
    const first = await ensureFirstAccount(api.store)
    assert.equal(first?.user.id, user?.id)
  }),
)
