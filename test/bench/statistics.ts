/** What a row of numbers comes to. */
export interface Summary {
  min: number
  median: number
  max: number
}

/** Sums up numbers; of two in the middle, the mean. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error('no numbers to sum up')
  const sorted = values.toSorted((left, right) => left - right)
  const half = sorted.length / 2
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2
  return { min: sorted[0]!, median, max: sorted.at(-1)! }
}

/**
 * Divides number by number, as they were measured side by side: a machine whose speed changes changes both, so the ratios stay
 * where the numbers themselves do not.
 */
export function ratios(values: readonly number[], bases: readonly number[]): number[] {
  return values.map((value, round) => value / bases[round]!)
}
