/** Longest text that is compared; whatever is longer is no typing error. */
const MAX_LENGTH = 64

/** Most names that are suggested. */
const MAX_SUGGESTIONS = 3

/**
 * Finds the known names that somebody who typed another one probably meant, nearest first: at most three, and none that differs in
 * more than a third of its letters.
 */
export function suggest(name: string, candidates: Iterable<string>): string[] {
  if (name === '' || name.length > MAX_LENGTH) return []
  const typed = name.toLowerCase()
  const near: { candidate: string; edits: number }[] = []
  for (const candidate of new Set(candidates)) {
    if (candidate.length > MAX_LENGTH) continue
    const edits = countEdits(typed, candidate.toLowerCase())
    const tolerated = Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3))
    // One letter turned into another is all of a one-letter name.
    if (edits <= tolerated && edits < typed.length) near.push({ candidate, edits })
  }
  near.sort((left, right) =>
    left.edits - right.edits || (left.candidate < right.candidate ? -1 : 1)
  )
  return near.slice(0, MAX_SUGGESTIONS).map(({ candidate }) => candidate)
}

/**
 * Counts the letters to insert, delete, replace or swap with their neighbour on the way from one text to the other (optimal
 * string alignment distance).
 */
function countEdits(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      let edits = Math.min(
        current[column - 1]! + 1,
        last[column]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
      )
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1]
      if (isSwapped) edits = Math.min(edits, beforeLast[column - 2]! + 1)
      current.push(edits)
    }
    beforeLast = last
    last = current
  }
  return last[to.length]!
}
