import { html } from 'hono/html'
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
  return html`<time datetime="${machine}" title="${exact}" data-moment="${kind}">${text}</time>`
}

/** Says a distance in its largest unit, rounded towards now: nothing is said to last longer than it does. */
function tellDistance(difference: number): string {
  const size = Math.abs(difference)
  const say = (unit: number, name: Intl.RelativeTimeFormatUnit) =>
    RELATIVE.format(Math.trunc(difference / unit), name)
  if (size < MINUTE) return difference > 0 ? 'in less than a minute' : 'just now'
  if (size < HOUR) return say(MINUTE, 'minute')
  if (size < DAY) return say(HOUR, 'hour')
  if (size < 60 * DAY) return say(DAY, 'day')
  return size < 730 * DAY ? say(30 * DAY, 'month') : say(365 * DAY, 'year')
}
