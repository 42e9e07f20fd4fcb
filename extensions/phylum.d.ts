// Made from src/guest, and from the routes and schemas of the server, by `npm run fix`; a test fails when it is out of date.
// deno-fmt-ignore-file
// deno-lint-ignore-file

/**
 * What `import { api } from 'phylum'` gives an extension. `phylum ext new` lays a copy of this into `.phylum/`, where editors and
 * `phylum ext check` find it.
 *
 * @module
 */

/**
 * What a module that exports a function by default is called with; its returned promise is awaited.
 *
 * @example
 * ```ts
 * import type { Invocation } from 'phylum'
 *
 * export default async ({ api, args }: Invocation): Promise<void> => {
 *   const { members } = await api.groups.members.list(args[0] ?? 'acme')
 *   for (const { name, user_email } of members) console.log(name, user_email)
 * }
 * ```
 */
export interface Invocation {
    /** The same as `import { api } from 'phylum'`. */
    api: Api;
    /** What stood behind the extension's name. */
    args: readonly string[];
    /** The extension's name, as its manifest gives it. */
    name: string;
    /** Directory for what it wants to keep, readable and writable; null where there is none. */
    state: string | null;
}

/** Calls the API with the user's credential, which stays in the host. */
export declare const api: Api;

/** The extension API of the Rust CLI; the global `Phylum` is the same. */
export declare const PhylumApi: PhylumApi;

/**
 * The extension API of the Rust CLI: the global `Phylum`, and what `import { PhylumApi } from "phylum"` gives. What a request needs of
 * the manifest is said with each function; without an `[api]` table the first request asks the user.
 *
 * What asks the API rejects with an `Error` whose `status` is that of an answer which is no success, and with one whose `code` begins
 * with `ERR_BROKER_` or `ERR_AUTH_` where there is no answer.
 */
export interface PhylumApi {
    readonly ApiVersion: typeof ApiVersion;
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
    fetch(apiVersion: string, endpoint: string, init?: RequestInit): Promise<Response>;
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
    apiBaseUrl(): Promise<URL>;
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
    getUserInfo(): Promise<UserInfo>;
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
    getAccessToken(ignoreCerts?: boolean): Promise<string>;
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
    getRefreshToken(): Promise<string>;
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
    getGroups(): Promise<GroupList>;
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
    getProjects(group?: string, organization?: string): Promise<ProjectEntry[]>;
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
    createProject(name: string, group?: string, repositoryUrl?: string, organization?: string): Promise<CreatedProject>;
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
    deleteProject(name: string, group?: string, organization?: string): Promise<void>;
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
    getCurrentProject(): CurrentProject | null;
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
    analyze(packages: (PackageWithOrigin | PurlWithOrigin)[], project?: string, group?: string, label?: string, organization?: string): Promise<string>;
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
    getJobStatus(jobId: string, ignoredPackages?: Package[]): Promise<PolicyEvaluationResponse>;
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
    getJobStatusRaw(jobId: string, ignoredPackages?: Package[]): Promise<PolicyEvaluationResponseRaw>;
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
    checkPackages(packages: Package[]): Promise<PolicyEvaluationResponse>;
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
    checkPackagesRaw(packages: Package[]): Promise<PolicyEvaluationResponseRaw>;
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
    getPackageDetails(name: string, version: string, packageType: string): Promise<PackageDetails>;
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
    parseDependencyFile(path: string, type?: string, generateLockfiles?: boolean, sandboxGeneration?: boolean): Promise<DependencyFile>;
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
    runSandboxed(process: SandboxedCommand): CommandResult;
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
    permissions(): ManifestPermissions;
}

/** Runs a command behind a wall of its own, and waits for its end. */
export declare const runSandboxed: RunSandboxed['now'];

/** The same without waiting. */
export declare const runSandboxedAsync: RunSandboxed['later'];

/** A request that was not answered, or an operation that the API refused; `TypeError`, as `fetch` itself throws. */
export declare class ApiError extends TypeError {
    /** Stable name of the reason, "ERR_BROKER_DNS" or "ERR_API_NOT_FOUND". */
    readonly code: string;
    /** Status of the answer; `undefined` where there was none. */
    readonly status: number | undefined;
    constructor(code: string, message: string, status?: number);
}

