import { compareVersions, parseVersion } from './version.ts'
import type { Version } from './version.ts'

/** Answers whether a version is within a range. */
export type VersionRange = (version: Version) => boolean

const OPERATOR = /^(\^|~>?|[<>]=?|=)?\s*(.*)$/

/** A version of which parts may be missing, or be "x": "1", "1.x", "1.2.*". */
const PARTIAL = /^[vV]?(\d+(?:\.\d+)*)?((?:\.)?[xX*](?:\.[xX*])*)?$/

/**
 * Reads a range as npm writes them: "1.2.3", ">=1.2 <2", "^1.2.3", "~1.2", "1.x", "1.0.0 - 1.4", and these with "||".
 * Unlike there, a pre-release is within a range by its order alone: what is refused below 2.0 is so as 2.0.0-beta, too.
 *
 * @returns the range, or what is wrong with it
 */
export function parseRange(text: string): VersionRange | { fault: string } {
  const alternatives: VersionRange[] = []
  for (const part of text.split('||')) {
    const range = parseAlternative(part.trim())
    if ('fault' in range) return range
    alternatives.push(range)
  }
  return (version) => alternatives.some((holds) => holds(version))
}

function parseAlternative(text: string): VersionRange | { fault: string } {
  if (text === '') return { fault: 'a part of it is empty' }
  const [from, to, ...more] = text.split(/\s+-\s+/)
  const words = to === undefined
    ? text.replace(/(\^|~>?|[<>]=?|=)\s+/g, '$1').split(/[\s,]+/)
    : [`>=${from}`, `<=${to}`]
  if (more.length > 0) return { fault: 'it has more than one " - "' }
  const conditions: VersionRange[] = []
  for (const word of words) {
    const condition = parseCondition(word)
    if (condition === undefined) return { fault: `"${word}" is no version` }
    conditions.push(condition)
  }
  return (version) => conditions.every((holds) => holds(version))
}

function parseCondition(word: string): VersionRange | undefined {
  const [, operator = '', text = ''] = OPERATOR.exec(word) ?? []
  const bounds = parseBounds(text)
  if (bounds === undefined) return undefined
  const { low, next } = bounds
  const isFrom = (version: Version) => compareVersions(version, low) >= 0
  // What a partial version stands for ends before the next one: 1.2 before 1.3.0, pre-releases of which come first.
  const isBefore = (end: Version | undefined) => (version: Version) =>
    end === undefined || compareVersions(version, end) < 0
  const isWithin = isBefore(next)
  switch (operator) {
    case '>':
      return (version) => next === undefined ? false : !isWithin(version)
    case '>=':
      return isFrom
    case '<':
      return (version) => !isFrom(version)
    case '<=':
      return isWithin
    case '^': {
      const isBelow = isBefore(nextOf(low.numbers, caretAt(low.numbers)))
      return (version) => isFrom(version) && isBelow(version)
    }
    case '~':
    case '~>': {
      const isBelow = isBefore(nextOf(low.numbers, Math.min(1, low.numbers.length - 1)))
      return (version) => isFrom(version) && isBelow(version)
    }
    default:
      return (version) => isFrom(version) && isWithin(version)
  }
}

/** Reads a version, whole or partial: where it begins, and where what follows it does; "*" has no end. */
function parseBounds(text: string): { low: Version; next: Version | undefined } | undefined {
  const partial = PARTIAL.exec(text)
  if (partial !== null && text !== '') {
    const numbers = partial[1]?.split('.').map(Number) ?? []
    if (!numbers.every(Number.isSafeInteger)) return undefined
    // "1.x" and "1" are alike; "1.2.3" is whole, and the next version is just after it.
    const isPartial = partial[2] !== undefined || numbers.length < 3
    if (isPartial) {
      return { low: { numbers, prerelease: [] }, next: nextOf(numbers, numbers.length - 1) }
    }
  }
  const low = parseVersion(text)
  return low === undefined ? undefined : { low, next: justAfter(low) }
}

/** The smallest version with which the number at a place is one more; `undefined` where there is no such place. */
function nextOf(numbers: readonly number[], at: number): Version | undefined {
  if (at < 0) return undefined
  // "0" is the first of all pre-releases: 2.0.0-alpha is not below 2.
  return { numbers: [...numbers.slice(0, at), numbers[at]! + 1], prerelease: ['0'] }
}

/** The place of the number that "^" holds: the first that is not 0. */
function caretAt(numbers: readonly number[]): number {
  const at = numbers.findIndex((number) => number > 0)
  return at === -1 ? numbers.length - 1 : at
}

/** The smallest version after one: a number more at its end, or an identifier more. */
function justAfter({ numbers, prerelease }: Version): Version {
  return prerelease.length === 0
    ? { numbers: [...numbers, 0, 0, 1], prerelease: ['0'] }
    : { numbers, prerelease: [...prerelease, '0'] }
}
