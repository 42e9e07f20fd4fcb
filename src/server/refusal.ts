import { PhylumError } from '#base'
import type { ErrorCode } from '#base'

/** The status codes of answers that are not what was asked for, and the error that each stands for. */
const CODES = {
  400: 'ERR_SERVER_REQUEST',
  401: 'ERR_AUTH_FAILED',
  403: 'ERR_API_FORBIDDEN',
  404: 'ERR_API_NOT_FOUND',
  405: 'ERR_SERVER_REQUEST',
  409: 'ERR_API_EXISTS',
  413: 'ERR_SERVER_REQUEST',
  415: 'ERR_SERVER_REQUEST',
  421: 'ERR_SERVER_REQUEST',
  422: 'ERR_SERVER_REQUEST',
  429: 'ERR_API_RATE_LIMITED',
  500: 'ERR_UNEXPECTED',
  503: 'ERR_SERVER_DATABASE',
} as const satisfies Record<number, ErrorCode>

export type RefusalStatus = keyof typeof CODES

/** The answer to a request that is not granted: a status, a sentence, and headers that belong to the status. */
export class Refusal extends PhylumError {
  readonly status: RefusalStatus
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: RefusalStatus,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(CODES[status], message)
    this.name = 'Refusal'
    this.status = status
    this.headers = headers
  }
}