/** The versions of the API, as `Phylum.fetch` takes them. */
export declare const ApiVersion: {
    readonly V0: 'v0';
};

/** A version of the API: "v0". */
export type ApiVersion = (typeof ApiVersion)[keyof typeof ApiVersion];

export interface RejectionSource {
    type: 'policy';
    tag: string | null;
    domain: RiskDomain | null;
    severity: RiskLevel | null;
    description: string | null;
    reason: string | null;
}

/** What a dependency file asks for. */
export interface DependencyFile {
    packages: Package[];
    format: string;
    path: string;
}

/** What a policy makes of one package. */
export type EvaluatedDependencies = EvaluatedDependency;

/** A package of an ecosystem. */
export interface Package {
    name: string;
    version: string;
    /** Ecosystem: "npm", "pypi", "maven", "rubygems", "nuget", "cargo" or "golang". */
    type: string;
}

/** A package to be analyzed. */
export interface PackageWithOrigin extends Package {
    /** Path of the file that asks for it, as it is to be shown. */
    origin?: string;
}

/** What a policy makes of an analysis. */
export type PolicyEvaluationResponse = Evaluation;

/** The same, package by package. */
export type PolicyEvaluationResponseRaw = RawEvaluation;

/** A reason why a policy rejects a package. */
export type PolicyRejection = Rejection;

/** A package to be analyzed, by its package URL. */
export interface PurlWithOrigin {
    /** "pkg:npm/react@18.2.0" */
    purl: string;
    /** Path of the file that asks for it, as it is to be shown. */
    origin?: string;
}

/**
 * How an extension reaches the API: `fetch` for whatever it may have, and a function with typed parameters and a typed answer for
 * each operation that is known.
 *
 * @example
 * ```ts
 * import { api, ApiError } from 'phylum'
 *
 * try {
 *   const { groups } = await api.groups.list()
 *   console.log(groups.map((group) => group.group_name))
 * } catch (error) {
 *   if (error instanceof ApiError && error.code === 'ERR_BROKER_DENIED') console.error(error.message)
 *   else throw error
 * }
 * ```
 */
