import type { TokenField } from './tokens_page.ts'
import { LIVES } from './tokens_page.ts'

const DAY = 24 * 60 * 60 * 1000

/** Longest life of a key that has an end, in days. */
const MAX_DAYS = 3650

/** When a key ends, or what is wrong with what was chosen. */
export type Life =
  | { expiresAt: number | null }
  | { field: Extract<TokenField, 'expiry' | 'date'>; error: string }

/** Reads how long a key is to live: some days, up to the end of a day (in UTC), or without end. */
export function parseLife({ expiry, date }: { expiry: string; date: string }, now: number): Life {
  if (!LIVES.some(([value]) => value === expiry)) {
    return { field: 'expiry', error: 'Choose one of these.' }
  }
  if (expiry === '') return { expiresAt: null }
  if (expiry !== 'date') return { expiresAt: now + Number(expiry) * DAY }
  const start = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : NaN
  // Date.parse() takes the 31st of February for the 3rd of March in some runtimes.
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== date) {
    return { field: 'date', error: 'Pick a day.' }
  }
  const expiresAt = start + DAY
  if (expiresAt <= now) return { field: 'date', error: 'This day is over.' }
  if (expiresAt > now + MAX_DAYS * DAY) {
    return { field: 'date', error: 'That is more than ten years from now.' }
  }
  return { expiresAt }
}

/** Gives the first and the last day that may be picked. */
export function datesOf(now: number): { first: string; last: string } {
  const write = (time: number) => new Date(time).toISOString().slice(0, 10)
  return { first: write(now), last: write(now + (MAX_DAYS - 1) * DAY) }
}
