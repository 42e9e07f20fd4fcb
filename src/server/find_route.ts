import type { Route } from './route.ts'
import { OTHER_ROUTE } from './telemetry/request_record.ts'

/** Makes a function that names the route of a path, by its template; "other" where the API has none. */
export function createRouteFinder(routes: readonly Route[]): (path: string) => string {
  const templates = [...new Set(routes.map(({ path }) => path))]
  const patterns = templates.map((path) => {
    const pattern = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
    return [path, new RegExp(`^${pattern}$`)] as const
  })
  return (path) => patterns.find(([, pattern]) => pattern.test(path))?.[0] ?? OTHER_ROUTE
}
