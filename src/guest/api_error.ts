/** A request that never got an answer of the API's; `TypeError`, as `fetch` itself throws. */
export class ApiError extends TypeError {
  /** Stable name of the reason, "ERR_BROKER_DNS". */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'ApiError'
    this.code = code
  }
}
