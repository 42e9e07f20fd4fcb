import { nameMethod, OTHER_ROUTE } from './request_record.ts'
import type { RequestRecord } from './request_record.ts'

/**
 * What is found out about a request while it is answered; in the end, the record of it. Whoever understands a part of
 * the request notes it here, in words of its own: no text of the sender's.
 */
export class Trace implements RequestRecord {
  readonly started = performance.now()
  readonly requestId: string
  readonly method: string
  route = OTHER_ROUTE
  status = 500
  milliseconds = 0
  bytes = 0
  isCut = false
  userId: string | undefined
  keyId: string | undefined
  fault: string | undefined
  hasDatabaseFailed = false
  #isSigned = false

  constructor(requestId: string, method: string) {
    this.requestId = requestId
    this.method = nameMethod(method)
  }

  /** Whether the answer has been made with the headers of `sign()`, and is as long as was said then. */
  get isSigned(): boolean {
    return this.#isSigned
  }

  /**
   * Gives the headers that the answer must have, for whoever makes it with a body whose length is known: to set them
   * afterwards takes the runtimes longer than all the rest that is done for the log.
   */
  sign(length: number): Readonly<Record<string, string>> {
    this.#isSigned = true
    this.bytes = length
    return { 'x-request-id': this.requestId }
  }

  /** Notes what the request is for, by the template of its path. */
  noteRoute(route: string): void {
    this.route = route
  }

  /** Notes whom the request is from. */
  noteCaller({ userId, keyId }: { userId: string; keyId?: string }): void {
    this.userId = userId
    this.keyId = keyId
  }

  /** Notes that the request could not be answered because the database failed. */
  noteDatabaseFailure(): void {
    this.hasDatabaseFailed = true
  }

  /** Notes a fault on demand that the request met. */
  noteFault(fault: string): void {
    this.fault = this.fault === undefined ? fault : `${this.fault}+${fault}`
    // It may be another answer by now.
    this.#isSigned = false
    this.bytes = 0
  }
}
