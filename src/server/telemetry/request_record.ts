/** What is known of a request once it is answered, at that moment. Nothing in it is the sender's own text, but for the request's id. */
export interface RequestRecord {
  /** The sender's, where that was well-formed. */
  requestId: string
  /** One of the methods that are known, or "OTHER". */
  method: string
  /** The path with its parameters' names in place of them: "/api/v0/groups/:group". "other" where none is known. */
  route: string
  status: number
  milliseconds: number
  /** Length of the answer's body, as far as it was sent. */
  bytes: number
  /** The answer's body ended before its end: the sender went away, or it was cut. */
  isCut: boolean
  /** It could not be answered because the database failed. */
  hasDatabaseFailed: boolean
  userId: string | undefined
  /** Id of the API key, not the key. */
  keyId: string | undefined
  /** The faults on demand that the request met: "slow+429". */
  fault: string | undefined
}

/** Methods that are told apart. A sender may invent others, as many as it likes; each would be a series of its own. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The route of a request of which none is known. */
export const OTHER_ROUTE = 'other'

/** Names the method of a request among those that are known. */
export function nameMethod(method: string): string {
  return METHODS.has(method) ? method : 'OTHER'
}
