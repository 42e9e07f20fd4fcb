/** What a browser is told to keep for us. */
export interface Cookie {
  /** Name without prefix and port; see `nameCookie()`. */
  name: string
  value: string
  /** Seconds to keep it; without, until the browser is closed. Zero takes it away. */
  maxAge?: number
}

/** Where a cookie belongs: browsers send it to every port of a host, and http and https share it. */
export interface CookiePlace {
  isSecure: boolean
  /** Port in the address that the browser shows, or ''. */
  port: string
}

/**
 * Names a cookie. Under https the prefix makes the browser refuse one that a neighbouring host, or plain http, would
 * plant. The port keeps servers on one machine out of each other's way.
 */
export function nameCookie(name: string, { isSecure, port }: CookiePlace): string {
  return `${isSecure ? '__Host-' : ''}phylum_${name}${port === '' ? '' : `_${port}`}`
}

/**
 * Writes a `Set-Cookie` header: out of reach of scripts, not sent along from pages of other sites but for a link that is
 * followed (a browser that comes back from a program's page is signed in), and under https never sent over http.
 */
export function writeCookie({ name, value, maxAge }: Cookie, place: CookiePlace): string {
  return [
    `${nameCookie(name, place)}=${value}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    ...(place.isSecure ? ['Secure'] : []),
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
  ].join('; ')
}

/** Reads a cookie of a request. Where a name comes twice, somebody has planted one: neither is taken. */
export function readCookie(request: Request, name: string, place: CookiePlace): string | undefined {
  const wanted = `${nameCookie(name, place)}=`
  const found = (request.headers.get('cookie') ?? '').split(/; */)
    .filter((pair) => pair.startsWith(wanted))
  return found.length === 1 ? found[0]!.slice(wanted.length) : undefined
}
