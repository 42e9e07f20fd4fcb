import { Type } from '@sinclair/typebox'
import { Refusal } from './refusal.ts'
import type { Page } from './store/page.ts'

/** Most entries of a page. */
export const MAX_PAGE = 1000

/** Most entries of a list that is asked for whole. */
export const MAX_LIST = 10_000

/** The parameters by which a list is asked for in pages, as OpenAPI describes them. */
export const PAGE_PARAMETERS = [
  {
    name: 'paginate.limit',
    in: 'query',
    required: false,
    description: 'Ask for so many at once, and for `has_more` in the answer',
    schema: Type.Integer({ minimum: 1, maximum: MAX_PAGE }),
  },
  {
    name: 'paginate.cursor',
    in: 'query',
    required: false,
    description:
      'Begin after this one: the name, the email or, of projects, the id of the last one of the page before',
    schema: Type.String(),
  },
]

/**
 * Lists what a query asks for: a page, or everything.
 *
 * @param what what is listed: "groups"
 * @param list lists so many entries in their order
 * @returns the entries and, for a page, whether there are more
 * @throws ERR_SERVER_REQUEST when the query is not as described, or everything is too much for one answer
 */
export async function listPage<Entry>(
  query: URLSearchParams,
  what: string,
  list: (page: Page) => Promise<Entry[]>,
): Promise<{ entries: Entry[]; more: { has_more?: boolean } }> {
  const text = query.get('paginate.limit')
  const after = query.get('paginate.cursor')
  const cursor = after === null ? {} : { after }
  const limit = text === null && after === null ? MAX_LIST : readLimit(text, what)
  // One more tells whether there is one.
  const entries = await list({ limit: limit + 1, ...cursor })
  if (limit < MAX_LIST) {
    return { entries: entries.slice(0, limit), more: { has_more: entries.length > limit } }
  }
  if (entries.length <= MAX_LIST) return { entries, more: {} }
  throw refuse(what, `there are more than ${MAX_LIST}; ask for pages with "paginate.limit"`)
}

function readLimit(text: string | null, what: string): number {
  if (text === null) return MAX_PAGE
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MAX_PAGE) return limit
  throw refuse(what, `"paginate.limit" must be a number from 1 to ${MAX_PAGE}`)
}

function refuse(what: string, reason: string): Refusal {
  return new Refusal(400, `Cannot list the ${what}: ${reason}`)
}
