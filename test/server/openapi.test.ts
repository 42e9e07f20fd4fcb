import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routes } from '../../src/server/routes.ts'
import { NewGroup } from '../../src/server/schemas.ts'
import { withApi } from '../harness/api.ts'

const PATHS = {
  '/healthz': ['get'],
  '/readyz': ['get'],
  '/api/v0/health': ['get'],
  '/api/v0/openapi.json': ['get'],
  '/api/v0/groups': ['get', 'post'],
  '/api/v0/groups/{group}': ['delete'],
  '/api/v0/groups/{group}/members': ['get'],
  '/api/v0/groups/{group}/members/{email}': ['post', 'delete'],
  '/api/v0/organizations': ['get', 'post'],
  '/api/v0/organizations/{org}': ['delete'],
  '/api/v0/organizations/{org}/members': ['get', 'post'],
  '/api/v0/organizations/{org}/members/{email}': ['delete'],
  '/api/v0/organizations/{org}/groups': ['get', 'post'],
  '/api/v0/organizations/{org}/groups/{group}': ['delete'],
  '/api/v0/organizations/{org}/groups/{group}/members': ['get'],
  '/api/v0/organizations/{org}/groups/{group}/members/{email}': ['post', 'delete'],
  '/api/v0/projects': ['get'],
  '/api/v0/data/projects': ['post'],
  '/api/v0/data/projects/{project}': ['get', 'put', 'delete'],
  '/api/v0/data/projects/{project}/history': ['get'],
  '/api/v0/data/jobs': ['post'],
  '/api/v0/data/jobs/{job}': ['get', 'post'],
  '/api/v0/data/jobs/{job}/policy/evaluate': ['post'],
  '/api/v0/data/jobs/{job}/policy/evaluate/raw': ['post'],
  '/api/v0/data/packages/check': ['post'],
  '/api/v0/data/packages/check/raw': ['post'],
  '/api/v0/data/packages/submit': ['post'],
  '/locksmith/v1/tokens': ['get'],
  '/locksmith/v1/revoke': ['post'],
  '/locksmith/v1/userinfo': ['get'],
  '/oidc/me': ['get'],
}

test(
  'describeApi() lists every operation, and no other',
  withApi(async (api) => {
    const { body } = await api.ask('GET', '/api/v0/openapi.json')
    const described = Object.entries<object>(body.paths).map((
      [path, item],
    ) => [path, Object.keys(item)])
    assert.deepEqual(Object.fromEntries(described), PATHS)
    assert.equal(Object.values(PATHS).flat().length, routes.length)
    const names = new Set(routes.map((route) => route.operation))
    assert.equal(names.size, routes.length)
  }),
)

test(
  'describeApi() publishes the schemas that requests are checked against',
  withApi(async (api) => {
    const { body } = await api.ask('GET', '/api/v0/openapi.json')
    const { schema } = body.paths['/api/v0/groups'].post.requestBody.content['application/json']
    assert.deepEqual(schema, { $ref: '#/components/schemas/NewGroup' })
    assert.deepEqual(body.components.schemas.NewGroup, JSON.parse(JSON.stringify(NewGroup)))
  }),
)

test(
  'describeApi() refers to nothing that it does not contain',
  withApi(async (api) => {
    const { text, body } = await api.ask('GET', '/api/v0/openapi.json')
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)]
    assert.ok(references.length > 10)
    for (const [, name = ''] of references) assert.ok(name in body.components.schemas, name)
    assert.equal(body.openapi, '3.1.1')
  }),
)

test(
  'describeApi() asks for the key on every operation but the open ones, which answer without one',
  withApi(async (api) => {
    const { body } = await api.ask('GET', '/api/v0/openapi.json')
    for (const route of routes) {
      const path = route.path.replace(/:(\w+)/g, '{$1}')
      const operation = body.paths[path][route.method.toLowerCase()]
      assert.deepEqual(operation.security, route.open ? [] : [{ key: [] }])
      const reply = await api.ask(route.method, route.path.replace(/:\w+/g, 'x'))
      assert.equal(reply.status, route.open ? 200 : 401, route.operation)
      const parameters: { name: string; in: string }[] = operation.parameters ?? []
      for (const { name } of parameters.filter((one) => one.in === 'path')) {
        assert.ok(path.includes(`{${name}}`))
      }
      assert.equal(parameters.some((one) => one.in === 'query'), route.isPaged ?? false)
    }
  }),
)
