import { display } from '#base'
import { isGranted, parseEndpoint } from '#permissions'
import type { CheckedManifest } from '../manifest.ts'
import type { Finding, ScannedModule } from './scan_extension.ts'

/** Something to say of a key of the manifest. */
export interface GrantFinding {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What a comparison has found: in the manifest what nobody uses, in the modules what nobody grants. */
export interface Comparison {
  readonly unused: readonly GrantFinding[]
  readonly missing: readonly Finding[]
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Compares what the `[api]` table allows with the requests that stand in the modules. */
export function compareApi(
  { api }: CheckedManifest,
  modules: readonly ScannedModule[],
): Comparison {
  // Without the table, the user is asked, and says all or nothing.
  if (api === undefined) return { unused: [], missing: [] }
  const { allow } = api
  const calls = modules.flatMap(({ path, locate, calls }) =>
    calls.map((call) => ({ ...call, path, locate, target: fullPath(call.path) }))
  )
  const endpoints = allow === true ? [] : allow.map(parseEndpoint)
  const missing = calls.flatMap(({ method, target, pattern, at, path, locate }): Finding[] => {
    if (method === undefined || isGranted(allow === true || endpoints, method, target)) return []
    const entry = `${method} ${pattern}`
    const message = `"${display(entry)}" is not allowed: [api] allow = ${JSON.stringify([entry])}`
    return [{ file: path, ...locate(at), message }]
  })
  if (modules.some(({ unseen }) => unseen.has('api'))) return { unused: [], missing }
  if (allow === true) {
    const used = new Set(calls.map(({ method, pattern }) => `${method ?? '*'} ${pattern}`))
    const message = used.size === 0
      ? 'nothing calls the API, as far as can be seen'
      : `all that is called, as far as can be seen, is ${display([...used].join(', '))}`
    return { unused: [{ path: ['api', 'allow'], message }], missing }
  }
  const unused = endpoints.flatMap((endpoint, index): GrantFinding[] =>
    calls.some(({ method, target }) =>
        (method === undefined ? METHODS : [method]).some((each) => endpoint.matches(each, target))
      )
      ? []
      : [{
        path: ['api', 'allow', index],
        message: `nothing calls "${display(String(endpoint))}", as far as can be seen`,
      }]
  )
  return { unused, missing }
}

function fullPath(path: string): string {
  return path.startsWith('/api/') ? path : `/api/v0${path}`
}
