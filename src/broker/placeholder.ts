import { PhylumError } from '#base'
import { DESTINATION_HEADER, PLACEHOLDER_PREFIX } from '#protocol'
import { parseDestination } from './destination.ts'

/** What decides whether a request is one to the API. */
export interface ExchangeOptions {
  apiOrigin: string
  /** The placeholder of this run. */
  placeholder: string
}

/**
 * Finds out whether a request that the web's own `fetch` has sent is meant for the API with the user's credential: it is for the
 * API's origin, and carries this run's placeholder as its bearer token (RFC 6750, section 2.1). Such a request is treated as one of
 * `api.fetch`; its header goes no further. With any other token, or none, it is a request like those to other hosts. For another
 * origin a placeholder is a text without a meaning, whoever reads it.
 *
 * @returns path and query of the request
 * @throws ERR_BROKER_REQUEST when the placeholder is that of another run
 */
export function findApiTarget(headers: Headers, options: ExchangeOptions): string | undefined {
  const token = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (token === undefined || !token.startsWith(PLACEHOLDER_PREFIX)) return undefined
  const url = parseDestination(headers.get(DESTINATION_HEADER))
  if (url.origin !== options.apiOrigin) return undefined
  if (token !== options.placeholder) {
    // One that an extension has kept: it is worth no more than before it was given.
    throw new PhylumError(
      'ERR_BROKER_REQUEST',
      'Cannot send the request: its access token is that of another run',
    )
  }
  return url.pathname + url.search
}
