import { isPhylumError } from '#base'
import { createKey, MAX_KEYS } from '../account.ts'
import { checkName } from '../names.ts'
import { Refusal } from '../refusal.ts'
import type { ApiKey } from '../store.ts'
import { renderConfirmPage } from './confirm_page.ts'
import { explainFault } from './explain_fault.ts'
import { EMPTY } from './field.ts'
import { datesOf, parseLife } from './life.ts'
import { markup } from './markup.ts'
import { noticeCookie } from './notice.ts'
import type { PageAnswer } from './response.ts'
import { renderTokenPage } from './token_page.ts'
import { renderTokensPage } from './tokens_page.ts'
import type { TokensView } from './tokens_page.ts'
import { page } from './ui_route.ts'
import type { SignedInCall, UiRoute } from './ui_route.ts'

/** API keys, which the pages call tokens, as people do. */
export const tokenRoutes: readonly UiRoute[] = [
  page('GET', '/tokens', (call) => showTokens(call, {})),
  page('POST', '/tokens', create),
  page('GET', '/tokens/revoke', async (call) => {
    const chosen = await findChosen(call, call.url.searchParams.getAll('token'))
    return chosen.length === 0 ? { to: '/tokens' } : { page: confirm(call, chosen) }
  }),
  page('POST', '/tokens/revoke', async (call) => {
    const { options: { store }, session, form } = call
    const chosen = await findChosen(call, form.all('token'))
    for (const { name } of chosen) await store.revokeKey(session.user.id, name)
    if (chosen.length === 0) return { to: '/tokens' }
    const notice = noticeCookie(chosen.length === 1 ? 'revoked' : 'revoked_several')
    return { to: '/tokens', cookies: [notice] }
  }),
  page('GET', '/tokens/:id', async (call) => {
    const { options: { store, clock }, viewer, origin, params } = call
    const [token] = await findChosen(call, [params['id'] ?? ''])
    if (token === undefined) {
      throw new Refusal(404, 'Cannot find the token: it does not exist, or it is revoked')
    }
    return {
      page: renderTokenPage({
        viewer,
        token,
        uses: await store.listActivity(token.id),
        apiUrl: origin,
        now: clock.now(),
      }),
    }
  }),
]

/**
 * Makes a key and shows it, in the answer to the form itself: there is no address under which it could be had again, and
 * no place in which it would have to wait. A reload sends the form again, and finds that the name is taken.
 */
async function create(call: SignedInCall): Promise<PageAnswer> {
  const { options: { store, clock }, session, form, origin } = call
  const values = { name: form.line('name'), expiry: form.text('expiry'), date: form.text('date') }
  const refuse = (errors: TokensView['form']['errors']) =>
    showTokens(call, { form: { values, errors } }, 422)
  const fault = explainFault(checkName(values.name))
  const life = parseLife(values, clock.now())
  if (fault !== undefined || 'error' in life) {
    return await refuse({
      ...(fault === undefined ? {} : { name: fault }),
      ...('error' in life ? { [life.field]: life.error } : {}),
    })
  }
  const { expiresAt } = life
  try {
    const { key, secret } = await createKey(store, session.user.id, {
      name: values.name,
      ...(expiresAt === null ? {} : { expiresAt }),
    })
    const { id, name } = key
    const created = { id, name, value: secret.reveal(), expiresAt, apiUrl: origin }
    return await showTokens(call, { created })
  } catch (error) {
    if (isPhylumError(error, 'ERR_API_EXISTS')) {
      return await refuse({ name: 'You have a token of this name.' })
    }
    if (!isPhylumError(error, 'ERR_API_FORBIDDEN')) throw error
    return await refuse({ '': `You have ${MAX_KEYS} tokens, and cannot have more: revoke some.` })
  }
}

async function showTokens(
  { options: { store, clock }, session, viewer, notice }: SignedInCall,
  view: Partial<TokensView>,
  status = 200,
): Promise<PageAnswer> {
  const tokens = await store.listKeys(session.user.id)
  const now = clock.now()
  const common = { viewer, tokens, form: EMPTY, now, dates: datesOf(now), notice }
  return { status, page: renderTokensPage({ ...common, ...view }) }
}

/** Finds those of the caller's keys that are meant; a key of somebody else is as one that does not exist. */
async function findChosen(
  { options: { store }, session }: SignedInCall,
  ids: readonly string[],
): Promise<ApiKey[]> {
  const wanted = new Set(ids)
  return (await store.listKeys(session.user.id)).filter(({ id }) => wanted.has(id))
}

function confirm({ viewer }: SignedInCall, chosen: readonly ApiKey[]) {
  const isOne = chosen.length === 1
  return renderConfirmPage({
    viewer,
    current: 'tokens',
    title: isOne ? 'Revoke this token?' : `Revoke ${chosen.length} tokens?`,
    text: markup`What uses ${
      isOne ? 'it' : 'them'
    } will stop working at once. This cannot be undone.`,
    subjects: chosen,
    action: '/tokens/revoke',
    hidden: chosen.map(({ id }) => ['token', id] as const),
    form: EMPTY,
    act: 'Revoke',
    back: '/tokens',
  })
}
