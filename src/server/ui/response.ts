import type { Cookie, CookiePlace } from './cookie.ts'
import { writeCookie } from './cookie.ts'
import type { Markup } from './markup.ts'

/** The answer to a request for a page. */
export type Answer = PageAnswer | Redirect

export interface PageAnswer {
  page: Markup
  status?: number
  cookies?: readonly Cookie[]
  headers?: Readonly<Record<string, string>>
  /** Origin to which the answer to a form of this page leads on. */
  formTarget?: string
}

/** Sends the browser to another page, with GET: a reload there sends no form again. */
export interface Redirect {
  to: string
  cookies?: readonly Cookie[]
}

const CLOSED: Readonly<Record<string, string>> = {
  // Nothing of an account stays where the next user of the browser, or "back" after signing out, would find it.
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Our own pages tell each other where a form came from (Origin would be "null" with "no-referrer"), others learn nothing.
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), clipboard-read=()',
}

/**
 * Says what a page may load and do: our style sheet, our script, forms to us. No text that got into a page by whatever
 * mistake runs there, and no page of another site shows ours in a frame to have clicks on it (clickjacking).
 */
export function writePolicy(formTarget?: string): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `form-action 'self'${formTarget === undefined ? '' : ` ${formTarget}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}

/** Makes the response of an answer. */
export async function respond(answer: Answer, place: CookiePlace): Promise<Response> {
  const headers = new Headers(CLOSED)
  if (place.isSecure) headers.set('strict-transport-security', 'max-age=31536000')
  for (const cookie of answer.cookies ?? []) {
    headers.append('set-cookie', writeCookie(cookie, place))
  }
  if ('to' in answer) {
    headers.set('location', answer.to)
    headers.set('content-security-policy', writePolicy())
    return new Response(null, { status: 303, headers })
  }
  headers.set('content-type', 'text/html; charset=utf-8')
  headers.set('content-security-policy', writePolicy(answer.formTarget))
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers.set(name, value)
  return new Response(String(await answer.page), { status: answer.status ?? 200, headers })
}
