import { Type } from '@sinclair/typebox'
import type { TObject, TProperties, TSchema } from '@sinclair/typebox'
import {
  MAX_LABEL,
  MAX_NAME,
  MAX_PACKAGE,
  MAX_PACKAGES,
  MAX_PROJECT_NAME,
  MAX_URL,
} from './limits.ts'

// The words of the API: what is checked at the door, what is promised in an answer, and, with the title as name, what
// stands in the OpenAPI document.

/** An object that holds these keys and no other: whoever sends `role` or `__proto__` along is refused, not ignored. */
function exact<Properties extends TProperties>(
  title: string,
  properties: Properties,
): TObject<Properties> {
  return Type.Object(properties, { title, additionalProperties: false })
}

const Time = Type.String({ format: 'date-time' })
/** Whether there are more than a page that was asked for. */
const HasMore = Type.Optional(Type.Boolean())

const Name = Type.String({ minLength: 1, maxLength: MAX_NAME })

export const Role = Type.Union([Type.Literal('admin'), Type.Literal('member')], { title: 'Role' })

export const Health = exact('Health', { response: Type.Literal('alive') })

export const Liveness = exact('Liveness', { status: Type.Literal('alive') })

export const Readiness = exact('Readiness', { status: Type.Literal('ready') })

/** "GROUP", or "ORGANIZATION/GROUP" for one of an organization. */
const GroupName = Type.String({ minLength: 1, maxLength: 2 * MAX_NAME + 1 })

export const Group = exact('Group', {
  created_at: Time,
  last_modified: Time,
  group_id: Type.String({ format: 'uuid' }),
  group_name: GroupName,
  role: Role,
})

export const GroupList = exact('GroupList', { groups: Type.Array(Group), has_more: HasMore })

export const NewGroup = exact('NewGroup', { group_name: Name })

export const Member = exact('Member', { user_email: Type.String(), name: Name, role: Role })

export const MemberList = exact('MemberList', {
  members: Type.Array(Member),
  has_more: HasMore,
})

export const ApiKey = exact('ApiKey', {
  name: Name,
  creation_time: Time,
  access_time: Type.Union([Time, Type.Null()]),
  expiry: Type.Union([Time, Type.Null()]),
})

export const ApiKeyList = Type.Array(ApiKey, { title: 'ApiKeyList' })

export const Profile = exact('Profile', {
  sub: Type.String({ format: 'uuid' }),
  email: Type.String(),
  name: Name,
})

export const KeyName = exact('KeyName', { name: Type.String() })

export const ApiError = exact('ApiError', {
  error: Type.Object(
    { error_id: Type.String(), description: Type.String() },
    { additionalProperties: false },
  ),
})

export const Document = Type.Object(
  { openapi: Type.String(), info: Type.Object({}), paths: Type.Object({}) },
  { title: 'Document' },
)

/** The absence of a body. */
export const Nothing = Type.Null({ title: 'Nothing' })

export const Organization = exact('Organization', { name: Name, role: Role, created_at: Time })

export const OrganizationList = exact('OrganizationList', {
  organizations: Type.Array(Organization),
  has_more: HasMore,
})

export const NewOrganization = exact('NewOrganization', { name: Name })

export const OrganizationMember = exact('OrganizationMember', {
  email: Type.String(),
  name: Name,
  role: Role,
})

export const OrganizationMemberList = exact('OrganizationMemberList', {
  members: Type.Array(OrganizationMember),
  has_more: HasMore,
})

export const NewOrganizationMember = exact('NewOrganizationMember', { email: Type.String() })

/** A group of an organization, by its name within it. */
export const OrganizationGroup = exact('OrganizationGroup', { name: Name })

export const OrganizationGroupList = exact('OrganizationGroupList', {
  groups: Type.Array(OrganizationGroup),
  has_more: HasMore,
})

/** Where packages come from. */
export const Ecosystem = Type.Union(
  [
    Type.Literal('npm'),
    Type.Literal('pypi'),
    Type.Literal('maven'),
    Type.Literal('rubygems'),
    Type.Literal('nuget'),
    Type.Literal('cargo'),
    Type.Literal('golang'),
  ],
  { title: 'Ecosystem' },
)

