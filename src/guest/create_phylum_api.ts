import type { RunDescription } from '#protocol'
import type { Api } from './api.ts'
import type { Calls } from './calls.ts'
import type { PackageDetails } from '#protocol'
import { ApiVersion } from './phylum_api.ts'
import type { CurrentProject, PhylumApi } from './phylum_api.ts'
import { createProjects, joinGroup } from './projects.ts'
import { createRunSandboxed } from './run_sandboxed.ts'
import { StatusError } from './status_error.ts'

/** Sends a request whose answer is to be a success, and gives that, parsed. */
export type Ask = (act: string, method: string, path: string, body?: unknown) => Promise<unknown>

/** Makes the extension API of the Rust CLI out of our own. Its functions need no `this`. */
export function createPhylumApi(
  run: RunDescription,
  api: Api,
  calls: Calls,
): PhylumApi {
  const { now: runSandboxed } = createRunSandboxed(calls)
  const send: PhylumApi['fetch'] = async (apiVersion, endpoint, init) => {
    const headers = new Headers(init?.headers)
    // What is null is as good as absent here, and in what follows: that is how it was for these extensions.
    if ((init?.body ?? null) !== null && !headers.has('content-type')) {
      headers.set('content-type', 'application/json')
    }
    // Extensions write ("v0", "/groups"), and ("v0/", "groups") as well.
    const path = `${String(apiVersion).replace(/\/$/, '')}/${endpoint.replace(/^\//, '')}`
    return await api.fetch(`/api/${path}`, { ...init, headers })
  }

  const ask: Ask = async (act, method, path, body) => {
    const response = await send(
      ApiVersion.V0,
      path,
      body === undefined ? { method } : { method, body: JSON.stringify(body) },
    )
    const text = await response.text()
    if (!response.ok) throw new StatusError(act, response.status, text)
    return text === '' ? undefined : JSON.parse(text)
  }
  // What the API answers is what the extension gets; nobody looks at it in between.
  const get = ask as <T>(...words: Parameters<Ask>) => Promise<T>

  const { findProject, ...projects } = createProjects(get)
  const currentProject = () => calls.now('current_project') as CurrentProject | null

  return {
    ApiVersion,
    fetch: send,
    apiBaseUrl: () => Promise.resolve(new URL(`${run.apiOrigin}/api`)),
    getUserInfo: () => get('ask whose credential it is', 'GET', '/userinfo'),
    getAccessToken: () => Promise.resolve(run.placeholder),
    getRefreshToken: () =>
      Promise.reject(
        new Error(
          'Cannot give the refresh token: the credential stays with the host. Phylum.fetch() sends requests with it, and what ' +
            'Phylum.getAccessToken() gives stands for it where fetch() sends a request to the API',
        ),
      ),
    getGroups: () => get('list groups', 'GET', '/groups'),
    ...projects,
    getCurrentProject: currentProject,
    async analyze(packages, project, group, label, organization) {
      const act = 'analyze packages'
      const target = project === undefined || project === null ? currentProject() : {
        id: await findProject(project, group, organization),
        group_name: joinGroup(group, organization) ?? null,
      }
      if (target === null) {
        throw new Error(`Cannot ${act}: no project is named, and no ".phylum_project" is found`)
      }
      const { job_id } = await get<{ job_id: string }>(act, 'POST', '/data/jobs', {
        packages: packages.map((each) => ({
          ...('purl' in each ? { purl: each.purl } : pick(each)),
          // The API's word for it.
          lockfile: each.origin ?? ('lockfile' in each ? each.lockfile : undefined),
        })),
        is_user: true,
        project: target.id,
        label: label ?? 'uncategorized',
        group_name: target.group_name ?? undefined,
      })
      return job_id
    },
    getJobStatus: (id, ignored) => get('ask for a job', 'POST', jobPath(id), leaveOut(ignored)),
    getJobStatusRaw: (id, ignored) =>
      get('ask for a job', 'POST', `${jobPath(id)}/raw`, leaveOut(ignored)),
    checkPackages: (packages) =>
      get('check packages', 'POST', '/data/packages/check', packages.map(pick)),
    checkPackagesRaw: (packages) =>
      get('check packages', 'POST', '/data/packages/check/raw', packages.map(pick)),
    async getPackageDetails(name, version, packageType) {
      const act = `tell about package "${name}"`
      const { status, data } = await get<{ status: string; data?: PackageDetails }>(
        act,
        'POST',
        '/data/packages/submit',
        { registry: packageType, name, version },
      )
      if (status === 'AlreadyProcessed' && data !== undefined) return data
      throw new Error(`Cannot ${act}: it has not been processed yet`)
    },
    parseDependencyFile: (path) =>
      Promise.reject(
        new Error(
          `Cannot read dependency file "${path}": this version of phylum reads none yet, a later one will`,
        ),
      ),
    runSandboxed,
    permissions: () => ({
      read: false,
      write: false,
      env: false,
      run: false,
      unsandboxed_run: false,
      net: false,
      ...structuredClone(run.permissions),
    }),
  }
}

interface PackageLike {
  name: string
  version: string
  type: string
}

/** Takes of a package what the API knows. */
function pick({ name, version, type }: PackageLike): PackageLike {
  return { name, version, type }
}

function jobPath(id: string): string {
  return `/data/jobs/${encodeURIComponent(id)}/policy/evaluate`
}

function leaveOut(packages: readonly PackageLike[] | undefined) {
  return { ignored_packages: (packages ?? []).map(pick) }
}
