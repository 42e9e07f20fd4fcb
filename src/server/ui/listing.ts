import type { Page } from '../store/page.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

/** Rows of one page: of a hundred thousand, nobody would read them, and everybody else would wait for the server. */
const SIZE = 200

/** A part of a list, and where the next one begins. */
export interface Listing<Row> {
  rows: readonly Row[]
  /** Name of the last row, where there are more. */
  next: string | undefined
}

/**
 * Lists as many rows as a page shows, from where its address says.
 *
 * @param nameOf what a row is found by
 */
export async function takeListing<Row>(
  { searchParams }: URL,
  list: (page: Page) => Promise<Row[]>,
  nameOf: (row: Row) => string,
): Promise<Listing<Row>> {
  const after = searchParams.get('after')
  const found = await list({ limit: SIZE + 1, ...after === null ? {} : { after } })
  const rows = found.slice(0, SIZE)
  return { rows, next: found.length > SIZE ? nameOf(rows.at(-1)!) : undefined }
}

/** Writes the way to the next rows, where there are more. */
export function renderNext({ next }: Listing<unknown>, path: string): Markup | '' {
  return next === undefined
    ? ''
    : markup`<p class="below"><a class="button" href="${path}?after=${
      encodeURIComponent(next)
    }">More</a></p>`
}

/** Writes how many rows there are, as far as the page knows. */
export function renderCount({ rows, next }: Listing<unknown>): Markup {
  return markup`<span class="count">${rows.length}${next === undefined ? '' : '+'}</span>`
}
