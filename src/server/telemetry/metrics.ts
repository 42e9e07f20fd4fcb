import type { RequestRecord } from './request_record.ts'

/** Upper bounds of the histogram's buckets, in seconds. */
export const BUCKETS: readonly number[] = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
]

/** What was counted of the requests of one method to one route. */
export interface Series {
  readonly method: string
  readonly route: string
  /** Answers by class of status: at 2 those from 200 to 299. */
  readonly classes: Float64Array
  /** Answers by time: those that took no longer than the bucket's bound, and longer than the one's before; the last has no bound. */
  readonly buckets: Float64Array
  /** Time of all of them, in seconds. */
  seconds: number
}

/**
 * Numbers of what a server has done since it started. They name methods and routes, of which there is a small number, and
 * nobody's group, key or address: who may read them learns how much is done, not by whom.
 */
export class Metrics {
  readonly #series = new Map<string, Map<string, Series>>()
  readonly #faults = new Map<string, number>()
  inFlight = 0
  databaseErrors = 0

  record(record: RequestRecord): void {
    const { method, route, status, milliseconds, fault } = record
    const series = this.#find(method, route)
    const seconds = milliseconds / 1000
    const statusClass = Math.floor(status / 100)
    series.classes[statusClass] = (series.classes[statusClass] ?? 0) + 1
    let bucket = 0
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket++
    series.buckets[bucket] = series.buckets[bucket]! + 1
    series.seconds += seconds
    if (record.hasDatabaseFailed) this.databaseErrors++
    if (fault === undefined) return
    for (const each of fault.split('+')) this.#faults.set(each, (this.#faults.get(each) ?? 0) + 1)
  }

  /** Everything that was asked so far, by route and method. */
  get series(): readonly Series[] {
    return [...this.#series.values()].flatMap((methods) => [...methods.values()])
  }

  get faults(): ReadonlyMap<string, number> {
    return this.#faults
  }

  #find(method: string, route: string): Series {
    let methods = this.#series.get(route)
    if (methods === undefined) this.#series.set(route, methods = new Map())
    let series = methods.get(method)
    if (series === undefined) {
      series = {
        method,
        route,
        classes: new Float64Array(6),
        buckets: new Float64Array(BUCKETS.length + 1),
        seconds: 0,
      }
      methods.set(method, series)
    }
    return series
  }
}
