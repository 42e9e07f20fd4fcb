import type {
  EvaluatedDependency,
  Evaluation,
  GroupList,
  PackageDetails,
  ProjectEntry,
  RawEvaluation,
  Rejection,
} from '#protocol'
import type { CommandResult, SandboxedCommand } from './run_sandboxed.ts'

/** The versions of the API, as `Phylum.fetch` takes them. */
export const ApiVersion = { V0: 'v0' } as const

/** A version of the API: "v0". */
export type ApiVersion = (typeof ApiVersion)[keyof typeof ApiVersion]

/** A package of an ecosystem. */
export interface Package {
  name: string
  version: string
  /** Ecosystem: "npm", "pypi", "maven", "rubygems", "nuget", "cargo" or "golang". */
  type: string
}

/** A package to be analyzed. */
export interface PackageWithOrigin extends Package {
  /** Path of the file that asks for it, as it is to be shown. */
  origin?: string
}

/** A package to be analyzed, by its package URL. */
export interface PurlWithOrigin {
  /** "pkg:npm/react@18.2.0" */
  purl: string
  /** Path of the file that asks for it, as it is to be shown. */
  origin?: string
}

/** What a policy makes of an analysis. */
export type PolicyEvaluationResponse = Evaluation

/** The same, package by package. */
export type PolicyEvaluationResponseRaw = RawEvaluation

/** What a policy makes of one package. */
export type EvaluatedDependencies = EvaluatedDependency

/** A reason why a policy rejects a package. */
export type PolicyRejection = Rejection

/** Whose credential it is. */
export interface UserInfo {
  email: string
  name?: string
  sub?: string
  [claim: string]: unknown
}

/** A project that was there, or is now. */
export interface CreatedProject {
  /** UUID. */
  id: string
  status: 'Created' | 'Exists'
}

/** The project that a directory belongs to. */
export interface CurrentProject {
  /** UUID. */
  id: string
  name: string
  /** RFC 3339. */
  created_at: string
  group_name: string | null
}

/** What a dependency file asks for. */
export interface DependencyFile {
  packages: Package[]
  format: string
  path: string
}

/** What a manifest asks for, as it is written there; what it does not name is `false`. */
export interface ManifestPermissions {
  read: boolean | readonly string[]
  write: boolean | readonly string[]
  env: boolean | readonly string[]
  run: boolean | readonly string[]
  unsandboxed_run: boolean | readonly string[]
  net: boolean | readonly string[]
}

/**
 * The extension API of the Rust CLI: the global `Phylum`, and what `import { PhylumApi } from "phylum"` gives. What a request needs of
 * the manifest is said with each function; without an `[api]` table the first request asks the user.
 *
 * What asks the API rejects with an `Error` whose `status` is that of an answer which is no success, and with one whose `code` begins
 * with `ERR_BROKER_` or `ERR_AUTH_` where there is no answer.
 */
export interface PhylumApi {
  readonly ApiVersion: typeof ApiVersion

  /**
   * Sends a request to the API with the user's credential, as `api.fetch` does: what the manifest does not grant is answered with
   * status 403. A body without a `Content-Type` is sent as `application/json`. A header with a credential is left out.
   *
   * @param apiVersion "v0"
   * @param endpoint path below it, with its query: "/groups"
   * @throws ApiError with code `ERR_BROKER_REQUEST` for a path that leads elsewhere; an answer that is no success is a response, and
   * no error
   *
   * @example
   * ```ts
   * import { ApiVersion, PhylumApi } from 'phylum'
   *
   * const response = await PhylumApi.fetch(ApiVersion.V0, '/groups')
   * const { groups } = await response.json()
   * ```
   */
  fetch(apiVersion: string, endpoint: string, init?: RequestInit): Promise<Response>

  /**
   * Tells where the API is, without a version: "https://api.phylum.io/api".
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * console.log(String(await PhylumApi.apiBaseUrl()))
   * ```
   */
  apiBaseUrl(): Promise<URL>

  /**
   * Tells whose credential it is. Needs `"GET /userinfo"`.
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { email } = await PhylumApi.getUserInfo()
   * ```
   */
  getUserInfo(): Promise<UserInfo>

  /**
   * Gives a placeholder of this run: sent as a bearer token to the API by `fetch`, it stands for the user's credential, and the request
   * is judged as one of `api.fetch`. Anywhere else, and after the run, it means nothing.
   *
   * @param ignoreCerts ignored: the user decides on that
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const headers = { authorization: `Bearer ${await PhylumApi.getAccessToken()}` }
   * const response = await fetch(`${await PhylumApi.apiBaseUrl()}/v0/groups`, { headers })
   * ```
   */
  getAccessToken(ignoreCerts?: boolean): Promise<string>

  /**
   * Rejects: the credential that lasts is given to nobody.
   *
   * @throws Error always; it says what to use instead
   *
   * @example
   * ```ts
   * import { ApiVersion, PhylumApi } from 'phylum'
   *
   * // What it was wanted for: a request with the user's credential.
   * const response = await PhylumApi.fetch(ApiVersion.V0, '/groups')
   * ```
   */
  getRefreshToken(): Promise<string>

  /**
   * Lists the user's groups. Needs `"GET /groups"`.
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * for (const { group_name } of (await PhylumApi.getGroups()).groups) console.log(group_name)
   * ```
   */
  getGroups(): Promise<GroupList>

