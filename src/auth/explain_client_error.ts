import { display, isPhylumError, PhylumError, type Secret } from '#base'

/** How the failure of the OpenID client is told. */
export interface Explanation {
  /** Builds the error for everything but a refusal. */
  fail(state: string): PhylumError
  /** Builds the error for a refusal: the service's code, and its words, safe to show. */
  refuse(code: string, words: string): PhylumError
  /** What must not be shown, should the service repeat it. */
  secrets: readonly Secret[]
}

/**
 * Turns an error of the OpenID client into one of ours. Nothing of it is passed on but its code and the service's own words: its causes
 * hold whole answers, tokens included.
 */
export function explainClientError(
  error: unknown,
  { fail, refuse, secrets }: Explanation,
): PhylumError {
  if (isPhylumError(error)) return error
  if (!(error instanceof Error)) return fail('the reason is unknown')
  if (isPhylumError(error.cause)) return error.cause
  if ('error' in error && typeof error.error === 'string') {
    return refuse(error.error, describeRefusal(error as RefusalError, secrets))
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return fail(ANSWERS[code ?? ''] ?? 'the login service gave no usable answer')
}

type RefusalError = Error & { error: string; error_description?: unknown }

function describeRefusal(refusal: RefusalError, secrets: readonly Secret[]): string {
  const description = typeof refusal.error_description === 'string' ? refusal.error_description : ''
  const text = description === '' ? refusal.error : `${refusal.error}: ${description}`
  // A service that repeats the request in its answer would put the token on the screen.
  const isLeaking = secrets.some((secret) =>
    text.includes(secret.reveal()) || text.includes(encodeURIComponent(secret.reveal()))
  )
  return isLeaking ? 'with words that hold the token' : `"${display(text, 200)}"`
}

const ANSWERS: Readonly<Record<string, string>> = {
  OAUTH_TIMEOUT: 'the login service did not answer in time',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'the login service is not an https address',
  OAUTH_INVALID_RESPONSE: 'an answer lacks what it must have',
  OAUTH_MISSING_SERVER_METADATA: 'the API names no token endpoint',
  OAUTH_PARSE_ERROR: 'an answer is not JSON',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'an answer has an unexpected status',
  OAUTH_RESPONSE_IS_NOT_JSON: 'an answer is not JSON',
  OAUTH_UNSUPPORTED_OPERATION: 'the access token is not a bearer token',
}
