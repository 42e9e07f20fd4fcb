import { OAuthError } from './oauth_error.ts'

/** The prompt by which a program asks for a new account (Initiating User Registration via OpenID Connect 1.0). */
export const REGISTRATION_PROMPT = 'create'

/**
 * Writes an authorization request as the provider is to read it.
 *
 * Everybody is asked, whatever the request says, so it may as well say it: OpenID Connect Core, section 11, has
 * `offline_access` ignored without `prompt=consent`, and the programs that are served here do not send that.
 *
 * @param isRegistration whether it came to the path that leads to a new account
 * @throws OAuthError when the answer would have to be a page that posts itself
 */
export function prepareAuthorization(request: Request, url: URL, isRegistration: boolean): Request {
  const mode = url.searchParams.get('response_mode')
  if (mode !== null && mode !== 'query') {
    throw new OAuthError('invalid_request', 'the response_mode must be "query"')
  }
  const prompts = new Set(url.searchParams.get('prompt')?.split(' ').filter(Boolean))
  // What stands there twice, and what must stand alone, is the provider's to refuse.
  if (url.searchParams.getAll('prompt').length < 2 && !prompts.has('none')) {
    prompts.add('consent')
    if (isRegistration) prompts.add(REGISTRATION_PROMPT)
    url.searchParams.set('prompt', [...prompts].join(' '))
  }
  return new Request(url, { headers: request.headers })
}
