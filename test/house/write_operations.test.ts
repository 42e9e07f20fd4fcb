import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assemble } from './write_declarations.ts'
import { nameOperation, renderOperations } from './write_operations.ts'
import type { Document } from './write_operations.ts'

test('nameOperation() takes the place from the path and the rest from the operation', () => {
  const names: [string, string, string][] = [
    ['/groups', 'listGroups', 'groups.list'],
    ['/groups/:group/members/:email', 'addMember', 'groups.members.add'],
    ['/organizations/:org/groups', 'listOrganizationGroups', 'organizations.groups.list'],
    ['/data/projects/:id', 'readProject', 'projects.read'],
    ['/data/jobs', 'submitJob', 'jobs.submit'],
    ['/data/packages/check', 'checkPackages', 'packages.check'],
    ['/data/packages/check/raw', 'checkPackagesRaw', 'packages.checkRaw'],
  ]
  for (const [path, operation, name] of names) assert.equal(nameOperation(path, operation), name)
})

test('renderOperations() makes types of schemas, and tells two operations of one name', () => {
  const operation = (operationId: string) => ({
    operationId,
    summary: 'Do it',
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
    requestBody: { content: { 'application/json': { schema: { $ref: '#/x/Thing' } } } },
    responses: { 200: { content: { 'application/json': { schema: { $ref: '#/x/Thing' } } } } },
  })
  const document = (paths: Document['paths']): Document => ({
    paths,
    components: {
      schemas: {
        Thing: {
          type: 'object',
          required: ['kind'],
          properties: {
            kind: { anyOf: [{ const: 'a' }, { const: 'b' }] },
            inner: { type: 'array', items: { $ref: '#/x/Thing' } },
            'odd name': { anyOf: [{ type: 'integer' }, { type: 'null' }] },
          },
        },
      },
    },
  })
  const text = renderOperations(document({
    '/api/v0/things/{id}': { put: operation('updateThing') },
    '/healthz': { get: operation('readLiveness') },
  }))
  assert.match(text, /update\(id: string, body: Thing, options\?: CallOptions\): Promise<Thing>/)
  assert.match(text, /kind: 'a' \| 'b'\n {2}inner\?: Thing\[\]\n {2}"odd name"\?: number \| null/)
  assert.match(text, /"things\.update PUT \/things\/:id \{\}"/)
  assert.doesNotMatch(text, /readLiveness|healthz/)
  assert.throws(() =>
    renderOperations(document({
      '/api/v0/things/{id}': { put: operation('updateThing') },
      '/api/v0/data/things/{id}': { put: operation('updateThing') },
    })), /api\.things\.update/)
})

test('assemble() takes what is exported, what that needs, and what is global', () => {
  const main =
    `import type { A } from './a.ts';\n/** Says. */\nexport declare const a: A;\nexport { B } from './b.ts';\n`
  const others = [
    `/** An A: Hidden. */\nexport interface A extends C {\n    b: string;\n}\nexport interface Hidden {\n}\ninterface C {\n}\n`,
    `export declare class B {\n}\ndeclare global {\n    var x: D;\n}\nexport type D = string;\n`,
  ]
  const text = assemble(main, [main, ...others])
  assert.match(text, /\/\*\* Says\. \*\/\nexport declare const a: A;/)
  for (const name of ['interface A', 'interface C', 'class B', 'type D']) {
    assert.equal(text.match(new RegExp(`export (declare )?${name}\\b`, 'g'))?.length, 1, name)
  }
  assert.doesNotMatch(text, /interface Hidden/)
  const prose =
    'import type { A as B } from "./a.ts";\n/** Sent as a token. */\nexport declare const a: B;\n'
  assert.match(
    assemble(prose, [prose, others[0]!]),
    /Sent as a token\. \*\/\nexport declare const a: A;/,
  )
  const clash = 'export interface A {\n    d: A[];\n}\nexport interface Z {\n    a: A;\n}\n'
  const both = assemble('export declare const z: Z;\nexport declare const a: A;\n', [
    'export declare const z: Z;\nexport declare const a: A;\n',
    others[0]!,
    clash,
  ])
  assert.match(both, /interface A extends C/)
  assert.match(both, /interface ApiA \{\n {4}d: ApiA\[\];/)
  assert.match(both, /interface Z \{\n {4}a: ApiA;/)
  assert.match(text, /declare global/)
})
