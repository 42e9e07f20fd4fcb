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

/** A request that was not answered, or an operation that the API refused; `TypeError`, as `fetch` itself throws. */
export declare class ApiError extends TypeError {
    /** Stable name of the reason, "ERR_BROKER_DNS" or "ERR_API_NOT_FOUND". */
    readonly code: string;
    /** Status of the answer; `undefined` where there was none. */
    readonly status: number | undefined;
    constructor(code: string, message: string, status?: number);
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

/** The operations of the API by name. Each throws `ApiError` where it is refused. */
export interface Operations {
    /** Operations on health. */
    health: HealthOperations;
    /** Operations on groups. */
    groups: GroupsOperations;
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
        /** Begin after this one: the name, or the email, of the last one of the page before. */
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

/** What else may be said with each operation. */
export interface CallOptions {
    headers?: HeadersInit;
    signal?: AbortSignal;
}

export interface Health {
    response: 'alive';
}

export interface GroupList {
    groups: Group[];
    has_more?: boolean;
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
        /** Begin after this one: the name, or the email, of the last one of the page before. */
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

export type Role = 'admin' | 'member';

export interface MemberList {
    members: Member[];
    has_more?: boolean;
}

export interface Member {
    user_email: string;
    name: string;
    role: Role;
}