  /**
   * Lists projects, from all pages: all that the user can see, or those of a group or an organization. Needs `"GET /projects"`.
   *
   * @param group name of a group
   * @param organization name of an organization
   * @throws Error with `status` 404 where there is no such group or organization
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const names = (await PhylumApi.getProjects('acme')).map(({ name }) => name)
   * ```
   */
  getProjects(group?: string, organization?: string): Promise<ProjectEntry[]>

  /**
   * Makes a project, or finds the one that has the name already. Needs `"POST /data/projects"`, and `"GET /projects"` to find it.
   *
   * @param group name of the group that owns it; the user where it is absent
   * @param repositoryUrl where its sources are
   * @param organization name of the group's organization
   * @throws Error with `status` 404 where there is no such group, 400 for a name that none can have
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { id, status } = await PhylumApi.createProject('website', 'acme')
   * ```
   */
  createProject(
    name: string,
    group?: string,
    repositoryUrl?: string,
    organization?: string,
  ): Promise<CreatedProject>

  /**
   * Deletes a project, found by its name. Needs `"GET /projects"` and `"DELETE /data/projects/:id"`.
   *
   * @throws Error where there is none of this name; with `status` 403 where the user may not
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * await PhylumApi.deleteProject('website', 'acme')
   * ```
   */
  deleteProject(name: string, group?: string, organization?: string): Promise<void>

  /**
   * Tells which project the working directory belongs to, by the nearest `.phylum_project` upward; null without one.
   *
   * @throws Error where the file cannot be read or understood
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const project = PhylumApi.getCurrentProject()
   * console.log(project?.name ?? 'no project')
   * ```
   */
  getCurrentProject(): CurrentProject | null

  /**
   * Has packages analyzed. Needs `"POST /data/jobs"`, and `"GET /projects"` for a project by its name.
   *
   * @param project name of the project; the current one when it is absent
   * @param label of the job; "uncategorized" unless given
   * @returns the id of the job, a UUID, for `getJobStatus`
   * @throws Error where no project is named and the directory belongs to none, or none has the name; with `status` 400 for a package
   * of an unknown ecosystem
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const id = await PhylumApi.analyze([{ name: 'react', version: '18.2.0', type: 'npm' }], 'website')
   * const { is_failure } = await PhylumApi.getJobStatus(id)
   * ```
   */
  analyze(
    packages: (PackageWithOrigin | PurlWithOrigin)[],
    project?: string,
    group?: string,
    label?: string,
    organization?: string,
  ): Promise<string>

  /**
   * Asks what the policy makes of a job. Needs `"POST /data/jobs/:id/policy/evaluate"`.
   *
   * @param ignoredPackages packages that are left out of account
   * @throws Error with `status` 404 where there is no such job, or the user may not see it
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { is_failure, report } = await PhylumApi.getJobStatus(Deno.args[0]!)
   * ```
   */
  getJobStatus(jobId: string, ignoredPackages?: Package[]): Promise<PolicyEvaluationResponse>

  /**
   * Asks the same package by package. Needs `"POST /data/jobs/:id/policy/evaluate/raw"`.
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { dependencies } = await PhylumApi.getJobStatusRaw(Deno.args[0]!)
   * ```
   */
  getJobStatusRaw(jobId: string, ignoredPackages?: Package[]): Promise<PolicyEvaluationResponseRaw>

  /**
   * Asks what the user's own policy makes of packages, without a job. Needs `"POST /data/packages/check"`.
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { is_failure } = await PhylumApi.checkPackages([{ name: 'react', version: '18.2.0', type: 'npm' }])
   * ```
   */
  checkPackages(packages: Package[]): Promise<PolicyEvaluationResponse>

  /**
   * Asks the same package by package. Needs `"POST /data/packages/check/raw"`.
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { help } = await PhylumApi.checkPackagesRaw([{ name: 'react', version: '18.2.0', type: 'npm' }])
   * ```
   */
  checkPackagesRaw(packages: Package[]): Promise<PolicyEvaluationResponseRaw>

  /**
   * Tells what is known of a package; one that is not is submitted, and the promise rejects. Needs `"POST /data/packages/submit"`.
   *
   * @param packageType ecosystem, "npm"
   * @throws Error where it has not been processed yet
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { license } = await PhylumApi.getPackageDetails('react', '18.2.0', 'npm')
   * ```
   */
  getPackageDetails(
    name: string,
    version: string,
    packageType: string,
  ): Promise<PackageDetails>

  /**
   * Rejects: dependency files cannot be read yet.
   *
   * @throws Error always
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { packages } = await PhylumApi.parseDependencyFile('package-lock.json')
   * ```
   */
  parseDependencyFile(
    path: string,
    type?: string,
    generateLockfiles?: boolean,
    sandboxGeneration?: boolean,
  ): Promise<DependencyFile>

  /**
   * Runs a command behind a wall of its own and waits for its end. Only what the manifest grants can be among its exceptions.
   *
   * @throws NotCapable where the manifest does not grant it: `Requires run access to "npm"`
   * @throws ApiError with code `ERR_SANDBOX_START` where it cannot be started, `ERR_HOST_CALL` where `process` is not understood
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * const { code, stdout } = PhylumApi.runSandboxed({ cmd: 'ls', args: ['-la'], stdout: 'piped' })
   * ```
   */
  runSandboxed(process: SandboxedCommand): CommandResult

  /**
   * Tells what the manifest asks for in `[permissions]`.
   *
   * @example
   * ```ts
   * import { PhylumApi } from 'phylum'
   *
   * if (PhylumApi.permissions().net === false) console.log('offline')
   * ```
   */
  permissions(): ManifestPermissions
}
