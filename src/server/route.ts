import type { Static, TSchema } from '@sinclair/typebox'
import type { Policy } from './policy/policy.ts'
import type { RefusalStatus } from './refusal.ts'
import { ApiError } from './schemas.ts'
import type { Store } from './store.ts'

/** Who sends a request, as the credential proves it. */
export interface Caller {
  userId: string
  /** The API key that proves it, if one does. */
  keyId?: string
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
  /** What is refused of what is analyzed, and why. */
  policy: Policy
  /** Where the server is reached, for addresses in answers. */
  origin: string
  /** Whether the server is about to stop. */
  isDraining: boolean
}

/** One operation of the API: what is asked, what is answered, and how. */
export interface Route<Body extends TSchema = TSchema, Reply extends TSchema = TSchema> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path with parameters as ":name". */
  path: string
  /** Name of the operation in the OpenAPI document. */
  operation: string
  summary: string
  /** Served without a credential. */
  open?: true
  /** Done once, however often it is sent with the same `Idempotency-Key`; `answer` then has no effect but on the store. */
  isRepeatable?: true
  /** Answers a list, which may be asked for in pages; see `listPage()`. */
  isPaged?: true
  /** By what a list can be narrowed: parameters behind the "?", and what each one does. */
  filters?: Readonly<Record<string, string>>
  body?: Body
  /** Longest body, in bytes, where it is not the one of every route. */
  maxBody?: number
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
    ...(route.isRepeatable ? [422] : []),
    ...route.refusals ?? [],
    421,
    500,
    503,
  ]
  for (const status of refusals.sort()) replies.set(status, ApiError)
  return replies
}
