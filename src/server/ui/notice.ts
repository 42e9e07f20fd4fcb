import type { Cookie, CookiePlace } from './cookie.ts'
import { readCookie } from './cookie.ts'

/** What a page says after something was done. The list is closed: nobody else's words get into the page through the cookie. */
const NOTICES = {
  signed_out: 'You are signed out.',
  signed_out_everywhere: 'You are signed out everywhere.',
  revoked: 'Token revoked. It does not work any more.',
  revoked_several: 'Tokens revoked. They do not work any more.',
  group_created: 'Group created. Add its members below.',
  group_deleted: 'Group deleted.',
  member_added: 'Member added.',
  member_removed: 'Member removed.',
  group_left: 'You have left the group.',
} as const

export type Notice = keyof typeof NOTICES

const NAME = 'notice'

/** Makes the cookie that brings a notice to the next page; an address could be sent to others, with the notice in it. */
export function noticeCookie(notice: Notice): Cookie {
  return { name: NAME, value: notice, maxAge: 60 }
}

/** Reads the notice for a page, with the cookie that takes it away again. */
export function takeNotice(
  request: Request,
  place: CookiePlace,
): { notice?: string; cookies: readonly Cookie[] } {
  const name = readCookie(request, NAME, place)
  if (name === undefined) return { cookies: [] }
  const cookies = [{ name: NAME, value: '', maxAge: 0 }]
  return Object.hasOwn(NOTICES, name) ? { notice: NOTICES[name as Notice], cookies } : { cookies }
}
