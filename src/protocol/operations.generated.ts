// Made from the routes and schemas of src/server by `npm run fix`; a test fails when it is out of date.
// deno-fmt-ignore-file

export interface Health {
  response: 'alive'
}

export interface GroupList {
  groups: Group[]
  has_more?: boolean
}

export interface Group {
  /** A moment, as in RFC 3339. */
  created_at: string
  /** A moment, as in RFC 3339. */
  last_modified: string
  /** A UUID. */
  group_id: string
  group_name: string
  role: Role
}

export type Role = 'admin' | 'member'

export interface MemberList {
  members: Member[]
  has_more?: boolean
}

export interface Member {
  user_email: string
  name: string
  role: Role
}

export interface OrganizationGroupList {
  groups: OrganizationGroup[]
  has_more?: boolean
}

export interface OrganizationGroup {
  name: string
}

export interface OrganizationList {
  organizations: Organization[]
  has_more?: boolean
}

export interface Organization {
  name: string
  role: Role
  /** A moment, as in RFC 3339. */
  created_at: string
}

export interface OrganizationMemberList {
  members: OrganizationMember[]
  has_more?: boolean
}

export interface OrganizationMember {
  email: string
  name: string
  role: Role
}

export interface ProjectPage {
  values: ProjectEntry[]
  has_more: boolean
}

export interface ProjectEntry {
  /** A UUID. */
  id: string
  /** A moment, as in RFC 3339. */
  created_at: string
  /** A moment, as in RFC 3339. */
  updated_at: string
  name: string
  ecosystems: Ecosystem[]
  group_name: string | null
  organization_name: string | null
}

export type Ecosystem = 'npm' | 'pypi' | 'maven' | 'rubygems' | 'nuget' | 'cargo' | 'golang'

export interface NewProject {
  name: string
  group_name?: string | null
  organization_name?: string | null
  repository_url?: string | null
  default_label?: string | null
}

export interface ProjectId {
  /** A UUID. */
  id: string
}

export interface Project {
  /** A UUID. */
  id: string
  name: string
  registries: Ecosystem[]
  /** A moment, as in RFC 3339. */
  createdAt: string
  /** A moment, as in RFC 3339. */
  updatedAt: string
  /** A moment, as in RFC 3339. */
  latestJobCreatedAt: string | null
  /** A UUID. */
  latestJobId: string | null
  label: string | null
  defaultLabel: string | null
  repositoryUrl: string | null
  groupName: string | null
  organizationName: string | null
}

export type ProjectHistory = HistoryEntry[]

export interface HistoryEntry {
  /** A UUID. */
  id: string
  /** A moment, as in RFC 3339. */
  created: string
  label: string | null
}

export interface NewJob {
  packages: AnalyzedPackage[]
  project: string
  label?: string | null
  group_name?: string | null
  organization_name?: string | null
  is_user?: boolean
}

export interface AnalyzedPackage {
  name?: string
  version?: string
  type?: string
  registry?: string
  purl?: string
  license?: string | null
  lockfile?: string | null
  origin?: string | null
}

export interface JobId {
  /** A UUID. */
  job_id: string
}

export interface Job {
  /** A UUID. */
  job_id: string
  status: 'complete'
  /** A moment, as in RFC 3339. */
  created_at: string
  /** A UUID. */
  project: string
  project_name: string
  group_name: string | null
  label: string
  pass: boolean
  num_incomplete: number
  ecosystems: Ecosystem[]
  packages: JobPackage[]
}

export interface JobPackage {
  registry: Ecosystem
  name: string
  version: string
  purl: string
  license: string | null
  lockfile: string | null
}

export interface EvaluationRequest {
  ignored_packages?: PackageDescriptor[]
}

export interface PackageDescriptor {
  name: string
  version: string
  type?: string
  registry?: string
}

export interface Evaluation {
  is_failure: boolean
  incomplete_count: number
  output: string
  report: string
}

export interface RawEvaluation {
  is_failure: boolean
  incomplete_packages_count: number
  help: string
  dependencies: EvaluatedDependency[]
  job_link: string | null
}

export interface EvaluatedDependency {
  purl: string
  registry: Ecosystem
  name: string
  version: string
  rejections: Rejection[]
}

export interface Rejection {
  title: string
  source: RejectionSource
  suppression_reason: string | null
}

