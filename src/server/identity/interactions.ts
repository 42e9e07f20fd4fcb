import type { Provider } from 'oidc-provider/lib/provider.js'
import { findProgram } from './clients.ts'
import { INTERACTION_PATH } from './identity.ts'
import type { Interaction, SignedIn } from './identity.ts'
import type { OpenidProvider } from './openid_provider.ts'
import { REGISTRATION_PROMPT } from './prompt.ts'

type Kept = Awaited<ReturnType<Provider['interactionDetails']>>

/** Reads what a page is asked about. */
export async function readInteraction(
  openid: OpenidProvider,
  request: Request,
): Promise<Interaction | undefined> {
  const kept = await find(await openid.open(), openid, request)
  return kept && describe(kept)
}

/** Gives the program what it asked for, if the sign-in is as recent as the program wants. */
export async function finishInteraction(
  openid: OpenidProvider,
  request: Request,
  { userId, signedInAt }: SignedIn,
): Promise<string | undefined> {
  const provider = await openid.open()
  const kept = await find(provider, openid, request)
  const interaction = kept && describe(kept)
  // `prompt=login` is the program's word that whoever sits there may be somebody else by now.
  if (interaction === undefined || signedInAt < interaction.signedInAfter) return undefined
  const grantId = await createGrant(provider, userId, interaction.program.id, interaction.scopes)
  return await provider.interactionResult(...openid.exchange(request), {
    login: { accountId: userId, ts: Math.floor(signedInAt / 1000) },
    consent: { grantId },
    [REGISTRATION_PROMPT]: {},
  })
}

/** Tells the program that it gets nothing. */
export async function refuseInteraction(
  openid: OpenidProvider,
  request: Request,
): Promise<string | undefined> {
  const provider = await openid.open()
  if (await find(provider, openid, request) === undefined) return undefined
  return await provider.interactionResult(...openid.exchange(request), {
    error: 'access_denied',
    error_description: 'the request was declined',
  })
}

/** Notes that a user lets a program act. @returns id of the grant */
export async function createGrant(
  provider: Provider,
  accountId: string,
  clientId: string,
  scopes: readonly string[],
): Promise<string> {
  const grant = new provider.Grant({ accountId, clientId })
  grant.addOIDCScope(scopes.join(' '))
  return await grant.save()
}

async function find(
  provider: Provider,
  openid: OpenidProvider,
  request: Request,
): Promise<Kept | undefined> {
  const id = new URL(request.url).pathname.slice(INTERACTION_PATH.length + 1).split('/')[0]
  try {
    const kept = await provider.interactionDetails(...openid.exchange(request))
    // The cookie binds the browser, the path the page: a second request that another site began in the same browser
    // must not be answered by what the person said about the first.
    return kept.uid === id ? kept : undefined
  } catch (error) {
    if (error instanceof Error && error.name === 'SessionNotFound') return undefined
    throw error
  }
}

function describe({ uid, iat, params }: Kept): Interaction | undefined {
  const program = findProgram(params['client_id'])
  if (program === undefined) return undefined
  const prompts = (params['prompt'] ?? '').split(' ')
  const startedAt = iat * 1000
  const maxAge = params['max_age']
  return {
    id: uid,
    program,
    scopes: (params['scope'] ?? '').split(' ').filter((scope) => scope !== ''),
    redirectOrigin: new URL(params['redirect_uri'] ?? '').origin,
    signedInAfter: prompts.includes('login')
      ? startedAt
      : maxAge === undefined
      ? 0
      : startedAt - Number(maxAge) * 1000,
    isRegistration: prompts.includes(REGISTRATION_PROMPT),
  }
}
