/** An answer of the API's that is no success. */
export class StatusError extends Error {
  /** HTTP status of the answer. */
  readonly status: number

  constructor(act: string, status: number, text: string) {
    super(`Cannot ${act}: ${readDescription(text) ?? `the API answered with status ${status}`}`)
    this.name = 'StatusError'
    this.status = status
  }
}

/** Reads what the API says about it, or the host, where the request was not sent. */
function readDescription(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text)
    return error.description ?? error.message
  } catch {
    return undefined
  }
}
