import { hash } from 'node:crypto'

/** What a model of the provider keeps, as JSON. */
export type Payload = Record<string, unknown>

/** Stands where a payload repeats its own id. */
const SELF = '{id}'

/**
 * Gives what is kept of an id, a code or a token: its SHA-256. All but the codes that people type have 256 random bits,
 * which no table and no number of guesses reaches (`hashKey()` says more). A typed code has 34 bits, and ten minutes to
 * live; who has found it out from a copy of the database can approve it, as anybody can who sees the device, but not
 * fetch what the device gets.
 */
export function hashId(id: string): Uint8Array {
  return hash('sha256', id, 'buffer')
}

/**
 * Writes what is kept of a payload. Its own id and the code that people type are left out: who holds them may act, and
 * a copy of the database, a log of its statements or a backup must not make anybody a holder.
 *
 * @throws Error when the id is in it in some other place
 */
export function writePayload(id: string, payload: Payload): string {
  const { jti: _, userCode: __, consumed: ___, ...kept } = payload
  // Where to go on when somebody has signed in: a path that ends with the id.
  if (typeof kept['returnTo'] === 'string') {
    kept['returnTo'] = kept['returnTo'].replaceAll(id, SELF)
  }
  const text = JSON.stringify(kept)
  if (text.includes(id)) throw new Error('A payload of the OpenID provider repeats its own id')
  return text
}

/** Reads a payload as the provider wrote it. */
export function readPayload(id: string, text: string, consumedAt: number | null): Payload {
  const payload = JSON.parse(text) as Payload
  if (typeof payload['returnTo'] === 'string') {
    payload['returnTo'] = payload['returnTo'].replaceAll(SELF, id)
  }
  payload['jti'] = id
  if (consumedAt !== null) payload['consumed'] = Math.floor(consumedAt / 1000)
  return payload
}
