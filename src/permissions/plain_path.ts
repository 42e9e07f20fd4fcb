/** A slash, a backslash or a control character in percent-encoding, however often it is encoded. */
const HIDDEN = /%(?:25)*(?:2f|5c|[01][0-9a-f]|7f)/i

/** A segment of one or two dots, encoded or not; servers exist that first cut off what follows a semicolon. */
const DOT_SEGMENT = /\/(?:\.|%(?:25)*2e){1,2}(?:;[^/]*)?(?:\/|$)/i

/** Says why two servers could read a URL's path as two different paths; answers `undefined` when they cannot. */
export function findAmbiguity(path: string): string | undefined {
  if (/[^\x21-\x7e]|["#<>`]/.test(path)) return 'its path holds a character that must be encoded'
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return 'its path holds a broken percent-encoding'
  if (path.includes('//')) return 'its path holds an empty segment'
  if (HIDDEN.test(path)) return 'its path hides a separator or a control character'
  if (DOT_SEGMENT.test(path)) return 'its path holds a dot segment'
  return undefined
}
