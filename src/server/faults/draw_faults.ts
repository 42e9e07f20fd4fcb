import { hash } from 'node:crypto'
import type { Fault, FaultPlan } from './fault_plan.ts'

/** Draws the faults of one request after the other. */
export type DrawFaults = (operation: string) => Fault[]

/**
 * Makes the draw of a plan. What the n-th request of an operation meets depends on the seed, the operation and n alone,
 * so that a program which asks several things at once meets the same again, in whatever order its requests arrive.
 */
export function createDraw({ faults, seed }: FaultPlan): DrawFaults {
  const counts = new Map<string, number>()
  const slow = faults.find(({ kind }) => kind === 'slow')
  const others = faults.filter(({ kind }) => kind !== 'slow')
  return (operation) => {
    const count = (counts.get(operation) ?? 0) + 1
    counts.set(operation, count)
    const chance = (what: string) => drawNumber(`${seed} ${what} ${count} ${operation}`)
    const drawn: Fault[] = []
    if (slow !== undefined && chance('slow') < slow.probability) drawn.push(slow)
    let rest = chance('fault')
    for (const fault of others) {
      if (rest < fault.probability) {
        drawn.push(fault)
        break
      }
      rest -= fault.probability
    }
    return drawn
  }
}

/** Makes a number from 0 to 1, 1 excluded, of a text: any other text gives one that has nothing to do with it. */
function drawNumber(text: string): number {
  return hash('sha256', text, 'buffer').readUIntBE(0, 6) / 2 ** 48
}