const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
const Uuid = Type.String({ format: 'uuid' })
export const NewProject = exact('NewProject', {
  name: Text(MAX_PROJECT_NAME),
  /** Without one, the project is the caller's own. */
  group_name: Type.Optional(orNull(GroupName)),
  organization_name: Type.Optional(orNull(Name)),
  repository_url: Type.Optional(orNull(Text(MAX_URL))),
  default_label: Type.Optional(orNull(Text(MAX_LABEL))),
})

export const ProjectId = exact('ProjectId', { id: Uuid })

/** A project in a list. */
export const ProjectEntry = exact('ProjectEntry', {
  id: Uuid,
  created_at: Time,
  updated_at: Time,
  name: Type.String(),
  ecosystems: Type.Array(Ecosystem),
  group_name: orNull(GroupName),
  organization_name: orNull(Name),
})

export const ProjectPage = exact('ProjectPage', {
  values: Type.Array(ProjectEntry),
  has_more: Type.Boolean(),
})

/** A project by itself; clients know its keys in this form. */
export const Project = exact('Project', {
  id: Uuid,
  name: Type.String(),
  registries: Type.Array(Ecosystem),
  createdAt: Time,
  updatedAt: Time,
  latestJobCreatedAt: orNull(Time),
  latestJobId: orNull(Uuid),
  /** Label of the latest job. */
  label: orNull(Type.String()),
  defaultLabel: orNull(Type.String()),
  repositoryUrl: orNull(Type.String()),
  groupName: orNull(GroupName),
  organizationName: orNull(Name),
})

/** What a project was analyzed for, the newest first. */
export const ProjectHistory = Type.Array(
  exact('HistoryEntry', { id: Uuid, created: Time, label: orNull(Type.String()) }),
  { title: 'ProjectHistory' },
)

/** A package that is named by its registry, name and version; "type" is an older word for the registry. */
export const PackageDescriptor = exact('PackageDescriptor', {
  name: Text(MAX_PACKAGE),
  version: Text(MAX_PACKAGE),
  type: Type.Optional(Type.String()),
  registry: Type.Optional(Type.String()),
})

/** A package to be analyzed: by registry, name and version, or by its package URL. */
export const AnalyzedPackage = exact('AnalyzedPackage', {
  name: Type.Optional(Text(MAX_PACKAGE)),
  version: Type.Optional(Text(MAX_PACKAGE)),
  type: Type.Optional(Type.String()),
  registry: Type.Optional(Type.String()),
  purl: Type.Optional(Text(3 * MAX_PACKAGE)),
  /** SPDX identifier or expression, where the sender knows it and the server does not. */
  license: Type.Optional(orNull(Text(MAX_PACKAGE))),
  /** The file that asks for the package. */
  lockfile: Type.Optional(orNull(Type.String({ maxLength: MAX_URL }))),
  /** The same, by a newer word. */
  origin: Type.Optional(orNull(Type.String({ maxLength: MAX_URL }))),
})

export const NewJob = exact('NewJob', {
  packages: Type.Array(AnalyzedPackage, { maxItems: MAX_PACKAGES }),
  /** Id of the project. */
  project: Type.String(),
  label: Type.Optional(orNull(Text(MAX_LABEL))),
  group_name: Type.Optional(orNull(GroupName)),
  organization_name: Type.Optional(orNull(Name)),
  /** Whether a person sent it, and no program. */
  is_user: Type.Optional(Type.Boolean()),
})

export const JobId = exact('JobId', { job_id: Uuid })

export const Job = exact('Job', {
  job_id: Uuid,
  status: Type.Literal('complete'),
  created_at: Time,
  project: Uuid,
  project_name: Type.String(),
  group_name: orNull(GroupName),
  label: Type.String(),
  /** Whether the policy refuses none of the packages. */
  pass: Type.Boolean(),
  num_incomplete: Type.Integer(),
  ecosystems: Type.Array(Ecosystem),
  packages: Type.Array(
    exact('JobPackage', {
      registry: Ecosystem,
      name: Type.String(),
      version: Type.String(),
      purl: Type.String(),
      license: orNull(Type.String()),
      lockfile: orNull(Type.String()),
    }),
  ),
})

