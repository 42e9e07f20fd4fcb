import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDraw } from '../../../src/server/faults/draw_faults.ts'
import { nameFault } from '../../../src/server/faults/fault_plan.ts'
import type { Fault } from '../../../src/server/faults/fault_plan.ts'

const FAULTS: readonly Fault[] = [
  { kind: 'status', probability: 0.1, status: 429 },
  { kind: 'cut', probability: 0.2 },
  { kind: 'slow', probability: 0.5, milliseconds: 1 },
]

/** Draws so many times, and names what came of it. */
function draw(count: number, seed: number, operation = 'GET /a', faults = FAULTS): string[] {
  const next = createDraw({ faults, seed })
  return Array.from({ length: count }, () => next(operation).map(nameFault).join('+'))
}

test('createDraw() gives the same requests the same faults', () => {
  assert.deepEqual(draw(200, 7), draw(200, 7))
  assert.notDeepEqual(draw(200, 7), draw(200, 8))
  assert.notDeepEqual(draw(200, 7), draw(200, 7, 'GET /b'))
})

test('createDraw() does not care in which order the requests of different operations come', () => {
  const [one, two] = [0, 1].map(() => createDraw({ faults: FAULTS, seed: 3 }))
  const paths = ['a', 'b', 'c'].flatMap((path) => Array.from({ length: 30 }, () => path))
  const fates = (next: typeof one, order: readonly string[]) => {
    const drawn = order.map((path) => [path, next!(path).map(nameFault).join()] as const)
    return { ...Object.groupBy(drawn, ([path]) => path) }
  }
  assert.deepEqual(fates(one, paths), fates(two, paths.toReversed()))
})

test('createDraw() meets the probabilities, of which "slow" has its own', () => {
  const drawn = draw(20_000, 1)
  const share = (name: string) =>
    drawn.filter((faults) => faults.split('+').includes(name)).length / drawn.length
  for (const [name, expected] of [['429', 0.1], ['cut', 0.2], ['slow', 0.5]] as const) {
    assert.ok(Math.abs(share(name) - expected) < 0.02, `${name}: ${share(name)}`)
  }
  const both = drawn.filter((faults) => faults === 'slow+429').length / drawn.length
  assert.ok(Math.abs(both - 0.05) < 0.01, String(both))
  assert.ok(!drawn.some((faults) => faults.includes('429') && faults.includes('cut')))
})

test('createDraw() never draws what has no chance, and always what is certain', () => {
  const certain = draw(1000, 5, 'GET /a', [
    { kind: 'cut', probability: 0 },
    { kind: 'garbage', probability: 1 },
    { kind: 'slow', probability: 0, milliseconds: 1 },
  ])
  assert.deepEqual([...new Set(certain)], ['garbage'])
})
