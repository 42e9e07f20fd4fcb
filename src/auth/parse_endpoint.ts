import { type ApiUri, isLoopback } from '#config'

/**
 * Reads an address that a discovery document names, where a secret may be sent to it: over https, or over http where both the API and
 * the service are this machine.
 */
export function parseEndpoint(text: unknown, apiUri: ApiUri): URL | undefined {
  const url = typeof text === 'string' ? URL.parse(text) : null
  const isSafe = url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && apiUri.startsWith('http:') && isLoopback(url.hostname))
  return isSafe && url.username === '' && url.password === '' ? url : undefined
}
