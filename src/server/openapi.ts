import type { TSchema } from '@sinclair/typebox'
import { PAGE_PARAMETERS } from './page.ts'
import { repliesOf } from './route.ts'
import type { Route } from './route.ts'

/** A part of an OpenAPI document. */
type Json = { [key: string]: unknown }

/**
 * Describes routes as an OpenAPI 3.1 document, whose schemas are JSON Schema, which is what TypeBox makes. The schemas
 * are the very ones that requests are checked against; each one with a title is written once, under that name.
 */
export function describeApi(routes: readonly Route[]) {
  const schemas: Json = {}
  const paths: { [path: string]: Json } = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    const operations = paths[path] ??= {}
    operations[route.method.toLowerCase()] = describeRoute(route, schemas)
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'phylum',
      version: 'v0',
      description:
        'Organizations, groups and their members, projects and what was analyzed for them, ' +
        'and the API keys of an account',
    },
    paths,
    components: {
      schemas,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', bearerFormat: 'ph0_…' } },
    },
  }
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string' },
}

function describeRoute(route: Route, schemas: Json): Json {
  const segments = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const query = [...describeFilters(route), ...(route.isPaged ? PAGE_PARAMETERS : [])]
  const headers = route.isRepeatable ? [IDEMPOTENCY_KEY] : []
  const parameters = [...segments, ...query, ...headers]
  const responses: Json = {}
  for (const [status, schema] of repliesOf(route)) {
    const description = status < 400 ? route.summary : 'Refused, with the reason'
    responses[status] = status === 204
      ? { description }
      : { description, ...describeBody(schema, schemas) }
  }
  return {
    operationId: route.operation,
    summary: route.summary,
    security: route.open ? [] : [{ key: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, ...describeBody(route.body, schemas) } }),
    responses,
  }
}

function describeFilters({ filters = {} }: Route) {
  return Object.entries(filters).map(([name, description]) => ({
    name,
    in: 'query',
    required: false,
    description,
    schema: { type: 'string' },
  }))
}

function describeBody(schema: TSchema, schemas: Json): Json {
  return { content: { 'application/json': { schema: lift(schema, schemas) } } }
}

/** Replaces each part that has a title by a reference to the components, and files it there. */
function lift(schema: unknown, schemas: Json): unknown {
  if (Array.isArray(schema)) return schema.map((item) => lift(item, schemas))
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, lift(value, schemas)]),
  )
  const { title } = copy
  if (typeof title !== 'string') return copy
  schemas[title] = copy
  return { $ref: `#/components/schemas/${title}` }
}
