import { hash } from 'node:crypto'
import { Refusal } from './refusal.ts'

/** The header by which a sender says that it may send a request again (draft-ietf-httpapi-idempotency-key-header). */
const HEADER = 'idempotency-key'

/** A key as the draft writes it, a string of RFC 9651, section 3.3.3; or bare, as most programs do. */
const KEY = /^(?:"((?:[ !#-[\]-~]|\\["\\])+)"|([A-Za-z0-9._~:=+/@-]+))$/

/** Longest header that is taken, in characters. */
const MAX_HEADER = 256

/**
 * Reads the key by which the sender knows a request; `undefined` where it gives none.
 *
 * @throws ERR_SERVER_REQUEST when it is not of the form, rather than to do twice what the sender believes is done once
 */
export function readIdempotencyKey(request: Request): string | undefined {
  const header = request.headers.get(HEADER)
  if (header === null) return undefined
  const [, quoted, bare] = (header.length <= MAX_HEADER && KEY.exec(header)) || []
  const key = quoted?.replace(/\\(.)/g, '$1') ?? bare
  if (key !== undefined) return key
  throw new Refusal(
    400,
    'Cannot read Idempotency-Key: it is not a text in double quotes of at most 254 characters',
  )
}

/** Hashes what makes a request what it is: a key that comes with something else is a mistake of its sender. */
export function hashRequest(method: string, path: string, body: unknown): Uint8Array {
  return new Uint8Array(hash('sha256', JSON.stringify([method, path, body ?? null]), 'buffer'))
}
