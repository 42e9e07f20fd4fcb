import { PhylumError, type Secret } from '#base'

/** What a credential is: sent to the API as it stands, or exchanged for an access token first. */
export type CredentialKind = 'api_key' | 'refresh_token'

const API_KEY = /^ph0_[A-Za-z0-9_-]{43}$/

// The prefix at the start or after a character that no key and no JWT segment continues with, as in a quoted or labelled key.
const API_KEY_INSIDE = /(?<![A-Za-z0-9_-])ph0_/i

/**
 * Tells API keys and refresh tokens apart, by the exact grammar of a key.
 *
 * What is no key but looks like one that was copied badly is refused: taken for a refresh token, it would be sent to the login service.
 *
 * @param source where it came from, for the message; the value itself is never shown
 * @throws ERR_AUTH_CREDENTIAL when it looks like a malformed API key
 */
export function classifyCredential(secret: Secret, source: string): CredentialKind {
  const value = secret.reveal()
  if (API_KEY.test(value)) return 'api_key'
  if (!API_KEY_INSIDE.test(value)) return 'refresh_token'
  throw new PhylumError(
    'ERR_AUTH_CREDENTIAL',
    `Cannot use the credential from ${source}: an API key is "ph0_" and 43 letters, digits, "-" or "_"`,
    { hints: ['copy the key again, whole and without quotes'] },
  )
}
