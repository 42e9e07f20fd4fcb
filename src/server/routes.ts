import { groupRoutes } from './group_routes.ts'
import { jobRoutes } from './job_routes.ts'
import { keyRoutes } from './key_routes.ts'
import { memberRoutes } from './member_routes.ts'
import { describeApi } from './openapi.ts'
import { organizationRoutes } from './organization_routes.ts'
import { packageRoutes } from './package_routes.ts'
import { profileRoutes } from './profile_routes.ts'
import { projectRoutes } from './project_routes.ts'
import { Refusal } from './refusal.ts'
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
    summary:
      'Tell that the server can do its work: its database answers, and it is not about to stop',
    open: true,
    status: 200,
    reply: Readiness,
    async answer({ store, isDraining }) {
      // Who sends requests here is to send them elsewhere, before they find nobody.
      if (isDraining) throw new Refusal(503, 'Cannot take new work: the server is about to stop')
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
  ...organizationRoutes,
  ...projectRoutes,
  ...jobRoutes,
  ...packageRoutes,
  ...keyRoutes,
  ...profileRoutes,
]
