import fc from 'fast-check'
import { test } from 'node:test'

/** Something that is fed foreign input, and what must hold whatever the input is. */
export interface Target {
  /** Room and part: "broker/target". */
  name: string
  /** The promise, for the name of the test. */
  promise: string
  /** How many inputs `npm run fuzz` gives it in each runtime. */
  inputs: number
  /** How many inputs one run of the property is fed with, on average; one unless told. */
  batch?: number
  /** Makes the property, with what it needs of the world. */
  open(): Opened | Promise<Opened>
}

/** A property that is ready to be checked. */
export interface Opened {
  property: fc.IRawProperty<unknown>
  close?(): Promise<void>
}

/** Which inputs are tried; the same seed and path make the same ones again. */
export interface Course {
  inputs: number
  seed?: number
  /** Leads to one failing input, as a report names it. */
  path?: string
}

/** Feeds a target. @throws when something does not hold, with the smallest such input that was found */
export async function feed(target: Target, course: Course): Promise<void> {
  const { property, close } = await target.open()
  try {
    const details = await fc.check(property as fc.IAsyncProperty<unknown>, {
      numRuns: Math.ceil(course.inputs / (target.batch ?? 1)),
      ...(course.seed === undefined ? {} : { seed: course.seed }),
      ...(course.path === undefined ? {} : { path: course.path }),
    })
    if (!details.failed) return
    const again = `npm run fuzz -- --seed=${details.seed} --path=${details.counterexamplePath}`
    const { errorInstance } = details as { errorInstance?: unknown }
    const input = fc.stringify((details.counterexample as unknown[] | null)?.[0])
    const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
    throw new Error(
      `${target.name} fails for ${input}: ${reason}\nagain: ${again} ${target.name}`,
      {
        cause: errorInstance,
      },
    )
  } finally {
    await close?.()
  }
}

/** Makes an ordinary test of a target, with few inputs of its own seed each time. */
export function fuzzTest(target: Target, inputs: number): void {
  test(target.promise, () => feed(target, { inputs }))
}

/** Longest that one input may take, in milliseconds; what is in doubt is measured again. */
const LONG = 1_000

/** Runs something that must not take long, whatever it is given: a slow machine is slow by chance, a bad pattern always. */
export function quickly<T>(work: () => T): T {
  for (let attempt = 1;; attempt++) {
    const started = performance.now()
    const result = work()
    const took = performance.now() - started
    if (took < LONG) return result
    if (attempt === 3) throw new Error(`it takes ${took.toFixed()} ms`)
  }
}
