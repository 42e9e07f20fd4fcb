import { PhylumError } from '#base'
import { parseTarget } from './target.ts'

/**
 * Decides what a guest gets to know of a redirect. One that stays below the API path becomes a path, and the guest's
 * `fetch` follows it by a further request, which is authorized as any other. One that leaves is refused, unless the
 * manifest's `net` names its host: a signed download URL is a credential too.
 *
 * @throws ERR_BROKER_REDIRECT
 */
export function filterRedirect(
  response: Response,
  from: URL,
  mayVisit: (url: URL) => boolean,
): Response {
  const location = response.headers.get('location')
  if (location === null) return response
  if (response.status < 300 || response.status > 399) {
    response.headers.delete('location')
    return response
  }
  let to: URL
  try {
    to = new URL(location, from)
  } catch {
    throw refusal('a place that is not a URL')
  }
  if (to.origin === from.origin && to.username === '' && to.password === '') {
    to.hash = ''
    response.headers.set('location', parseTarget(to.pathname + to.search, from.origin).url.href)
    return response
  }
  // Without credentials in it, and by the protocols that the guest's road speaks.
  const isWeb = /^https?:$/.test(to.protocol) && to.username === '' && to.password === ''
  if (!isWeb || !mayVisit(to)) {
    throw refusal(to.origin === 'null' ? `a "${to.protocol}" URL` : `"${to.origin}"`)
  }
  response.headers.set('location', to.href)
  return response
}

function refusal(place: string): PhylumError {
  return new PhylumError(
    'ERR_BROKER_REDIRECT',
    `Cannot follow a redirect of the API: it leads to ${place}`,
  )
}
