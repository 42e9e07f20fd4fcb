import { PhylumError } from '#base'
import type { Context } from './compose.ts'

/** Entries that are asked for at once: what the API gives at most. */
const PAGE = 100

/** Most entries that a list of the terminal's is made of. */
const MAX_ENTRIES = 100_000

/** A list of the API's. */
export interface ListRequest<Entry> {
  /** Path below the API's version, without a query. */
  path: string
  query?: Readonly<Record<string, string>>
  /** Under which key of the answer the entries are. */
  key: string
  /** What they are, for messages: "projects". */
  what: string
  /** Reads an entry; `undefined` where it is none. */
  read(value: Readonly<Record<string, unknown>>): Entry | undefined
  /** Names an entry, so that the next page begins behind it. */
  cursorOf(entry: Entry): string
}

/**
 * Asks for a list page by page, to its end. An API that knows no pages gives all of it at once.
 *
 * @throws ERR_API_RESPONSE when it is no such list, and what `ApiClient.call` throws
 */
export async function listAll<Entry>(
  context: Context,
  request: ListRequest<Entry>,
): Promise<Entry[]> {
  const { path, query, what, cursorOf } = request
  const client = await context.apiClient()
  const entries: Entry[] = []
  try {
    let cursor: string | undefined
    for (;;) {
      const parameters = new URLSearchParams({ ...query, 'paginate.limit': String(PAGE) })
      if (cursor !== undefined) parameters.set('paginate.cursor', cursor)
      const page = readPage(await client.call('GET', `${path}?${parameters}`), request)
      entries.push(...page.entries)
      if (!page.hasMore) return entries
      const last = page.entries.at(-1)
      const next = last === undefined ? undefined : cursorOf(last)
      // An API that gives the same page again and again would be asked for ever.
      if (next === undefined || next === cursor) throw refuse(`its list of ${what} has no end`)
      if (entries.length > MAX_ENTRIES) throw refuse(`there are more than ${MAX_ENTRIES} ${what}`)
      cursor = next
      context.terminal.showProgress(`${entries.length} ${what} so far…`)
    }
  } finally {
    context.terminal.showProgress(undefined)
  }
}

function readPage<Entry>(
  answer: unknown,
  { key, what, read }: ListRequest<Entry>,
): { entries: Entry[]; hasMore: boolean } {
  const page = answer as Record<string, unknown> | null | undefined
  const values = page?.[key]
  if (!Array.isArray(values)) throw refuse(`it holds no list of ${what}`)
  const entries = values.map((value) => {
    const entry = typeof value === 'object' && value !== null ? read(value) : undefined
    if (entry === undefined) throw refuse(`it holds no list of ${what}`)
    return entry
  })
  return { entries, hasMore: page?.['has_more'] === true }
}

function refuse(state: string): PhylumError {
  return new PhylumError('ERR_API_RESPONSE', `Cannot read the answer of the API: ${state}`)
}
