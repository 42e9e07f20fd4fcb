import type { html } from 'hono/html'

/** Markup whose values have been escaped. */
export type Markup = ReturnType<typeof html>

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