export interface RejectionSource {
  type: 'policy'
  tag: string | null
  domain: RiskDomain | null
  severity: RiskLevel | null
  description: string | null
  reason: string | null
}

export type RiskDomain = 'author' | 'engineering' | 'malicious_code' | 'vulnerability' | 'license'

export type RiskLevel = 'info' | 'low' | 'medium' | 'high' | 'critical'

export type PackageCheck = AnalyzedPackage[]

export interface PackageSubmission {
  status: 'AlreadyProcessed'
  data: PackageDetails
}

export interface PackageDetails {
  purl: string
  id: string
  name: string
  version: string
  registry: Ecosystem
  publishedDate: string | null
  latestVersion: string | null
  versions: ScoredVersion[]
  description: string | null
  license: string | null
  dependencies: PackageDescriptor[]
  riskScores: RiskScores
  issues: Issue[]
  complete: boolean
  releaseData: null
  repoUrl: string | null
}

export interface ScoredVersion {
  version: string
  total_risk_score: number | null
  published_date: string | null
}

export interface RiskScores {
  total: number
  vulnerability: number
  malicious_code: number
  author: number
  engineering: number
  license: number
}

export interface Issue {
  tag: string | null
  id: string | null
  title: string
  description: string
  severity: RiskLevel
  domain: RiskDomain
  details: null
}

/** What else may be said with each operation. */
export interface CallOptions {
  headers?: HeadersInit
  signal?: AbortSignal
}

/** Operations on health. */
export interface HealthOperations {
  /**
   * Tell that the server is alive.
   *
   * The manifest allows it by `[api] allow = ["GET /health"]`.
   *
   * @throws ApiError
   */
  read(options?: CallOptions): Promise<Health>
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
  'paginate.limit'?: number
  /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
  'paginate.cursor'?: string
}, options?: CallOptions): Promise<MemberList>
  /**
   * Add a member to a group, for admins of it.
   *
   * The manifest allows it by `[api] allow = ["POST /groups/:group/members/:email"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, 409, or without one where there was no answer
   */
  add(group: string, email: string, options?: CallOptions): Promise<Member>
  /**
   * Remove a member from a group, for admins of it; every member may leave.
   *
   * The manifest allows it by `[api] allow = ["DELETE /groups/:group/members/:email"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
   */
  remove(group: string, email: string, options?: CallOptions): Promise<void>
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
  'paginate.limit'?: number
  /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
  'paginate.cursor'?: string
}, options?: CallOptions): Promise<GroupList>
  /**
   * Create a group; the caller becomes its admin.
   *
   * The manifest allows it by `[api] allow = ["POST /groups"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 409, 422, or without one where there was no answer
   */
  create(group_name: string, options?: CallOptions): Promise<Group>
  /**
   * Delete a group, for admins of it.
   *
   * The manifest allows it by `[api] allow = ["DELETE /groups/:group"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
   */
  delete(group: string, options?: CallOptions): Promise<void>
  /** Operations on groups, members. */
  members: GroupsMembersOperations
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
  'paginate.limit'?: number
  /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
  'paginate.cursor'?: string
}, options?: CallOptions): Promise<MemberList>
  /**
   * Add a member to a group, for admins of it.
   *
   * The manifest allows it by `[api] allow = ["POST /organizations/:org/groups/:group/members/:email"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, 409, or without one where there was no answer
   */
  add(org: string, group: string, email: string, options?: CallOptions): Promise<Member>
  /**
   * Remove a member from a group, for admins of it; every member may leave.
   *
   * The manifest allows it by `[api] allow = ["DELETE /organizations/:org/groups/:group/members/:email"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
   */
  remove(org: string, group: string, email: string, options?: CallOptions): Promise<void>
}

