import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
const EXACT = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
})
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** Writes a day, "1 Mar 2026"; the script of the page turns it into the reader's own. */
export function renderDate(milliseconds: number): Markup {
  return renderMoment(milliseconds, DATE.format(milliseconds), 'date')
}

/** Writes a time as its distance from now, "3 hours ago", with the exact time behind it. */
export function renderDistance(milliseconds: number, now: number): Markup {
  return renderMoment(milliseconds, tellDistance(milliseconds - now), 'distance')
}

/** Writes a time to the minute. */
export function renderExact(milliseconds: number): Markup {
  return renderMoment(milliseconds, `${EXACT.format(milliseconds)} UTC`, 'exact')
}

function renderMoment(milliseconds: number, text: string, kind: string): Markup {
  const exact = `${EXACT.format(milliseconds)} UTC`
  const machine = new Date(milliseconds).toISOString()
  return markup`<time datetime="${machine}" title="${exact}" data-moment="${kind}">${text}</time>`
}

/** Units with how much of them is said before the next larger one is. */
const UNITS = [
  { name: 'minute', size: MINUTE, upTo: 60 },
  { name: 'hour', size: HOUR, upTo: 24 },
  { name: 'day', size: DAY, upTo: 60 },
  { name: 'month', size: 30.44 * DAY, upTo: 24 },
  { name: 'year', size: 365.25 * DAY, upTo: Infinity },
] as const

/** Says a distance in the unit that people would. */
function tellDistance(difference: number): string {
  for (const { name, size, upTo } of UNITS) {
    const count = Math.round(difference / size)
    if (count === 0) return difference > 0 ? 'in less than a minute' : 'just now'
    if (Math.abs(count) < upTo) return RELATIVE.format(count, name)
  }
  return ''
}
