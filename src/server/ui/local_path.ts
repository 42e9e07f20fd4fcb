/** Pages to which a sign-in may lead on. */
const PAGES = /^\/(?:groups|tokens|device|account|interaction)(?:[/?]|$)/

/** Longest way that is kept. */
const MAX_LENGTH = 1024

/**
 * Takes where somebody wants to go after signing in, if it is a page of ours. Anything else would make us a springboard:
 * a link that begins with our address, and ends on a page that looks like ours (open redirect).
 *
 * @returns the path with its query, as a URL has it; `undefined` for what is not ours, "//evil.example" and "/\evil" among them
 */
export function parseLocalPath(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || text.length > MAX_LENGTH) return undefined
  const base = 'http://phylum.invalid'
  if (!text.startsWith('/') || !URL.canParse(text, base)) return undefined
  const { origin, pathname, search } = new URL(text, base)
  return origin === base && PAGES.test(pathname) ? pathname + search : undefined
}
