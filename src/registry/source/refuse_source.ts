import { display, PhylumError } from '#base'
import type { ErrorDetails } from '#base'

/**
 * Builds the error for a source that cannot be used. What may be a password or a token in its URL is not shown: people paste
 * addresses with a secret in them, and error messages end up in the logs of build services.
 */
export function refuseSource(text: string, state: string, details: ErrorDetails = {}): PhylumError {
  const shown = display(hideSecrets(text), 200)
  return new PhylumError('ERR_REGISTRY_SOURCE', `Cannot use source "${shown}": ${state}`, details)
}

/** Masks the places of a URL that hold secrets: the part before "@", and the query. */
export function hideSecrets(text: string): string {
  return text.replace(/:\/\/[^/?#]*@/, '://***@').replace(/(:\/\/[^?]*)\?[^#]*/, '$1?***')
}
