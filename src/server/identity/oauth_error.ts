import { SECURITY_HEADERS } from '../guard.ts'

/** A refusal in the words of OAuth (RFC 6749, section 5.2), which is what programs at these endpoints understand. */
export class OAuthError extends Error {
  /** A word of the standard, as in "invalid_request". */
  readonly error: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    error: string,
    message: string,
    details: { status?: number; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message)
    this.name = 'OAuthError'
    this.error = error
    this.status = details.status ?? 400
    this.headers = details.headers ?? {}
  }

  toResponse(): Response {
    return answerJson(
      { error: this.error, error_description: this.message },
      this.status,
      this.headers,
    )
  }
}

/** Writes an answer as JSON. */
export function answerJson(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...SECURITY_HEADERS, ...headers },
  })
}
