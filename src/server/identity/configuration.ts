import { display } from '#base'
import type { Context } from 'oidc-provider/lib/provider.js'
import type { User } from '../store.ts'
import { createAdapter } from './adapter.ts'
import { CookieSigner } from './cookie_signer.ts'
import { CLIENTS, findProgram, KEY_CLIENT_ID } from './clients.ts'
import { INTERACTION_PATH } from './identity.ts'
import * as lifetimes from './lifetimes.ts'
import { createPolicy } from './policy.ts'
import type { Records } from './records.ts'
import type { ServerKeys } from './server_keys.ts'

export interface ConfigurationOptions {
  records: Records
  keys: ServerKeys
  findUser(id: string): Promise<User | undefined>
}

/** Writes down how the provider behaves; whatever is not needed is switched off. */
export function createConfiguration(options: ConfigurationOptions): Record<string, unknown> {
  const { records, keys, findUser } = options
  const off = { enabled: false }
  return {
    adapter: (name: string) => createAdapter(name, records),
    clients: CLIENTS.map(({ metadata }) => metadata),
    clientAuthMethods: ['none'],
    // No page of another origin has business with the provider: programs that need it have no origin.
    clientBasedCORS: () => false,
    clockTolerance: 0,
    claims: { openid: ['sub', 'email', 'name'] },
    cookies: {
      keys: new CookieSigner(keys.cookies),
      names: {
        interaction: 'phylum_interaction',
        resume: 'phylum_resume',
        session: SESSION_COOKIE,
      },
      // The browser comes from a program's page, or from none, by an ordinary link: `strict` would lose it.
      short: { httpOnly: true, sameSite: 'lax', signed: true },
      long: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
    expiresWithSession: () => false,
    features: {
      deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****', deviceInfo: () => ({}) },
      devInteractions: off,
      dPoP: off,
      pushedAuthorizationRequests: off,
      resourceIndicators: off,
      revocation: {
        enabled: true,
        allowedPolicy: (_: unknown, client: { clientId: string }, token: { clientId: string }) =>
          client.clientId === token.clientId,
      },
      rpInitiatedLogout: off,
    },
    async findAccount(_: unknown, id: string) {
      const user = await findUser(id)
      if (user === undefined) return undefined
      const claims = { sub: user.id, email: user.email, name: user.name }
      return { accountId: user.id, claims: () => claims }
    },
    interactions: {
      policy: createPolicy(),
      url: (_: unknown, { uid }: { uid: string }) => `${INTERACTION_PATH}/${uid}`,
    },
    issueRefreshToken: (
      _: unknown,
      client: { clientId: string },
      source: { scopes: Set<string> },
    ) => findProgram(client.clientId)?.holds === 'tokens' && source.scopes.has('offline_access'),
    jwks: { keys: keys.signing },
    // Each authorization is a grant of its own, so that to end one login ends no other.
    loadExistingGrant: loadGrant,
    pkce: { required: () => true },
    renderError,
    responseTypes: ['code'],
    revokeGrantPolicy: () => true,
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access'],
    ttl: {
      AccessToken: lifetimes.ACCESS_TOKEN_SECONDS,
      AuthorizationCode: lifetimes.CODE_SECONDS,
      DeviceCode: lifetimes.DEVICE_CODE_SECONDS,
      Grant: (_: unknown, grant: { clientId: string }) =>
        grant.clientId === KEY_CLIENT_ID ? lifetimes.KEY_GRANT_SECONDS : lifetimes.LOGIN_SECONDS,
      IdToken: lifetimes.ID_TOKEN_SECONDS,
      Interaction: lifetimes.INTERACTION_SECONDS,
      RefreshToken: lifetimes.REFRESH_TOKEN_SECONDS,
      // Nothing is kept of it: it lasts as long as the request.
      Session: 60,
    },
  }
}

/** The provider sets this cookie for a session that it does not have; it never leaves the server. */
export const SESSION_COOKIE = 'phylum_no_session'

interface GrantContext {
  oidc: {
    result?: { consent?: { grantId?: string } }
    provider: { Grant: { find(id: string): Promise<unknown> } }
  }
}

async function loadGrant({ oidc }: GrantContext): Promise<unknown> {
  const grantId = oidc.result?.consent?.grantId
  return grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId)
}

/** Shows what went wrong where it cannot be told to the program, as plain text: much of it is the sender's own. */
function renderError(context: Context, out: { error: string; error_description?: string }): void {
  context.type = 'text/plain; charset=utf-8'
  context.body = `Cannot go on: ${display(out.error_description ?? out.error)}\n`
}