/** Operations on organizations, groups. */
export interface OrganizationsGroupsOperations {
  /** Operations on organizations, groups, members. */
  members: OrganizationsGroupsMembersOperations
  /**
   * List the groups of an organization: the caller’s own, and all for admins of it.
   *
   * The manifest allows it by `[api] allow = ["GET /organizations/:org/groups"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
   */
  list(org: string, query?: {
  /** Ask for so many at once, and for `has_more` in the answer. */
  'paginate.limit'?: number
  /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
  'paginate.cursor'?: string
}, options?: CallOptions): Promise<OrganizationGroupList>
  /**
   * Create a group of an organization, for members of it; the caller becomes its admin.
   *
   * The manifest allows it by `[api] allow = ["POST /organizations/:org/groups"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 404, 409, 422, or without one where there was no answer
   */
  create(org: string, name: string, options?: CallOptions): Promise<OrganizationGroup>
  /**
   * Delete a group of an organization, for admins of either.
   *
   * The manifest allows it by `[api] allow = ["DELETE /organizations/:org/groups/:group"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
   */
  delete(org: string, group: string, options?: CallOptions): Promise<void>
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
  'paginate.limit'?: number
  /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
  'paginate.cursor'?: string
}, options?: CallOptions): Promise<OrganizationMemberList>
  /**
   * Add a member to an organization, for admins of it.
   *
   * The manifest allows it by `[api] allow = ["POST /organizations/:org/members"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, 409, or without one where there was no answer
   */
  add(org: string, email: string, options?: CallOptions): Promise<OrganizationMember>
  /**
   * Remove a member from an organization and all its groups, for admins of it; every member may leave.
   *
   * The manifest allows it by `[api] allow = ["DELETE /organizations/:org/members/:email"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
   */
  remove(org: string, email: string, options?: CallOptions): Promise<void>
}

/** Operations on organizations. */
export interface OrganizationsOperations {
  /** Operations on organizations, groups. */
  groups: OrganizationsGroupsOperations
  /**
   * List the organizations that the caller belongs to.
   *
   * The manifest allows it by `[api] allow = ["GET /organizations"]`.
   *
   * @throws ApiError with a `status`, 400, 401, or without one where there was no answer
   */
  list(query?: {
  /** Ask for so many at once, and for `has_more` in the answer. */
  'paginate.limit'?: number
  /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
  'paginate.cursor'?: string
}, options?: CallOptions): Promise<OrganizationList>
  /**
   * Create an organization; the caller becomes its admin.
   *
   * The manifest allows it by `[api] allow = ["POST /organizations"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 409, 422, or without one where there was no answer
   */
  create(name: string, options?: CallOptions): Promise<Organization>
  /**
   * Delete an organization with its groups and their projects, for admins of it.
   *
   * The manifest allows it by `[api] allow = ["DELETE /organizations/:org"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
   */
  delete(org: string, options?: CallOptions): Promise<void>
  /** Operations on organizations, members. */
  members: OrganizationsMembersOperations
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
  listJobs(project: string, options?: CallOptions): Promise<ProjectHistory>
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
  'filter.group'?: string
  /** Only those of the groups of an organization. */
  'filter.organization'?: string
  /** Only those whose name holds this text. */
  'filter.name'?: string
  /** Ask for so many at once, and for `has_more` in the answer. */
  'paginate.limit'?: number
  /** Begin after this one: the name, the email or, of projects, the id of the last one of the page before. */
  'paginate.cursor'?: string
}, options?: CallOptions): Promise<ProjectPage>
  /**
   * Create a project of the caller’s own, or of a group.
   *
   * The manifest allows it by `[api] allow = ["POST /data/projects"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 404, 409, 422, or without one where there was no answer
   */
  create(body: NewProject, options?: CallOptions): Promise<ProjectId>
  /**
   * Tell about a project.
   *
   * The manifest allows it by `[api] allow = ["GET /data/projects/:project"]`.
   *
   * @throws ApiError with a `status`, 401, 404, or without one where there was no answer
   */
  read(project: string, options?: CallOptions): Promise<Project>
  /**
   * Change a project; what is left out is emptied, and its owner stays.
   *
   * The manifest allows it by `[api] allow = ["PUT /data/projects/:project"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 404, 409, or without one where there was no answer
   */
  update(project: string, body: NewProject, options?: CallOptions): Promise<ProjectId>
  /**
   * Delete a project with its jobs; those of a group for admins of it.
   *
   * The manifest allows it by `[api] allow = ["DELETE /data/projects/:project"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 403, 404, or without one where there was no answer
   */
  delete(project: string, options?: CallOptions): Promise<ProjectId>
  /** Operations on projects, history. */
  history: ProjectsHistoryOperations
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
  evaluate(job: string, body: EvaluationRequest, options?: CallOptions): Promise<Evaluation>
  /**
   * Tell what the policy says about a job, package by package.
   *
   * The manifest allows it by `[api] allow = ["POST /data/jobs/:job/policy/evaluate/raw"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
   */
  evaluateRaw(job: string, body: EvaluationRequest, options?: CallOptions): Promise<RawEvaluation>
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
  submit(body: NewJob, options?: CallOptions): Promise<JobId>
  /**
   * Tell what a job is, and whether the policy refuses something of it.
   *
   * The manifest allows it by `[api] allow = ["GET /data/jobs/:job"]`.
   *
   * @throws ApiError with a `status`, 401, 404, or without one where there was no answer
   */
  read(job: string, options?: CallOptions): Promise<Job>
  /**
   * Tell what the policy says about a job, in words.
   *
   * The manifest allows it by `[api] allow = ["POST /data/jobs/:job"]`.
   *
   * @throws ApiError with a `status`, 400, 401, 404, or without one where there was no answer
   */
  evaluateInPlace(job: string, body: EvaluationRequest, options?: CallOptions): Promise<Evaluation>
  /** Operations on jobs, policy. */
  policy: JobsPolicyOperations
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
  check(body: PackageCheck, options?: CallOptions): Promise<Evaluation>
  /**
   * Tell what the policy says about packages, one by one.
   *
   * The manifest allows it by `[api] allow = ["POST /data/packages/check/raw"]`.
   *
   * @throws ApiError with a `status`, 400, 401, or without one where there was no answer
   */
  checkRaw(body: PackageCheck, options?: CallOptions): Promise<RawEvaluation>
  /**
   * Tell what is known of a package.
   *
   * The manifest allows it by `[api] allow = ["POST /data/packages/submit"]`.
   *
   * @throws ApiError with a `status`, 400, 401, or without one where there was no answer
   */
  submit(body: PackageDescriptor, options?: CallOptions): Promise<PackageSubmission>
}

