import { PhylumError } from '#base'

/** Longest URL, in characters; what common servers accept. */
const MAX_LENGTH = 8192

/**
 * Reads the URL of a request to another host than the API. It is taken only as this parser writes it: had the guest and the host
 * two readings of one text, another host could be reached than was checked.
 *
 * @throws ERR_BROKER_REQUEST
 */
export function parseDestination(text: string | null): URL {
  if (text === null || text === '') throw refusal('there is none')
  if (text.length > MAX_LENGTH) throw refusal(`it is longer than ${MAX_LENGTH} characters`)
  if (/[^\x21-\x7e]/.test(text)) throw refusal('it holds a character that is not visible ASCII')
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw refusal('it is none', cause)
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refusal('its protocol is neither https nor http')
  }
  if (url.username !== '' || url.password !== '') throw refusal('it holds a name or a password')
  if (url.href !== text || url.hash !== '') throw refusal('it is not in canonical form')
  return url
}

/** The port that a URL leads to. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

/** The name or address that a URL leads to, as resolvers and certificates know it: no brackets, no final dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$|\.$/g, '')
}

function refusal(state: string, cause?: unknown): PhylumError {
  return new PhylumError('ERR_BROKER_REQUEST', `Cannot use the URL: ${state}`, { cause })
}
