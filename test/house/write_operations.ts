/**
 * Writes the operations of the API as the guest offers them, `api.groups.list()`: a table and its types, made from the server's own
 * routes and schemas by way of the OpenAPI document. What is added there is here with the next `npm run fix`.
 */
import { describeApi } from '../../src/server/openapi.ts'
import { routes } from '../../src/server/routes.ts'
import { isIdentifier, renderComment, renderType } from './render_type.ts'
import type { JsonSchema } from './render_type.ts'

/** What the API of extensions is below; its other paths belong to other programs. */
const BASE = '/api/v0/'

/** First segments that only say where something is kept. */
const SILENT = new Set(['data'])

/** An operation, as the OpenAPI document has it. */
export interface Described {
  operationId: string
  summary: string
  parameters?: readonly Parameter[]
  requestBody?: { content: Content }
  responses: Readonly<Record<string, { content?: Content }>>
}

interface Parameter {
  name: string
  in: string
  required?: boolean
  description?: string
  schema: JsonSchema
}

type Content = Readonly<Record<string, { schema: JsonSchema }>>

/** An OpenAPI document, as much of it as is read here. */
export interface Document {
  paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  components: { schemas: Readonly<Record<string, JsonSchema>> }
}

/** An operation as extensions know it. */
interface Operation {
  /** "groups.members.list" */
  name: string
  method: string
  /** "/groups/:group/members" */
  path: string
  /** "?" for a query, "{}" for a body, the name of its only property for a body that has one. */
  input?: string
  described: Described
}

/** Renders the module. */
export function renderOperations(
  document: Document = describeApi(routes) as unknown as Document,
): string {
  const operations = listOperations(document)
  const used = new Map<string, string>()
  const interfaces = renderInterfaces(
    arrange(operations),
    [],
    (operation) => renderCall(operation, document, used),
  )
  return [
    '// Made from the routes and schemas of src/server by `npm run fix`; a test fails when it is out of date.',
    '// deno-fmt-ignore-file',
    '',
    ...used.values(),
    CALL_OPTIONS,
    ...interfaces,
    '/** Name, method, path below /api/v0, and what else is told: "?" a query, "{}" a body, or the only property of one. */',
    `export const OPERATIONS: readonly string[] = ${
      JSON.stringify(operations.map(renderLine), null, 2)
    }`,
    '',
  ].join('\n')
}

const CALL_OPTIONS = `/** What else may be said with each operation. */
export interface CallOptions {
  headers?: HeadersInit
  signal?: AbortSignal
}
`

function renderLine({ name, method, path, input }: Operation): string {
  return [name, method, path, input].filter((word) => word !== undefined).join(' ')
}

/** Lists what code can call by its path: "/openapi.json" is for others to read. */
function listOperations({ paths, components }: Document): Operation[] {
  const found: Operation[] = []
  for (const [place, methods] of Object.entries(paths)) {
    if (!place.startsWith(BASE)) continue
    const path = place.slice(BASE.length - 1).replace(/\{(\w+)\}/g, ':$1')
    for (const [method, described] of Object.entries(methods)) {
      const isCallable = path.split('/').every((each) => /^(:?\w+)?$/.test(each))
      if (!isCallable) continue
      const name = nameOperation(path, described.operationId)
      const input = findInput(described, components.schemas)
      const other = found.find((each) => each.name === name)
      if (other !== undefined) throw new Error(`api.${name} is ${place}, and ${other.path} too`)
      found.push({
        name,
        method: method.toUpperCase(),
        path,
        ...(input === undefined ? {} : { input }),
        described,
      })
    }
  }
  return found
}

/**
 * Names an operation by its path, and by what its own name adds: "listMembers" of "/groups/:group/members" is
 * "groups.members.list", "checkPackagesRaw" of "/data/packages/check/raw" is "packages.checkRaw".
 */
export function nameOperation(path: string, operation: string): string {
  const words = operation.split(/(?=[A-Z])/).map((word) => word.toLowerCase())
  const segments = path.split('/').filter((each) =>
    each !== '' && !each.startsWith(':') && !SILENT.has(each)
  )
  const end = segments.indexOf(words[0]!)
  const places = end === -1 ? segments : segments.slice(0, end)
  const nouns = new Set(places.flatMap((place) => [place, singular(place)]))
  const rest = words.filter((word) => !nouns.has(word))
  const verb = (rest.length === 0 ? words : rest)
    .map((word, index) => index === 0 ? word : word[0]!.toUpperCase() + word.slice(1)).join('')
  return [...places, verb].join('.')
}

function singular(word: string): string {
  return word.replace(/ies$/, 'y').replace(/s$/, '')
}

