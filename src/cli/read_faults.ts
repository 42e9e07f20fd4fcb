import { display, UsageError } from '#base'
import type { Fault, FaultPlan } from '#server'

/** What `--fault` takes, in one line. */
const GRAMMAR =
  '--fault CODE:P[:retry-after=SECONDS],slow:P[:MILLISECONDS],cut:P,garbage:P,expire:P'

/** How long a slow request waits when the user does not say, in milliseconds. */
const SLOW_MILLISECONDS = 2000

/** Longest wait of a slow request, in milliseconds. */
const MAX_SLOW = 600_000

/** Longest `Retry-After`, in seconds. */
const MAX_RETRY_AFTER = 86_400

/** Sums of decimal fractions are not exact. */
const TOLERANCE = 1e-9

/**
 * Reads what shall go wrong, and how often: "429:0.1:retry-after=2,slow:0.2:500".
 *
 * @throws ERR_CLI_USAGE with the part that is wrong
 */
export function readFaults(text: string, seed: number): FaultPlan {
  const parts = text.split(',')
  const faults: Fault[] = []
  const names = new Set<string>()
  for (const [index, part] of parts.entries()) {
    const refuse: Refuse = (state) =>
      refusal(`part ${index + 1} of ${parts.length}, "${display(part, 60)}": ${state}`)
    const [name = '', ...rest] = part.split(':')
    if (part === '') throw refuse('it is empty')
    faults.push(readFault(name, rest, refuse))
    if (names.has(name)) throw refuse(`"${name}" stands there already`)
    names.add(name)
  }
  const sum = faults.filter(({ kind }) => kind !== 'slow')
    .reduce((total, { probability }) => total + probability, 0)
  if (sum > 1 + TOLERANCE) {
    const total = Number(sum.toFixed(6))
    throw refusal(`its probabilities, but for that of "slow", add up to ${total}, more than 1`)
  }
  return { faults, seed }
}

/** Makes the error of one part. */
type Refuse = (state: string) => UsageError

function readFault(name: string, [chance, ...more]: readonly string[], refuse: Refuse): Fault {
  const isStatus = /^\d+$/.test(name)
  if (isStatus && !/^[45]\d\d$/.test(name)) {
    throw refuse(`status ${display(name, 10)} is none from 400 to 599`)
  }
  if (!isStatus && !['slow', 'cut', 'garbage', 'expire'].includes(name)) {
    throw refuse(`"${display(name, 20)}" is no status, slow, cut, garbage or expire`)
  }
  if (chance === undefined) throw refuse(`a probability is missing: ${name}:0.1`)
  const probability = readProbability(chance, refuse)
  const [value, ...rest] = more
  if (rest.length > 0) throw refuse(`":${display(rest.join(':'), 20)}" is too much`)
  if (isStatus) {
    const status = { kind: 'status', probability, status: Number(name) } as const
    return value === undefined ? status : { ...status, retryAfter: readRetryAfter(value, refuse) }
  }
  if (name === 'slow') {
    return { kind: name, probability, milliseconds: readMilliseconds(value, refuse) }
  }
  if (value !== undefined) throw refuse(`"${name}" takes a probability and no more`)
  return { kind: name as 'cut' | 'garbage' | 'expire', probability }
}

function readProbability(text: string, refuse: Refuse): number {
  const probability = /^(\d+(\.\d+)?|\.\d+)$/.test(text) ? Number(text) : NaN
  if (probability <= 1) return probability
  throw refuse(`the probability "${display(text, 20)}" is not a number from 0 to 1`)
}

function readRetryAfter(text: string, refuse: Refuse): number {
  const digits = /^retry-after=(\d{1,6})$/.exec(text)?.[1]
  if (digits !== undefined && Number(digits) <= MAX_RETRY_AFTER) return Number(digits)
  throw refuse(
    `"${display(text, 30)}" is not retry-after=SECONDS, with at most ${MAX_RETRY_AFTER} seconds`,
  )
}

function readMilliseconds(text: string | undefined, refuse: Refuse): number {
  if (text === undefined) return SLOW_MILLISECONDS
  if (/^\d{1,6}$/.test(text) && Number(text) <= MAX_SLOW) return Number(text)
  throw refuse(`"${display(text, 20)}" is not a number of milliseconds up to ${MAX_SLOW}`)
}

function refusal(state: string): UsageError {
  return new UsageError(`Cannot read --fault, ${state}`, { usage: GRAMMAR })
}
