/** A version: its numbers, and what follows them when it is not the release yet. */
export interface Version {
  numbers: readonly number[]
  /** The identifiers of a pre-release; none for a release. */
  prerelease: readonly string[]
}

// No text can be read in two ways: a version made of digits alone would otherwise take quadratic time.
const FORM =
  /^[vV=]?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z][0-9A-Za-z.-]*)|\.?([A-Za-z][0-9A-Za-z.-]*))?(?:\+[0-9A-Za-z.-]*)?$/

/**
 * Reads a version: of Semantic Versioning, and whatever else has numbers at its front, such as "2.0", "1.2.3.4" and
 * "2.0rc1"; `undefined` for the rest.
 */
export function parseVersion(text: string): Version | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const numbers = match[1]!.split('.').map(Number)
  // Beyond this, two different numbers would be the same.
  if (!numbers.every(Number.isSafeInteger)) return undefined
  return { numbers, prerelease: (match[2] ?? match[3])?.split(/[.-]/) ?? [] }
}

/** Compares two versions as Semantic Versioning does (section 11): below zero when the first comes first. */
export function compareVersions(left: Version, right: Version): number {
  const length = Math.max(left.numbers.length, right.numbers.length)
  for (let at = 0; at < length; at++) {
    const difference = (left.numbers[at] ?? 0) - (right.numbers[at] ?? 0)
    if (difference !== 0) return difference
  }
  return comparePrereleases(left.prerelease, right.prerelease)
}

function comparePrereleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) {
    return Number(left.length === 0) - Number(right.length === 0)
  }
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at], right[at]]
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1
    const difference = compareIdentifiers(one, other)
    if (difference !== 0) return difference
  }
  return 0
}

function compareIdentifiers(one: string, other: string): number {
  const isNumber = /^\d+$/
  if (isNumber.test(one) && isNumber.test(other)) return Number(one) - Number(other)
  if (isNumber.test(one) !== isNumber.test(other)) return isNumber.test(one) ? -1 : 1
  return one < other ? -1 : Number(one > other)
}
