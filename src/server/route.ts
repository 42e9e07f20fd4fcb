import type { Static, TSchema } from '@sinclair/typebox'
import type { RefusalStatus } from './refusal.ts'
import { ApiError } from './schemas.ts'
import type { Store } from './store.ts'

/** Who sends a request, as the credential proves it. */
export interface Caller {
  userId: string
}

/** A request that has passed every check that can be made without the route. */
export interface Call<Body = unknown> {
  store: Store
  caller: Caller
  /** Decoded segments of the path, by the names that the route's path gives them. */
  params: Readonly<Record<string, string>>
  /** What stood behind the "?". */
  query: URLSearchParams
  /** What the request carried, of the type that `body` describes; `undefined` where the route describes none. */
  body: Body
}

/** One operation of the API: what is asked, what is answered, and how. */
export interface Route<Body extends TSchema = TSchema, Reply extends TSchema = TSchema> {
  method: 'GET' | 'POST' | 'DELETE'
  /** Path with parameters as ":name". */
  path: string
  /** Name of the operation in the OpenAPI document. */
  operation: string
  summary: string
  /** Served without a credential. */
  open?: true
  /** Answers a list, which may be asked for in pages; see `listPage()`. */
  isPaged?: true
  body?: Body
  status: 200 | 201 | 204
  reply: Reply
  /** The statuses with which the route itself refuses, besides those of the door. */
  refusals?: readonly RefusalStatus[]
  answer(call: Call<Static<Body>>): Promise<Static<Reply>>
}

/** Ties the types of a route's schemas to its handler. */
export function defineRoute<Body extends TSchema, Reply extends TSchema>(
  route: Route<Body, Reply>,
): Route {
  return route
}

/** Lists everything that a route may answer: status and schema of the body. */
export function repliesOf(route: Route): ReadonlyMap<number, TSchema> {
  const replies = new Map<number, TSchema>([[route.status, route.reply]])
  const refusals = [
    ...(route.method === 'GET' ? [] : [400, 413]),
    ...(route.isPaged ? [400] : []),
    ...(route.body === undefined ? [] : [415]),
    ...(route.open ? [] : [401]),
    ...route.refusals ?? [],
    421,
    500,
    503,
  ]
  for (const status of refusals.sort()) replies.set(status, ApiError)
  return replies
}
