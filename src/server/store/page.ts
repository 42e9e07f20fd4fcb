/** A part of a list. */
export interface Page {
  limit: number
  /** Name of the entry after which it begins: also where that is gone by now, no other is left out. */
  after?: string
}

/** All of a list. */
export const WHOLE: Page = { limit: Number.MAX_SAFE_INTEGER }
