import { groupRoutes } from './group_routes.ts'
import { keyRoutes } from './key_routes.ts'
import { memberRoutes } from './member_routes.ts'
import { describeApi } from './openapi.ts'
import { profileRoutes } from './profile_routes.ts'
import { defineRoute } from './route.ts'
import type { Route } from './route.ts'
import { Document, Health, Liveness, Readiness } from './schemas.ts'

/** Every operation of the API. */
export const routes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v0/health',
    operation: 'readHealth',
    summary: 'Tell that the server is alive',
    open: true,
    status: 200,
    reply: Health,
    answer: () => Promise.resolve({ response: 'alive' } as const),
  }),
  defineRoute({
    method: 'GET',
    path: '/healthz',
    operation: 'readLiveness',
    summary: 'Tell that the process is alive, whatever became of its database',
    open: true,
    status: 200,
    reply: Liveness,
    answer: () => Promise.resolve({ status: 'alive' } as const),
  }),
  defineRoute({
    method: 'GET',
    path: '/readyz',
    operation: 'readReadiness',
    summary: 'Tell that the server can do its work: its database answers',
    open: true,
    status: 200,
    reply: Readiness,
    async answer({ store }) {
      // Otherwise 503, as every operation that needs the database.
      await store.ping()
      return { status: 'ready' } as const
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v0/openapi.json',
    operation: 'readDescription',
    summary: 'Describe this API in OpenAPI',
    open: true,
    status: 200,
    reply: Document,
    answer: () => Promise.resolve(describeApi(routes)),
  }),
  ...groupRoutes,
  ...memberRoutes,
  ...keyRoutes,
  ...profileRoutes,
]
