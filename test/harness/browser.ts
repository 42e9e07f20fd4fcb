import assert from 'node:assert/strict'

interface Cookie {
  name: string
  value: string
  path: string
  /** As it was set. */
  line: string
}

/** What a browser does for a person who logs in: it follows redirects and keeps cookies to their paths. */
export class Browser {
  readonly cookies: Cookie[] = []
  readonly #fetch: typeof fetch

  constructor(send: typeof fetch = fetch) {
    this.#fetch = send
  }

  /** Opens an address of the server, and goes on until a page is there, or the way leads to another origin. */
  async open(address: string | URL): Promise<{ url: URL; response: Response | undefined }> {
    const { origin } = new URL(address)
    let url = new URL(address)
    for (let hops = 0; hops < 10; hops++) {
      const response = await this.#fetch(url, {
        headers: { cookie: this.cookieFor(url), accept: 'text/html' },
        redirect: 'manual',
      })
      this.#keep(response)
      const location = response.headers.get('location')
      if (location === null) return { url, response }
      await response.body?.cancel()
      url = new URL(location, url)
      if (url.origin !== origin) return { url, response: undefined }
      if (url.pathname.startsWith('/interaction/')) return { url, response: undefined }
    }
    return assert.fail(`too many redirects, the last to ${url}`)
  }

  /** Writes the request by which the browser would open an address. */
  request(url: URL): Request {
    return new Request(url, { headers: { cookie: this.cookieFor(url) } })
  }

  cookieFor({ pathname }: URL): string {
    return this.cookies
      .filter(({ path }) => `${pathname}/`.startsWith(path === '/' ? '/' : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  #keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const path = /; path=([^;]*)/i.exec(line)?.[1] ?? '/'
      const at = this.cookies.findIndex((cookie) => cookie.name === name && cookie.path === path)
      if (at !== -1) this.cookies.splice(at, 1)
      if (value !== '') this.cookies.push({ name, value, path, line })
    }
  }
}
