import { type Log, PhylumError } from '#base'
import type { Environment } from './env.ts'

/**
 * The origin of an API to which a credential may be sent, as in "https://api.example:8443": https, or http to this machine;
 * no path, no slash at the end.
 */
export type ApiUri = string & { readonly __brand: 'ApiUri' }

/** The API that is used where neither the environment nor the settings name another. */
export const DEFAULT_API_URI = 'https://api.phylum.io' as ApiUri

/** An API with the place that named it. */
export interface ResolvedApiUri {
  readonly uri: ApiUri
  /** "PHYLUM_API_URI", a place in the settings file, or "default". */
  readonly source: string
}

/**
 * Reads the address of an API.
 *
 * @param source where the text came from: "PHYLUM_API_URI" or a place in the settings file
 * @throws ERR_CONFIG_URI when a credential could not be sent there safely; the text itself is not shown, as people paste keys into
 * the wrong place
 */
export function parseApiUri(text: string, source: string): ApiUri {
  const refuse = (state: string): PhylumError =>
    new PhylumError('ERR_CONFIG_URI', `Cannot use the API URI from ${source}: ${state}`, {
      hints: ['write it as in "https://api.phylum.io"'],
    })

  // The URL parser drops tabs and line breaks, reads "\" as "/" and takes "https:host": what is shown would not be what is used.
  if (/[^\x21-\x7e]|\\/.test(text)) throw refuse('it holds a character that no URI has')
  const [, scheme, authority, path, rest] = /^(https?):\/\/([^/?#]+)([^?#]*)(.*)$/i.exec(text) ?? []
  if (authority === undefined) throw refuse('it does not begin with "https://" and a host name')
  if (authority.includes('@')) throw refuse('it holds a user name or a password')
  if (path !== '' && path !== '/') throw refuse('it has a path')
  if (rest !== '') throw refuse('it has a query or a fragment')
  const url = URL.parse(text)
  if (url === null) throw refuse('its host or port is malformed')
  if (scheme?.toLowerCase() === 'http' && !isLoopback(url.hostname)) {
    throw refuse(
      'over "http:" the credential would travel in clear text; only this machine may be reached so',
    )
  }
  return url.origin as ApiUri
}

/**
 * Finds the API: `PHYLUM_API_URI`, then the settings.
 *
 * @throws ERR_CONFIG_URI when PHYLUM_API_URI is not an address to which a credential may be sent
 */
export function resolveApiUri(
  environment: Environment,
  settings: { readonly apiUri: ResolvedApiUri },
  options: { log: Log },
): ResolvedApiUri {
  const text = environment.PHYLUM_API_URI
  if (text === '') options.log.warn('PHYLUM_API_URI is empty and therefore ignored')
  if (text === undefined || text === '') return settings.apiUri
  return { uri: parseApiUri(text, 'PHYLUM_API_URI'), source: 'PHYLUM_API_URI' }
}

/** Answers whether a host, as the URL parser spells it, can only be this machine: RFC 6761, section 6.3, and RFC 5735, section 3. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}
