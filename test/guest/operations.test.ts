import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../src/guest/api_error.ts'
import { createOperations } from '../../src/guest/operations.ts'

interface Sent {
  path: string
  init: RequestInit
}

/** The operations over a road that answers as told, and what went along it. */
function over(status: number, text: string) {
  const sent: Sent[] = []
  const api = createOperations((path, init) => {
    sent.push({ path, init })
    return Promise.resolve(new Response(status === 204 ? null : text, { status }))
  })
  return { api, sent }
}

test('createOperations() sends what a function is called with, and gives what was answered', async () => {
  const { api, sent } = over(200, '{"groups":[]}')
  assert.deepEqual(await api.groups.list(), { groups: [] })
  await api.groups.list({ 'paginate.limit': 5 })
  await api.groups.create('a & b', { headers: { 'idempotency-key': '1' } })
  await api.groups.members.add('a/b', 'x@example.org')
  assert.deepEqual(sent.map(({ path, init }) => [init.method, path, init.body]), [
    ['GET', '/groups', undefined],
    ['GET', '/groups?paginate.limit=5', undefined],
    ['POST', '/groups', '{"group_name":"a & b"}'],
    ['POST', '/groups/a%2Fb/members/x%40example.org', undefined],
  ])
  assert.equal(new Headers(sent[2]!.init.headers).get('idempotency-key'), '1')
  const gone = over(204, '')
  assert.equal(await gone.api.groups.delete('acme'), undefined)
})

test('createOperations() lets no value become another path', async () => {
  const { api, sent } = over(200, '{}')
  for (const name of ['..', '.', '', undefined as unknown as string]) {
    await assert.rejects(api.groups.members.remove(name, 'x@example.org'), TypeError)
    await assert.rejects(api.groups.delete(name), TypeError)
  }
  assert.deepEqual(sent, [])
})

test('createOperations() throws what the API has said, by a stable code', async () => {
  const refusals: [number, string, string, RegExp][] = [
    [409, '{"error":{"error_id":"x","description":"it exists"}}', 'ERR_API_EXISTS', /it exists$/],
    [404, '<html>', 'ERR_API_NOT_FOUND', /status 404$/],
    [500, '{}', 'ERR_API_STATUS', /status 500$/],
    [500, 'null', 'ERR_API_STATUS', /status 500$/],
    [
      403,
      '{"error":{"code":"ERR_BROKER_DENIED","message":"no line"}}',
      'ERR_BROKER_DENIED',
      /no line/,
    ],
    [200, '<html>', 'ERR_API_RESPONSE', /not JSON but "<html>"/],
  ]
  for (const [status, text, code, message] of refusals) {
    const error = await over(status, text).api.groups.list().then(() => undefined, (error) => error)
    assert.ok(error instanceof ApiError)
    assert.deepEqual([error.code, error.status], [code, status])
    assert.match(error.message, message)
  }
})
