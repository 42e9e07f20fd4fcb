import { randomUUID } from 'node:crypto'

/** What an id may be: of the letters that ids and trace headers are made of, and short enough to be no token. */
const REQUEST_ID = /^[A-Za-z0-9._:=+/@-]{1,64}$/

/**
 * Takes the id that the sender gave a request (`X-Request-Id`), or makes one.
 *
 * It stands in the log and in the answer, so nothing passes that could forge a line or a header there, nor what begins
 * like a key: a program that puts its credential into the wrong header must not find it in the log.
 */
export function chooseRequestId(given: string | null): string {
  return given !== null && REQUEST_ID.test(given) && !given.includes('ph0_') ? given : randomUUID()
}
