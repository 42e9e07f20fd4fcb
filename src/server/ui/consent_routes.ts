import { DEVICE_PATH, INTERACTION_PATH } from '../identity/identity.ts'
import type { DeviceRequest, Identity, Interaction, SignedIn } from '../identity/identity.ts'
import { Refusal } from '../refusal.ts'
import { renderConsentPage } from './consent_page.ts'
import { renderDevicePage } from './device_page.ts'
import { explainLimit } from './explain_limit.ts'
import { EMPTY } from './field.ts'
import type { Filled } from './field.ts'
import { renderMessagePage } from './message_page.ts'
import type { Answer, PageAnswer } from './response.ts'
import { showSignIn, showSignUp } from './sign_in_routes.ts'
import { openPage, page } from './ui_route.ts'
import type { SignedInCall, UiCall, UiRoute } from './ui_route.ts'

/** Programs that ask to act as somebody: with this browser, or on a device with a code. */
export const consentRoutes: readonly UiRoute[] = [
  // Signing in is a part of this page: only here does the browser send the cookie that tells what is asked.
  openPage('GET', `${INTERACTION_PATH}/:id`, async (call) => {
    const asked = await readInteraction(call)
    const { session, viewer } = call as SignedInCall
    if (session === undefined || session.createdAt < asked.signedInAfter) {
      const to = call.url.pathname
      const show = asked.isRegistration && session === undefined ? showSignUp : showSignIn
      return show(call, EMPTY, { to, app: asked.program.name })
    }
    return {
      formTarget: asked.redirectOrigin,
      page: renderConsentPage({
        viewer,
        app: asked.program.name,
        holds: asked.program.holds,
        scopes: asked.scopes,
        destination: asked.redirectOrigin,
        action: call.url.pathname,
        switchTo: `/sign-in?again&to=${encodeURIComponent(call.url.pathname)}`,
      }),
    }
  }),
  page('POST', `${INTERACTION_PATH}/:id`, async (call) => {
    const { request, form } = call
    const identity = identityOf(call)
    const asked = await readInteraction(call)
    const next = form.text('answer') === 'allow'
      ? await identity.finishInteraction(request, signedIn(call))
      : await identity.refuseInteraction(request)
    // What else there can be: the sign-in is older than the program takes. The page asks for another.
    return { to: next ?? `${INTERACTION_PATH}/${asked.id}` }
  }),
  page('GET', DEVICE_PATH, ({ viewer, url }) => {
    const values = { user_code: url.searchParams.get('user_code') ?? '' }
    return Promise.resolve({ page: renderDevicePage({ viewer, form: { values, errors: {} } }) })
  }),
  page('POST', DEVICE_PATH, (call) =>
    withCode(call, async (userCode) => {
      const asked = await identityOf(call).readDevice(userCode, call.session.user.id)
      return asked === undefined ? showCode(call, GONE, 422) : askForDevice(call, asked)
    })),
  page('POST', `${DEVICE_PATH}/answer`, (call) =>
    withCode(call, async (userCode) => {
      const identity = identityOf(call)
      const isAllowed = call.form.text('answer') === 'allow'
      const isDone = isAllowed
        ? await identity.approveDevice(userCode, signedIn(call))
        : await identity.denyDevice(userCode, call.session.user.id)
      return isDone ? showDone(call, isAllowed) : showCode(call, GONE, 422)
    })),
]

const GONE = {
  user_code:
    'No device waits for this code. It may have a slip in it, or have run out: then start again there.',
}

async function readInteraction(call: UiCall): Promise<Interaction> {
  const asked = await identityOf(call).readInteraction(call.request)
  if (asked !== undefined) return asked
  throw new Refusal(404, 'Cannot find the request: it is answered, over, or of another browser')
}

function identityOf({ options: { identity } }: UiCall): Identity {
  if (identity !== undefined) return identity
  throw new Refusal(404, 'Cannot find the page: this server lets no programs in')
}

function signedIn({ session }: SignedInCall): SignedIn {
  return { userId: session.user.id, signedInAt: session.createdAt }
}

/** Does something with the code that was typed; each one counts, so that nobody tries them all. */
async function withCode(
  call: SignedInCall,
  work: (userCode: string) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work(call.form.line('user_code').slice(0, 40))
  } catch (error) {
    return explainLimit(error, (errors) => showCode(call, errors))
  }
}

function showCode(
  { viewer, form }: SignedInCall,
  errors: Filled<'user_code'>['errors'],
  status = 200,
): PageAnswer {
  const values = { user_code: form.line('user_code').slice(0, 40) }
  return { status, page: renderDevicePage({ viewer, form: { values, errors } }) }
}

function askForDevice({ viewer }: SignedInCall, asked: DeviceRequest): PageAnswer {
  const { program, scopes, userCode } = asked
  const again = `${DEVICE_PATH}?user_code=${encodeURIComponent(userCode)}`
  return {
    page: renderConsentPage({
      viewer,
      app: program.name,
      holds: program.holds,
      scopes,
      userCode,
      action: `${DEVICE_PATH}/answer`,
      hidden: [['user_code', userCode]],
      switchTo: `/sign-in?again&to=${encodeURIComponent(again)}`,
    }),
  }
}

function showDone({ viewer }: SignedInCall, isAllowed: boolean): PageAnswer {
  return {
    page: renderMessagePage(
      isAllowed
        ? {
          viewer,
          title: 'Your device is connected',
          text: 'It goes on by itself in a moment. You can close this page.',
        }
        : { viewer, title: 'Denied', text: 'The device got nothing. You can close this page.' },
    ),
  }
}
