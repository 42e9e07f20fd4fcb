/** A request that was not answered, or an operation that the API refused; `TypeError`, as `fetch` itself throws. */
export class ApiError extends TypeError {
  /** Stable name of the reason, "ERR_BROKER_DNS" or "ERR_API_NOT_FOUND". */
  readonly code: string
  /** Status of the answer; `undefined` where there was none. */
  readonly status: number | undefined

  constructor(code: string, message: string, status?: number) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = status
  }
}
