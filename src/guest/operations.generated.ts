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
  /** Begin after this one: the name, or the email, of the last one of the page before. */
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
  /** Begin after this one: the name, or the email, of the last one of the page before. */
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

/** The operations of the API by name. Each throws `ApiError` where it is refused. */
export interface Operations {
  /** Operations on health. */
  health: HealthOperations
  /** Operations on groups. */
  groups: GroupsOperations
}

/** Name, method, path below /api/v0, and what else is told: "?" a query, "{}" a body, or the only property of one. */
export const OPERATIONS: readonly string[] = [
  "health.read GET /health",
  "groups.list GET /groups ?",
  "groups.create POST /groups group_name",
  "groups.delete DELETE /groups/:group",
  "groups.members.list GET /groups/:group/members ?",
  "groups.members.add POST /groups/:group/members/:email",
  "groups.members.remove DELETE /groups/:group/members/:email"
]
