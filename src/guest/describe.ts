/** Lets a response tell the API's URL instead of the broker's. */
export function describe(response: Response, url: URL, redirected: boolean): Response {
  const clone = () => describe(Response.prototype.clone.call(response), url, redirected)
  return Object.defineProperties(response, {
    url: { value: url.href.split('#', 1)[0], configurable: true },
    redirected: { value: redirected, configurable: true },
    clone: { value: clone, configurable: true },
  })
}
