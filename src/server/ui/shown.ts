import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

/** Rows that a page shows at most: a page of a hundred thousand would keep the server from everybody else, and be of no use. */
const MAX_SHOWN = 200

/** Takes as many rows as a page shows, from the end that matters. */
export function takeShown<Row>(rows: readonly Row[], end: 'first' | 'last'): readonly Row[] {
  return end === 'first' ? rows.slice(0, MAX_SHOWN) : rows.slice(-MAX_SHOWN)
}

/** Says how many rows a page leaves out, and how to see them, where it leaves out some. */
export function renderRest(total: number, how: Markup): Markup | '' {
  return total <= MAX_SHOWN
    ? ''
    : markup`<p class="hint">These are ${MAX_SHOWN} of ${total}. ${how}</p>`
}
