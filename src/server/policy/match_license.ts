import { matchName } from './match_name.ts'

/**
 * Finds a licence that is refused in an SPDX expression; `undefined` where what is meant may be used.
 *
 * Of "A OR B" one has to be free to be used. Within parentheses every name counts, as if all were joined with AND: too
 * strict at times, and never too lax.
 */
export function findDenied(expression: string, deny: readonly string[]): string | undefined {
  const isNested = /[()]/.test(expression)
  const alternatives = isNested ? [expression] : expression.split(/\s+OR\s+/i)
  let first: string | undefined
  for (const alternative of alternatives) {
    const denied = alternative.split(/\s+(?:AND|OR|WITH)\s+|[()\s]+/i)
      .filter((name) => name !== '')
      .find((name) => deny.some((form) => matchName(form.toLowerCase(), name.toLowerCase())))
    if (denied === undefined) return undefined
    first ??= denied
  }
  return first
}
