/**
 * Writes the URL of a file (RFC 8089). That of node:url takes Bun two milliseconds when it is first called.
 *
 * @param path absolute
 */
export function fileUrl(path: string): string {
  return `file://${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`
}
