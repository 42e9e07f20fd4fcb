/**
 * What is used of `oidc-provider`, which carries no types. Its files are imported one by one: the package's own door
 * writes a warning about Bun and Deno to stderr, and does nothing else that matters here.
 */
declare module 'oidc-provider/lib/provider.js' {
  import type { NodeHandler, NodeRequest, NodeResponse } from './node_bridge.ts'

  /** What a model keeps, as JSON. */
  export type Payload = Record<string, unknown>

  /** Where the models are kept. */
  export interface Adapter {
    upsert(id: string, payload: Payload, expiresIn: number): Promise<void>
    find(id: string): Promise<Payload | undefined>
    findByUserCode(userCode: string): Promise<Payload | undefined>
    findByUid(uid: string): Promise<Payload | undefined>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }

  interface Prompt {
    name: string
    reasons: string[]
  }

  interface KeptInteraction {
    uid: string
    iat: number
    prompt: Prompt
    params: Record<string, string | undefined>
  }

  interface KeptGrant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  interface ModelClass<T> {
    new (properties: Payload): T
    find(id: string): Promise<T | undefined>
  }

  /** What a hook is given: the request, as far as it has come. */
  export interface Context {
    req: NodeRequest
    type: string
    body: unknown
    oidc: { client?: { clientId: string }; route: string }
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    readonly Grant: ModelClass<KeptGrant>
    readonly AccessToken: ModelClass<{ accountId: string; clientId: string; grantId: string }>
    callback(): NodeHandler
    interactionDetails(request: NodeRequest, response: NodeResponse): Promise<KeptInteraction>
    interactionResult(
      request: NodeRequest,
      response: NodeResponse,
      result: Payload,
      options?: { mergeWithLastSubmission?: boolean },
    ): Promise<string>
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'server_error', listener: (context: Context, error: Error) => void): this
  }
}

declare module 'oidc-provider/lib/helpers/errors.js' {
  export class InvalidGrant extends Error {
    constructor(detail: string)
  }
  export class SessionNotFound extends Error {
    constructor(description: string)
  }
}

declare module 'oidc-provider/lib/helpers/interaction_policy/index.js' {
  export class Check {
    static readonly REQUEST_PROMPT: boolean
    static readonly NO_NEED_TO_PROMPT: boolean
    constructor(
      reason: string,
      description: string,
      error: string,
      check: (context: PolicyContext) => boolean,
    )
  }
  interface PolicyContext {
    oidc: { result?: Record<string, unknown> }
  }
  export class Prompt {
    constructor(options: { name: string; requestable: boolean }, ...checks: Check[])
    readonly checks: { add(check: Check): void }
  }
  export interface Policy {
    get(name: string): Prompt | undefined
    add(prompt: Prompt, index?: number): void
  }
  export function base(): Policy
}
