import { readBytes } from '../body.ts'
import { OAuthError } from './oauth_error.ts'

/** Longest form that is read, in bytes; the longest that a program has to send is some hundred. */
export const MAX_FORM = 16 * 1024

/** A form, and the bytes that it was read from. */
export interface Form {
  fields: URLSearchParams
  bytes: Uint8Array
}

/**
 * Reads the body of a request as a form in which every name stands once: where two readers see the same bytes, a name
 * that stands twice may be one thing to the first and another to the second.
 *
 * @throws OAuthError when it is of another type, too long, or says something twice
 */
export async function readForm(request: Request): Promise<Form> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') {
    throw new OAuthError(
      'invalid_request',
      'the content type must be "application/x-www-form-urlencoded"',
    )
  }
  const bytes = await readBytes(request, MAX_FORM)
  const fields = new URLSearchParams(new TextDecoder().decode(bytes))
  const names = [...fields.keys()]
  if (new Set(names).size < names.length) {
    throw new OAuthError('invalid_request', 'a parameter is there twice')
  }
  return { fields, bytes }
}