export const EvaluationRequest = exact('EvaluationRequest', {
  /** Packages whose rejections do not count. */
  ignored_packages: Type.Optional(Type.Array(PackageDescriptor, { maxItems: MAX_PACKAGES })),
})

export const PackageCheck = Type.Array(AnalyzedPackage, {
  title: 'PackageCheck',
  maxItems: MAX_PACKAGES,
})

/** What the policy says, in words. */
export const Evaluation = exact('Evaluation', {
  is_failure: Type.Boolean(),
  /** Packages of which is not known yet what to say. */
  incomplete_count: Type.Integer(),
  /** For a terminal. */
  output: Type.String(),
  /** The same in Markdown. */
  report: Type.String(),
})

export const RiskDomain = Type.Union(
  [
    Type.Literal('author'),
    Type.Literal('engineering'),
    Type.Literal('malicious_code'),
    Type.Literal('vulnerability'),
    Type.Literal('license'),
  ],
  { title: 'RiskDomain' },
)

export const RiskLevel = Type.Union(
  [
    Type.Literal('info'),
    Type.Literal('low'),
    Type.Literal('medium'),
    Type.Literal('high'),
    Type.Literal('critical'),
  ],
  { title: 'RiskLevel' },
)

/** Why a package is refused. */
export const Rejection = exact('Rejection', {
  title: Type.String(),
  source: exact('RejectionSource', {
    type: Type.Literal('policy'),
    /** The rule, by its place in the policy: "packages[0]". */
    tag: orNull(Type.String()),
    domain: orNull(RiskDomain),
    severity: orNull(RiskLevel),
    /** What the policy gives as its reason. */
    description: orNull(Type.String()),
    /** What about the package the rule meets. */
    reason: orNull(Type.String()),
  }),
  /** Why it does not count; null when it does. */
  suppression_reason: orNull(Type.String()),
})

export const EvaluatedDependency = exact('EvaluatedDependency', {
  purl: Type.String(),
  registry: Ecosystem,
  name: Type.String(),
  version: Type.String(),
  rejections: Type.Array(Rejection),
})

/** What the policy says, package by package. */
export const RawEvaluation = exact('RawEvaluation', {
  is_failure: Type.Boolean(),
  incomplete_packages_count: Type.Integer(),
  help: Type.String(),
  dependencies: Type.Array(EvaluatedDependency),
  job_link: orNull(Type.String()),
})

const Score = Type.Number({ minimum: 0, maximum: 1 })

/** What is known of a package; clients know its keys in this form. */
export const PackageDetails = exact('PackageDetails', {
  purl: Type.String(),
  id: Type.String(),
  name: Type.String(),
  version: Type.String(),
  registry: Ecosystem,
  publishedDate: orNull(Type.String()),
  latestVersion: orNull(Type.String()),
  versions: Type.Array(
    exact('ScoredVersion', {
      version: Type.String(),
      total_risk_score: orNull(Score),
      published_date: orNull(Type.String()),
    }),
  ),
  description: orNull(Type.String()),
  license: orNull(Type.String()),
  dependencies: Type.Array(PackageDescriptor),
  /** From 0, the worst, to 1. */
  riskScores: exact('RiskScores', {
    total: Score,
    vulnerability: Score,
    malicious_code: Score,
    author: Score,
    engineering: Score,
    license: Score,
  }),
  issues: Type.Array(
    exact('Issue', {
      tag: orNull(Type.String()),
      id: orNull(Type.String()),
      title: Type.String(),
      description: Type.String(),
      severity: RiskLevel,
      domain: RiskDomain,
      details: Type.Null(),
    }),
  ),
  complete: Type.Boolean(),
  releaseData: Type.Null(),
  repoUrl: orNull(Type.String()),
})

/** What becomes of a package that is asked about: it is known at once. */
export const PackageSubmission = exact('PackageSubmission', {
  status: Type.Literal('AlreadyProcessed'),
  data: PackageDetails,
})
