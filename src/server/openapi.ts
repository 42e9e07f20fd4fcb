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
      description: 'Groups, their members, and the API keys of an account',
    },
    paths,
    components: {
      schemas,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', bearerFormat: 'ph0_…' } },
    },
  }
}

function describeRoute(route: Route, schemas: Json): Json {
  const parameters = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const query = route.isPaged ? PAGE_PARAMETERS : []
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
    ...(parameters.length + query.length === 0 ? {} : { parameters: [...parameters, ...query] }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, ...describeBody(route.body, schemas) } }),
    responses,
  }
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
