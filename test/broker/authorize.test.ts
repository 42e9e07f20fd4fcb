import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthorize } from '../../src/broker/authorize.ts'

test('C29 createAuthorize() never takes a "yes" for a path that can be read in two ways', async () => {
  let asked = 0
  const authorize = createAuthorize('ask', () => {
    asked += 1
    return Promise.resolve(true)
  })
  for (
    const path of ['/api/v0/%252e%252e/x', '/api/v0/a%252fb', '/api/v0/%zz', '/locksmith/v1/tokens']
  ) {
    await assert.rejects(authorize('GET', path), { code: 'ERR_BROKER_DENIED' }, path)
  }
  assert.equal(asked, 0)
  await authorize('GET', '/api/v0/groups')
  await authorize('DELETE', '/api/v0/groups/acme')
  assert.equal(asked, 1)
})
