/** What the harness uses of `oidc-provider`, which carries no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Model {
    save(): Promise<string>
    destroy(): Promise<void>
  }

  interface ModelClass<T> {
    new (properties: Record<string, unknown>): T
    find(id: string): Promise<T | undefined>
  }

  export interface Adapter {
    upsert(id: string, payload: Record<string, unknown>, expiresIn: number): Promise<void>
    find(id: string): Promise<Record<string, unknown> | undefined>
    findByUid(uid: string): Promise<Record<string, unknown> | undefined>
    findByUserCode(userCode: string): Promise<Record<string, unknown> | undefined>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }

  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    readonly Grant: ModelClass<Model & { addOIDCScope(scope: string): void }>
    readonly RefreshToken: ModelClass<Model>
    readonly AccessToken: ModelClass<Model>
    readonly Client: { find(id: string): Promise<unknown> }
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    on(
      event: 'grant.success' | 'grant.error',
      listener: (context: { oidc: { params: { refresh_token?: string } } }) => void,
    ): void
  }
}
