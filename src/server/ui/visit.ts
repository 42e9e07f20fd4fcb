import { generateVisitId, isVisitId, proofOf, resumeSession } from '../session.ts'
import type { Session } from '../store.ts'
import type { Cookie, CookiePlace } from './cookie.ts'
import { readCookie } from './cookie.ts'
import type { Viewer } from './markup.ts'
import type { UiOptions } from './ui_options.ts'

/** Name of the cookie that tells one visitor from another, signed in or not. */
const VISIT = 'visit'

/** A browser that looks at our pages. */
export interface Visit {
  /** What stands in its cookie. */
  id: string
  csrf: string
  session: Session | undefined
  /** Cookies that it does not have yet. */
  cookies: readonly Cookie[]
}

/** Finds out whose browser sends a request. Only the cookie counts: an API key opens no page, and a cookie no API. */
export async function readVisit(
  request: Request,
  place: CookiePlace,
  { store, clock }: UiOptions,
): Promise<Visit> {
  const text = readCookie(request, VISIT, place) ?? ''
  if (!isVisitId(text)) {
    const id = generateVisitId()
    return { id, csrf: proofOf(id), session: undefined, cookies: [visitCookie(id)] }
  }
  const session = await resumeSession(store, clock, text)
  return { id: text, csrf: proofOf(text), session, cookies: [] }
}

/** Makes the cookie that holds the id of a visit, or, with seconds to keep it, of a session. */
export function visitCookie(id: string, maxAge?: number): Cookie {
  return { name: VISIT, value: id, ...(maxAge === undefined ? {} : { maxAge }) }
}

/** Gives what a page shows of the session's user. */
export function viewerOf({ user }: Session, csrf: string): Viewer {
  return { name: user.name, email: user.email, csrf }
}
