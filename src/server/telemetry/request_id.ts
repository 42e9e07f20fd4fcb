import { randomBytes } from 'node:crypto'

/** What an id may be: of the letters that ids and trace headers are made of, and short enough to be no token. */
const REQUEST_ID = /^[A-Za-z0-9._:=+/@-]{1,64}$/

/** Chooses the id of a request: the sender's (`X-Request-Id`), or a new one. */
export type ChooseRequestId = (given: string | null) => string

/**
 * Makes the choice of one server.
 *
 * An id stands in the log and in the answer, so nothing passes that could forge a line or a header there, nor what holds
 * the beginning of a key: a program that puts its credential into the wrong header must not find it in the log.
 *
 * New ones are this server's and a number: no other server has them, and a random one for each would cost more than
 * all the rest that is done for the log. They open nothing, so whoever guesses one has gained nothing.
 */
export function createRequestIds(): ChooseRequestId {
  const prefix = randomBytes(8).toString('hex')
  let count = 0
  return (given) =>
    given !== null && REQUEST_ID.test(given) && !given.includes('ph0_')
      ? given
      : `${prefix}-${++count}`
}