function findInput(
  { parameters = [], requestBody }: Described,
  schemas: Document['components']['schemas'],
): string | undefined {
  const body = bodyOf(requestBody?.content, schemas)
  if (body === undefined) return parameters.some((each) => each.in === 'query') ? '?' : undefined
  const keys = Object.keys(body.properties ?? {})
  return keys.length === 1 && body.required?.length === 1 ? keys[0] : '{}'
}

function bodyOf(
  content: Content | undefined,
  schemas: Document['components']['schemas'],
): JsonSchema | undefined {
  const schema = content?.['application/json']?.schema
  const title = schema?.$ref?.split('/').at(-1)
  return title === undefined ? schema : schemas[title]
}

interface Tree {
  operation?: Operation
  inner: Map<string, Tree>
}

/** Arranges operations as their names say. */
function arrange(operations: readonly Operation[]): Tree {
  const root: Tree = { inner: new Map() }
  for (const operation of operations) {
    let place = root
    for (const word of operation.name.split('.')) {
      if (!place.inner.has(word)) place.inner.set(word, { inner: new Map() })
      place = place.inner.get(word)!
    }
    place.operation = operation
  }
  return root
}

/** Renders an interface for each thing that operations are done on; the outermost comes last. */
function renderInterfaces(
  { inner }: Tree,
  words: readonly string[],
  render: (operation: Operation) => Rendered,
): string[] {
  const below: string[] = []
  const members = [...inner].map(([name, tree]) => {
    const path = [...words, name]
    if (tree.inner.size > 0) below.push(...renderInterfaces(tree, path, render))
    const type = tree.inner.size > 0 ? nameInterface(path) : undefined
    if (tree.operation === undefined) {
      return `  /** Operations on ${path.join(', ')}. */\n  ${name}: ${type}`
    }
    const { comment, parameters, reply } = render(tree.operation)
    const call = type === undefined
      ? `${name}${parameters}: ${reply}`
      : `${name}: (${parameters} => ${reply}) & ${type}`
    return `${renderComment(comment, '  ')}  ${call}`
  })
  const comment = words.length === 0
    ? 'The operations of the API by name. Each throws `ApiError` where it is refused.'
    : `Operations on ${words.join(', ')}.`
  return [
    ...below,
    `/** ${comment} */\nexport interface ${nameInterface(words)} {\n${members.join('\n')}\n}\n`,
  ]
}

function nameInterface(words: readonly string[]): string {
  return [...words, 'operations'].map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

/** The parts of a function's declaration. */
interface Rendered {
  comment: string[]
  parameters: string
  reply: string
}

/** Statuses of answers to what no extension sends by a function: a body that is too long or of another type, another host. */
const UNSURPRISING = new Set(['413', '415', '421'])

function renderCall(
  { method, path, input, described }: Operation,
  { components: { schemas } }: Document,
  used: Map<string, string>,
): Rendered {
  const type = (schema: JsonSchema) => renderType(schema, schemas, used)
  const given = [...path.matchAll(/:(\w+)/g)].map(([, name]) => `${name}: string`)
  const query = (described.parameters ?? []).filter((each) => each.in === 'query')
  const body = described.requestBody?.content['application/json']?.schema
  if (input === '?') {
    const isOptional = query.every((each) => !each.required)
    given.push(`query${isOptional ? '?' : ''}: ${renderQuery(query, type)}`)
  } else if (input === '{}') given.push(`body: ${type(body!)}`)
  else if (input !== undefined) {
    const only = bodyOf(described.requestBody!.content, schemas)!.properties![input]!
    given.push(`${input}: ${type(only)}`)
  }
  given.push('options?: CallOptions')
  const [, success] = Object.entries(described.responses).find(([status]) => status < '300')!
  const reply = success.content?.['application/json']?.schema
  const refusals = Object.keys(described.responses)
    .filter((status) => /^4/.test(status) && !UNSURPRISING.has(status))
  return {
    comment: [
      `${described.summary}.`,
      '',
      `The manifest allows it by \`[api] allow = ["${method} ${path}"]\`.`,
      '',
      refusals.length === 0
        ? '@throws ApiError'
        : `@throws ApiError with a \`status\`, ${
          refusals.join(', ')
        }, or without one where there was no answer`,
    ],
    parameters: `(${given.join(', ')})`,
    reply: `Promise<${reply === undefined ? 'void' : type(reply)}>`,
  }
}

function renderQuery(query: readonly Parameter[], type: (schema: JsonSchema) => string): string {
  const members = query.map(({ name, required, description, schema }) => {
    const comment = description === undefined ? '' : renderComment([`${description}.`], '  ')
    const key = isIdentifier(name) ? name : `'${name}'`
    return `${comment}  ${key}${required ? '' : '?'}: ${type(schema)}`
  })
  return `{\n${members.join('\n')}\n}`
}
