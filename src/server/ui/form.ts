import { readBytes } from '../body.ts'
import { Refusal } from '../refusal.ts'
import { isProof } from '../session.ts'

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/** Longest form, in bytes; the longest that a page of ours sends has some thousand. */
const MAX_FORM = 1 << 16

/** What was typed into a form. */
export interface Form {
  /** The value of a field; '' where it was not sent. */
  text(name: string): string
  /** The value of a field without spaces around it. */
  line(name: string): string
  all(name: string): readonly string[]
}

export const NO_FORM: Form = { text: () => '', line: () => '', all: () => [] }

/**
 * Reads the form that a page of ours has sent.
 *
 * Three things stop a page of another origin from having our visitor's browser send one (CSRF): the browser says where it
 * comes from, the cookie stays behind (`SameSite`), and the proof in the form follows from the cookie.
 *
 * @param visitId what stands in the visitor's cookie
 * @throws ERR_API_FORBIDDEN when it is not from a page of ours, ERR_SERVER_REQUEST when it is no form
 */
export async function readForm(request: Request, visitId: string, origin: string): Promise<Form> {
  assertOwnPage(request, origin)
  if (!FORM_TYPE.test(request.headers.get('content-type') ?? '')) {
    throw new Refusal(415, 'Cannot accept the request body: it is not a form')
  }
  const bytes = await readBytes(request, MAX_FORM)
  const fields = new URLSearchParams(new TextDecoder().decode(bytes))
  if (!isProof(fields.get('csrf') ?? '', visitId)) throw refuse()
  return {
    text: (name) => fields.get(name) ?? '',
    line: (name) => (fields.get(name) ?? '').trim(),
    all: (name) => fields.getAll(name),
  }
}

function assertOwnPage(request: Request, origin: string): void {
  const site = request.headers.get('sec-fetch-site')
  // "same-site" is not enough: other ports of this machine, and other hosts of a domain, are that.
  if (site !== null && site !== 'same-origin') throw refuse()
  const from = request.headers.get('origin')
  if (from === null) return
  // Hosts are compared, not schemes: a proxy may speak https to the browser and http to us.
  if (!URL.canParse(from) || new URL(from).host !== new URL(origin).host) throw refuse()
}

function refuse(): Refusal {
  return new Refusal(403, 'Cannot accept the form: it does not come from a page of this server')
}