/** The operations of the API by name. Each throws `ApiError` where it is refused. */
export interface Operations {
  /** Operations on health. */
  health: HealthOperations
  /** Operations on groups. */
  groups: GroupsOperations
  /** Operations on organizations. */
  organizations: OrganizationsOperations
  /** Operations on projects. */
  projects: ProjectsOperations
  /** Operations on jobs. */
  jobs: JobsOperations
  /** Operations on packages. */
  packages: PackagesOperations
}

/** Name, method, path below /api/v0, and what else is told: "?" a query, "{}" a body, or the only property of one. */
export const OPERATIONS: readonly string[] = [
  "health.read GET /health",
  "groups.list GET /groups ?",
  "groups.create POST /groups group_name",
  "groups.delete DELETE /groups/:group",
  "groups.members.list GET /groups/:group/members ?",
  "groups.members.add POST /groups/:group/members/:email",
  "groups.members.remove DELETE /groups/:group/members/:email",
  "organizations.groups.members.list GET /organizations/:org/groups/:group/members ?",
  "organizations.groups.members.add POST /organizations/:org/groups/:group/members/:email",
  "organizations.groups.members.remove DELETE /organizations/:org/groups/:group/members/:email",
  "organizations.list GET /organizations ?",
  "organizations.create POST /organizations name",
  "organizations.delete DELETE /organizations/:org",
  "organizations.members.list GET /organizations/:org/members ?",
  "organizations.members.add POST /organizations/:org/members email",
  "organizations.members.remove DELETE /organizations/:org/members/:email",
  "organizations.groups.list GET /organizations/:org/groups ?",
  "organizations.groups.create POST /organizations/:org/groups name",
  "organizations.groups.delete DELETE /organizations/:org/groups/:group",
  "projects.list GET /projects ?",
  "projects.create POST /data/projects {}",
  "projects.read GET /data/projects/:project",
  "projects.update PUT /data/projects/:project {}",
  "projects.delete DELETE /data/projects/:project",
  "projects.history.listJobs GET /data/projects/:project/history",
  "jobs.submit POST /data/jobs {}",
  "jobs.read GET /data/jobs/:job",
  "jobs.evaluateInPlace POST /data/jobs/:job {}",
  "jobs.policy.evaluate POST /data/jobs/:job/policy/evaluate {}",
  "jobs.policy.evaluateRaw POST /data/jobs/:job/policy/evaluate/raw {}",
  "packages.check POST /data/packages/check {}",
  "packages.checkRaw POST /data/packages/check/raw {}",
  "packages.submit POST /data/packages/submit {}"
]
