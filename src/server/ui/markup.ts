import { html } from 'hono/html'

/**
 * Writes markup; every value in it is escaped. It is hono's, under a name of our own: the formatter knows the other one, and
 * would move spaces about, which count in a page.
 */
export const markup = html

/** Markup whose values have been escaped. */
export type Markup = ReturnType<typeof markup>

/** Who looks at a page. */
export interface Viewer extends Visitor {
  name: string
  email: string
}

/** Somebody who may not have signed in. */
export interface Visitor {
  /** Proof that a form was sent from a page of ours; of the session, or of the visit before there is one. */
  csrf: string
}