export interface Api extends Operations {
    /**
     * Calls the API with the user's credential: the web's own `fetch`, except that the host attaches the credential, and
     * that only what the manifest's `[api]` table lists is sent.
     *
     * A path is relative to the API's current version ("/groups"); one that begins with "/api/" is taken as it is. An
     * absolute URL must be on the API's own origin.
     *
     * A request that the manifest does not grant is answered with status 403 and a JSON body whose `error.grant` is the
     * manifest line that would allow it.
     *
     * @throws ApiError when the API cannot be reached: `code` is `ERR_BROKER_CONNECT`, `ERR_BROKER_DNS`, `ERR_BROKER_TLS`,
     * `ERR_BROKER_TIMEOUT`, `ERR_BROKER_BUSY`, `ERR_BROKER_REDIRECT`, `ERR_BROKER_REQUEST`, `ERR_AUTH_REQUIRED` or `ERR_AUTH_FAILED`
     *
     * @example
     * ```ts
     * import { api } from 'phylum'
     *
     * const response = await api.fetch('/groups')
     * const { groups } = await response.json()
     * ```
     */
    fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** Whose credential it is. */
export interface UserInfo {
    email: string;
    name?: string;
    sub?: string;
    [claim: string]: unknown;
}

export interface GroupList {
    groups: Group[];
    has_more?: boolean;
}

export interface ProjectEntry {
    /** A UUID. */
    id: string;
    /** A moment, as in RFC 3339. */
    created_at: string;
    /** A moment, as in RFC 3339. */
    updated_at: string;
    name: string;
    ecosystems: Ecosystem[];
    group_name: string | null;
    organization_name: string | null;
}

/** A project that was there, or is now. */
export interface CreatedProject {
    /** UUID. */
    id: string;
    status: 'Created' | 'Exists';
}

/** The project that a directory belongs to. */
export interface CurrentProject {
    /** UUID. */
    id: string;
    name: string;
    /** RFC 3339. */
    created_at: string;
    group_name: string | null;
}

export interface PackageDetails {
    purl: string;
    id: string;
    name: string;
    version: string;
    registry: Ecosystem;
    publishedDate: string | null;
    latestVersion: string | null;
    versions: ScoredVersion[];
    description: string | null;
    license: string | null;
    dependencies: PackageDescriptor[];
    riskScores: RiskScores;
    issues: Issue[];
    complete: boolean;
    releaseData: null;
    repoUrl: string | null;
}

/** A command that is to run behind a wall of its own. */
export interface SandboxedCommand {
    /** Name of a program, or a path; the manifest's `run` must list it. */
    cmd: string;
    args?: readonly string[];
    /** "piped" is input that is at its end. "inherit" where it is not told, as with the other two. */
    stdin?: CommandStream;
    /** With "piped" it is kept, at most 16 MiB of it; a command that prints more is ended, and an error thrown. */
    stdout?: CommandStream;
    stderr?: CommandStream;
    /**
     * What it may do beside running, and what programs of the system need: nothing, unless it is listed here, and then only what the
     * manifest grants the extension itself. A place that does not exist is left out.
     */
    exceptions?: {
        read?: boolean | readonly string[];
        write?: boolean | readonly string[];
        /** Programs that it may start. */
        run?: boolean | readonly string[];
        /** Variables; PATH, and those that describe the terminal, are there. */
        env?: boolean | readonly string[];
        /** All of the network, which needs `net = true` in the manifest, or none. */
        net?: boolean;
        /** Leaves out what programs of a system need to run: libraries, certificates, the time zone. */
        strict?: boolean;
    };
}

/** What came of a command. */
export interface CommandResult {
    /** What it has printed, if that was kept. */
    stdout: string;
    stderr: string;
    success: boolean;
    /** Number of the signal that has ended it, as far as its code tells. */
    signal: number | null;
    /** Its exit code; 128 and the signal's number; 118 for a command that ends with 117 by itself. */
    code: number;
}

/** What a manifest asks for, as it is written there; what it does not name is `false`. */
export interface ManifestPermissions {
    read: boolean | readonly string[];
    write: boolean | readonly string[];
    env: boolean | readonly string[];
    run: boolean | readonly string[];
    unsandboxed_run: boolean | readonly string[];
    net: boolean | readonly string[];
}

/** Runs a command behind a wall of its own. */
export interface RunSandboxed {
    /**
     * Runs a command and waits for its end. The whole wall is around it, whatever the extension's own is, and the credential is not there.
     *
     * @throws NotCapable when the manifest does not grant what is asked for: `Requires run access to "npm"`
     * @throws ApiError with code `ERR_SANDBOX_START` when it cannot be started: there is no such command, or no whole wall here
     *
     * @example
     * ```ts
     * import { runSandboxed } from 'phylum'
     *
     * const { code, stdout } = runSandboxed({
     *   cmd: 'git',
     *   args: ['status', '--short'],
     *   stdout: 'piped',
     *   exceptions: { read: ['./'] },
     * })
     * ```
     */
    now(command: SandboxedCommand): CommandResult;
    /** The same without waiting, at most sixteen at once. */
    later(command: SandboxedCommand): Promise<CommandResult>;
}

export type RiskDomain = 'author' | 'engineering' | 'malicious_code' | 'vulnerability' | 'license';

export type RiskLevel = 'info' | 'low' | 'medium' | 'high' | 'critical';

export interface EvaluatedDependency {
    purl: string;
    registry: Ecosystem;
    name: string;
    version: string;
    rejections: Rejection[];
}

export interface Evaluation {
    is_failure: boolean;
    incomplete_count: number;
    output: string;
    report: string;
}

export interface RawEvaluation {
    is_failure: boolean;
    incomplete_packages_count: number;
    help: string;
    dependencies: EvaluatedDependency[];
    job_link: string | null;
}

export interface Rejection {
    title: string;
    source: RejectionSource;
    suppression_reason: string | null;
}

/** The operations of the API by name. Each throws `ApiError` where it is refused. */
export interface Operations {
    /** Operations on health. */
    health: HealthOperations;
    /** Operations on groups. */
    groups: GroupsOperations;
    /** Operations on organizations. */
    organizations: OrganizationsOperations;
    /** Operations on projects. */
    projects: ProjectsOperations;
    /** Operations on jobs. */
    jobs: JobsOperations;
    /** Operations on packages. */
    packages: PackagesOperations;
}

export interface Group {
    /** A moment, as in RFC 3339. */
    created_at: string;
    /** A moment, as in RFC 3339. */
    last_modified: string;
    /** A UUID. */
    group_id: string;
    group_name: string;
    role: Role;
}

export type Ecosystem = 'npm' | 'pypi' | 'maven' | 'rubygems' | 'nuget' | 'cargo' | 'golang';

export interface ScoredVersion {
    version: string;
    total_risk_score: number | null;
    published_date: string | null;
}

export interface PackageDescriptor {
    name: string;
    version: string;
    type?: string;
    registry?: string;
}

export interface RiskScores {
    total: number;
    vulnerability: number;
    malicious_code: number;
    author: number;
    engineering: number;
    license: number;
}

export interface Issue {
    tag: string | null;
    id: string | null;
    title: string;
    description: string;
    severity: RiskLevel;
    domain: RiskDomain;
    details: null;
}

/** Where a standard stream of a command leads: to the extension's own, into the result, or nowhere. */
export type CommandStream = 'inherit' | 'piped' | 'null';

/** Writes one line, or several, to stderr. */
export declare function report(text: string): void;

/** Operations on health. */
export interface HealthOperations {
    /**
     * Tell that the server is alive.
     *
     * The manifest allows it by `[api] allow = ["GET /health"]`.
     *
     * @throws ApiError
     */
    read(options?: CallOptions): Promise<Health>;
}

/** Operations on groups. */
export interface GroupsOperations {
    /**
     * List the groups that the caller belongs to.
     *
     * The manifest allows it by `[api] allow = ["GET /groups"]`.
     *
     * @throws ApiError with a `status`, 400, 401, or without one where there was no answer
     */
    list(query?: {
        /** Ask for so many at once, and for `has_more` in the answer. */
        'paginate.limit'?: number;
        /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
        'paginate.cursor'?: string;
    }, options?: CallOptions): Promise<GroupList>;
    /**
     * Create a group; the caller becomes its admin.
     *
     * The manifest allows it by `[api] allow = ["POST /groups"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 409, 422, or without one where there was no answer
     */
    create(group_name: string, options?: CallOptions): Promise<Group>;
    /**
     * Delete a group, for admins of it.
     *
     * The manifest allows it by `[api] allow = ["DELETE /groups/:group"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
     */
    delete(group: string, options?: CallOptions): Promise<void>;
    /** Operations on groups, members. */
    members: GroupsMembersOperations;
}

/** Operations on organizations. */
export interface OrganizationsOperations {
    /** Operations on organizations, groups. */
    groups: OrganizationsGroupsOperations;
    /**
     * List the organizations that the caller belongs to.
     *
     * The manifest allows it by `[api] allow = ["GET /organizations"]`.
     *
     * @throws ApiError with a `status`, 400, 401, or without one where there was no answer
     */
    list(query?: {
        /** Ask for so many at once, and for `has_more` in the answer. */
        'paginate.limit'?: number;
        /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
        'paginate.cursor'?: string;
    }, options?: CallOptions): Promise<OrganizationList>;
    /**
     * Create an organization; the caller becomes its admin.
     *
     * The manifest allows it by `[api] allow = ["POST /organizations"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 409, 422, or without one where there was no answer
     */
    create(name: string, options?: CallOptions): Promise<Organization>;
    /**
     * Delete an organization with its groups and their projects, for admins of it.
     *
     * The manifest allows it by `[api] allow = ["DELETE /organizations/:org"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
     */
    delete(org: string, options?: CallOptions): Promise<void>;
    /** Operations on organizations, members. */
    members: OrganizationsMembersOperations;
}

/** Operations on projects. */
export interface ProjectsOperations {
    /**
     * List the projects that the caller may see, in the order of their ids.
     *
     * The manifest allows it by `[api] allow = ["GET /projects"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
     */
    list(query?: {
        /** Only those of a group, "GROUP" or "ORGANIZATION/GROUP". */
        'filter.group'?: string;
        /** Only those of the groups of an organization. */
        'filter.organization'?: string;
        /** Only those whose name holds this text. */
        'filter.name'?: string;
        /** Ask for so many at once, and for `has_more` in the answer. */
        'paginate.limit'?: number;
        /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
        'paginate.cursor'?: string;
    }, options?: CallOptions): Promise<ProjectPage>;
    /**
     * Create a project of the caller’s own, or of a group.
     *
     * The manifest allows it by `[api] allow = ["POST /data/projects"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, 409, 422, or without one where there was no answer
     */
    create(body: NewProject, options?: CallOptions): Promise<ProjectId>;
    /**
     * Tell about a project.
     *
     * The manifest allows it by `[api] allow = ["GET /data/projects/:project"]`.
     *
     * @throws ApiError with a `status`, 401, 404, or without one where there was no answer
     */
    read(project: string, options?: CallOptions): Promise<Project>;
    /**
     * Change a project; what is left out is emptied, and its owner stays.
     *
     * The manifest allows it by `[api] allow = ["PUT /data/projects/:project"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, 409, or without one where there was no answer
     */
    update(project: string, body: NewProject, options?: CallOptions): Promise<ProjectId>;
    /**
     * Delete a project with its jobs; those of a group for admins of it.
     *
     * The manifest allows it by `[api] allow = ["DELETE /data/projects/:project"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
     */
    delete(project: string, options?: CallOptions): Promise<ProjectId>;
    /** Operations on projects, history. */
    history: ProjectsHistoryOperations;
}

/** Operations on jobs. */
export interface JobsOperations {
    /**
     * Send packages to be analyzed for a project.
     *
     * The manifest allows it by `[api] allow = ["POST /data/jobs"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, 422, or without one where there was no answer
     */
    submit(body: NewJob, options?: CallOptions): Promise<JobId>;
    /**
     * Tell what a job is, and whether the policy refuses something of it.
     *
     * The manifest allows it by `[api] allow = ["GET /data/jobs/:job"]`.
     *
     * @throws ApiError with a `status`, 401, 404, or without one where there was no answer
     */
    read(job: string, options?: CallOptions): Promise<Job>;
    /**
     * Tell what the policy says about a job, in words.
     *
     * The manifest allows it by `[api] allow = ["POST /data/jobs/:job"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
     */
    evaluateInPlace(job: string, body: EvaluationRequest, options?: CallOptions): Promise<Evaluation>;
    /** Operations on jobs, policy. */
    policy: JobsPolicyOperations;
}

/** Operations on packages. */
export interface PackagesOperations {
    /**
     * Tell what the policy says about packages, in words.
     *
     * The manifest allows it by `[api] allow = ["POST /data/packages/check"]`.
     *
     * @throws ApiError with a `status`, 400, 401, or without one where there was no answer
     */
    check(body: PackageCheck, options?: CallOptions): Promise<Evaluation>;
    /**
     * Tell what the policy says about packages, one by one.
     *
     * The manifest allows it by `[api] allow = ["POST /data/packages/check/raw"]`.
     *
     * @throws ApiError with a `status`, 400, 401, or without one where there was no answer
     */
    checkRaw(body: PackageCheck, options?: CallOptions): Promise<RawEvaluation>;
    /**
     * Tell what is known of a package.
     *
     * The manifest allows it by `[api] allow = ["POST /data/packages/submit"]`.
     *
     * @throws ApiError with a `status`, 400, 401, or without one where there was no answer
     */
    submit(body: PackageDescriptor, options?: CallOptions): Promise<PackageSubmission>;
}

export type Role = 'admin' | 'member';

/** What else may be said with each operation. */
export interface CallOptions {
    headers?: HeadersInit;
    signal?: AbortSignal;
}

export interface Health {
    response: 'alive';
}

/** Operations on groups, members. */
export interface GroupsMembersOperations {
    /**
     * List the members of a group, for members of it.
     *
     * The manifest allows it by `[api] allow = ["GET /groups/:group/members"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
     */
    list(group: string, query?: {
        /** Ask for so many at once, and for `has_more` in the answer. */
        'paginate.limit'?: number;
        /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
        'paginate.cursor'?: string;
    }, options?: CallOptions): Promise<MemberList>;
    /**
     * Add a member to a group, for admins of it.
     *
     * The manifest allows it by `[api] allow = ["POST /groups/:group/members/:email"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, 409, or without one where there was no answer
     */
    add(group: string, email: string, options?: CallOptions): Promise<Member>;
    /**
     * Remove a member from a group, for admins of it; every member may leave.
     *
     * The manifest allows it by `[api] allow = ["DELETE /groups/:group/members/:email"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
     */
    remove(group: string, email: string, options?: CallOptions): Promise<void>;
}

/** Operations on organizations, groups. */
export interface OrganizationsGroupsOperations {
    /** Operations on organizations, groups, members. */
    members: OrganizationsGroupsMembersOperations;
    /**
     * List the groups of an organization: the caller’s own, and all for admins of it.
     *
     * The manifest allows it by `[api] allow = ["GET /organizations/:org/groups"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
     */
    list(org: string, query?: {
        /** Ask for so many at once, and for `has_more` in the answer. */
        'paginate.limit'?: number;
        /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
        'paginate.cursor'?: string;
    }, options?: CallOptions): Promise<OrganizationGroupList>;
    /**
     * Create a group of an organization, for members of it; the caller becomes its admin.
     *
     * The manifest allows it by `[api] allow = ["POST /organizations/:org/groups"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, 409, 422, or without one where there was no answer
     */
    create(org: string, name: string, options?: CallOptions): Promise<OrganizationGroup>;
    /**
     * Delete a group of an organization, for admins of either.
     *
     * The manifest allows it by `[api] allow = ["DELETE /organizations/:org/groups/:group"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
     */
    delete(org: string, group: string, options?: CallOptions): Promise<void>;
}

export interface OrganizationList {
    organizations: Organization[];
    has_more?: boolean;
}

export interface Organization {
    name: string;
    role: Role;
    /** A moment, as in RFC 3339. */
    created_at: string;
}

/** Operations on organizations, members. */
export interface OrganizationsMembersOperations {
    /**
     * List the members of an organization, for members of it.
     *
     * The manifest allows it by `[api] allow = ["GET /organizations/:org/members"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
     */
    list(org: string, query?: {
        /** Ask for so many at once, and for `has_more` in the answer. */
        'paginate.limit'?: number;
        /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
        'paginate.cursor'?: string;
    }, options?: CallOptions): Promise<OrganizationMemberList>;
    /**
     * Add a member to an organization, for admins of it.
     *
     * The manifest allows it by `[api] allow = ["POST /organizations/:org/members"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, 409, or without one where there was no answer
     */
    add(org: string, email: string, options?: CallOptions): Promise<OrganizationMember>;
    /**
     * Remove a member from an organization and all its groups, for admins of it; every member may leave.
     *
     * The manifest allows it by `[api] allow = ["DELETE /organizations/:org/members/:email"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
     */
    remove(org: string, email: string, options?: CallOptions): Promise<void>;
}

export interface ProjectPage {
    values: ProjectEntry[];
    has_more: boolean;
}

export interface NewProject {
    name: string;
    group_name?: string | null;
    organization_name?: string | null;
    repository_url?: string | null;
    default_label?: string | null;
}

export interface ProjectId {
    /** A UUID. */
    id: string;
}

export interface Project {
    /** A UUID. */
    id: string;
    name: string;
    registries: Ecosystem[];
    /** A moment, as in RFC 3339. */
    createdAt: string;
    /** A moment, as in RFC 3339. */
    updatedAt: string;
    /** A moment, as in RFC 3339. */
    latestJobCreatedAt: string | null;
    /** A UUID. */
    latestJobId: string | null;
    label: string | null;
    defaultLabel: string | null;
    repositoryUrl: string | null;
    groupName: string | null;
    organizationName: string | null;
}

/** Operations on projects, history. */
export interface ProjectsHistoryOperations {
    /**
     * List the last hundred jobs of a project, the newest first.
     *
     * The manifest allows it by `[api] allow = ["GET /data/projects/:project/history"]`.
     *
     * @throws ApiError with a `status`, 401, 404, or without one where there was no answer
     */
    listJobs(project: string, options?: CallOptions): Promise<ProjectHistory>;
}

export interface NewJob {
    packages: AnalyzedPackage[];
    project: string;
    label?: string | null;
    group_name?: string | null;
    organization_name?: string | null;
    is_user?: boolean;
}

export interface JobId {
    /** A UUID. */
    job_id: string;
}

export interface Job {
    /** A UUID. */
    job_id: string;
    status: 'complete';
    /** A moment, as in RFC 3339. */
    created_at: string;
    /** A UUID. */
    project: string;
    project_name: string;
    group_name: string | null;
    label: string;
    pass: boolean;
    num_incomplete: number;
    ecosystems: Ecosystem[];
    packages: JobPackage[];
}

export interface EvaluationRequest {
    ignored_packages?: PackageDescriptor[];
}

/** Operations on jobs, policy. */
export interface JobsPolicyOperations {
    /**
     * Tell what the policy says about a job, in words.
     *
     * The manifest allows it by `[api] allow = ["POST /data/jobs/:job/policy/evaluate"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
     */
    evaluate(job: string, body: EvaluationRequest, options?: CallOptions): Promise<Evaluation>;
    /**
     * Tell what the policy says about a job, package by package.
     *
     * The manifest allows it by `[api] allow = ["POST /data/jobs/:job/policy/evaluate/raw"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
     */
    evaluateRaw(job: string, body: EvaluationRequest, options?: CallOptions): Promise<RawEvaluation>;
}

export type PackageCheck = AnalyzedPackage[];

export interface PackageSubmission {
    status: 'AlreadyProcessed';
    data: PackageDetails;
}

export interface MemberList {
    members: Member[];
    has_more?: boolean;
}

export interface Member {
    user_email: string;
    name: string;
    role: Role;
}

/** Operations on organizations, groups, members. */
export interface OrganizationsGroupsMembersOperations {
    /**
     * List the members of a group, for members of it.
     *
     * The manifest allows it by `[api] allow = ["GET /organizations/:org/groups/:group/members"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
     */
    list(org: string, group: string, query?: {
        /** Ask for so many at once, and for `has_more` in the answer. */
        'paginate.limit'?: number;
        /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
        'paginate.cursor'?: string;
    }, options?: CallOptions): Promise<MemberList>;
    /**
     * Add a member to a group, for admins of it.
     *
     * The manifest allows it by `[api] allow = ["POST /organizations/:org/groups/:group/members/:email"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, 409, or without one where there was no answer
     */
    add(org: string, group: string, email: string, options?: CallOptions): Promise<Member>;
    /**
     * Remove a member from a group, for admins of it; every member may leave.
     *
     * The manifest allows it by `[api] allow = ["DELETE /organizations/:org/groups/:group/members/:email"]`.
     *
     * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
     */
    remove(org: string, group: string, email: string, options?: CallOptions): Promise<void>;
}

export interface OrganizationGroupList {
    groups: OrganizationGroup[];
    has_more?: boolean;
}

export interface OrganizationGroup {
    name: string;
}

export interface OrganizationMemberList {
    members: OrganizationMember[];
    has_more?: boolean;
}

export interface OrganizationMember {
    email: string;
    name: string;
    role: Role;
}

export type ProjectHistory = HistoryEntry[];

export interface AnalyzedPackage {
    name?: string;
    version?: string;
    type?: string;
    registry?: string;
    purl?: string;
    license?: string | null;
    lockfile?: string | null;
    origin?: string | null;
}

export interface JobPackage {
    registry: Ecosystem;
    name: string;
    version: string;
    purl: string;
    license: string | null;
    lockfile: string | null;
}

export interface HistoryEntry {
    /** A UUID. */
    id: string;
    /** A moment, as in RFC 3339. */
    created: string;
    label: string | null;
}

declare global {
    /** The same as `PhylumApi`, for whoever knows it from the Rust CLI. */
    const Phylum: PhylumApi;
}
