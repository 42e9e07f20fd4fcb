import { groupRoutes } from './group_routes.ts'
import { keyRoutes } from './key_routes.ts'
import { memberRoutes } from './member_routes.ts'
import { describeApi } from './openapi.ts'
import { profileRoutes } from './profile_routes.ts'
import { defineRoute } from './route.ts'
import type { Route } from './route.ts'
import { Document, Health } from './schemas.ts'

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
