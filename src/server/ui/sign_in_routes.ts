import { checkEmail, checkName } from '../names.ts'
import { checkPassword, MIN_PASSWORD } from '../password.ts'
import { beginSession, WHOLE_LIFE } from '../session.ts'
import { signIn, signUp } from '../sign_in.ts'
import type { User } from '../store.ts'
import { explainFault } from './explain_fault.ts'
import { explainLimit } from './explain_limit.ts'
import { EMPTY } from './field.ts'
import type { Filled } from './field.ts'
import { parseLocalPath } from './local_path.ts'
import { noticeCookie } from './notice.ts'
import type { Answer, PageAnswer } from './response.ts'
import { renderSignInPage, renderSignUpPage } from './sign_in_page.ts'
import { openPage } from './ui_route.ts'
import type { UiCall, UiRoute } from './ui_route.ts'
import { visitCookie } from './visit.ts'

/** Where one arrives who wanted nothing in particular. */
export const START = '/tokens'

type SignForm = Filled<'email' | 'name' | 'password'>

/** Signing in, up and out. */
export const signInRoutes: readonly UiRoute[] = [
  openPage('GET', '/', ({ visit }) => redirect(visit.session === undefined ? '/sign-in' : START)),
  openPage('GET', '/sign-in', (call) => show(call, 'in')),
  openPage('POST', '/sign-in', async (call) => {
    const { options, form, address } = call
    const email = form.line('email')
    try {
      const user = await signIn(options, { email, password: form.text('password'), address })
      if (user !== undefined) return await enter(call, user)
    } catch (error) {
      return explainLimit(error, (errors) => showSignIn(call, { values: { email }, errors }))
    }
    const errors = { '': 'Email and password do not belong together.' }
    return { ...showSignIn(call, { values: { email }, errors }), status: 422 }
  }),
  openPage('GET', '/sign-up', (call) => show(call, 'up')),
  openPage('POST', '/sign-up', async (call) => {
    const { options, form, address } = call
    const values = { email: form.line('email'), name: form.line('name') }
    const email = values.email.toLowerCase()
    const name = values.name.normalize('NFC')
    const password = form.text('password')
    const errors = dropUndefined({
      email: explainFault(checkEmail(email)),
      name: explainFault(checkName(name)),
      password: checkPassword(password, [email, name]),
    })
    if (Object.keys(errors).length > 0) {
      return { ...showSignUp(call, { values, errors }), status: 422 }
    }
    try {
      const user = await signUp(options, { email, name, password, address })
      if (user !== undefined) return await enter(call, user)
    } catch (error) {
      return explainLimit(error, (errors) => showSignUp(call, { values, errors }))
    }
    const taken = { email: 'This email has an account.' }
    return { ...showSignUp(call, { values, errors: taken }), status: 422 }
  }),
  openPage('POST', '/sign-out', async ({ options: { store }, visit: { session }, form }) => {
    const isEverywhere = form.text('where') === 'everywhere'
    if (session !== undefined) {
      await (isEverywhere ? store.endSessions(session.user.id) : store.endSession(session.hash))
    }
    const notice = noticeCookie(isEverywhere ? 'signed_out_everywhere' : 'signed_out')
    return { to: '/sign-in', cookies: [visitCookie('', 0), notice] }
  }),
]

/** Lets somebody in: under a new id, and with the session that the browser had before, whoever's it was, ended. */
async function enter(call: UiCall, user: User): Promise<Answer> {
  const { options: { store, clock }, visit } = call
  if (visit.session !== undefined) await store.endSession(visit.session.hash)
  const id = await beginSession(store, clock, user.id)
  return { to: destination(call.url) ?? START, cookies: [visitCookie(id, WHOLE_LIFE / 1000)] }
}

function show(call: UiCall, way: 'in' | 'up'): Promise<Answer> {
  const isAgain = call.url.searchParams.has('again')
  if (call.visit.session !== undefined && !isAgain) return redirect(destination(call.url) ?? START)
  return Promise.resolve(way === 'in' ? showSignIn(call, EMPTY) : showSignUp(call, EMPTY))
}

/** Where a sign-in leads on to, and who sent the visitor there. */
interface Journey {
  to: string | undefined
  app?: string
}

/** Shows the page on which one signs in. */
export function showSignIn(
  { visit, notice, url }: UiCall,
  form: SignForm,
  { to, app }: Journey = { to: destination(url) },
): PageAnswer {
  const addresses = { action: signPath('in', to), other: signPath('up', to) }
  const from = app === undefined ? {} : { app }
  return { page: renderSignInPage({ visitor: visit, form, notice, ...addresses, ...from }) }
}

/** Shows the page on which one makes an account. */
export function showSignUp(
  { visit, url }: UiCall,
  form: SignForm,
  { to, app }: Journey = { to: destination(url) },
): PageAnswer {
  const addresses = { action: signPath('up', to), other: signPath('in', to) }
  const from = app === undefined ? {} : { app }
  const minimum = MIN_PASSWORD
  return { page: renderSignUpPage({ visitor: visit, form, minimum, ...addresses, ...from }) }
}

function destination(url: URL): string | undefined {
  return parseLocalPath(url.searchParams.get('to'))
}

/** The address at which one signs in or up, and then goes on. */
export function signPath(way: 'in' | 'up', to: string | undefined): string {
  return `/sign-${way}${to === undefined ? '' : `?to=${encodeURIComponent(to)}`}`
}

function redirect(to: string): Promise<Answer> {
  return Promise.resolve({ to })
}

function dropUndefined<Name extends string>(
  all: Record<Name, string | undefined>,
): Partial<Record<Name, string>> {
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Partial<Record<Name, string>>
}
