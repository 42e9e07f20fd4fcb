import { PhylumError } from '#base'
import type { PublicKey } from '#config'
import { Buffer } from 'node:buffer'

/** Longest signature, in characters; ours has about two hundred. */
const MAX_LENGTH = 8192

/** Ed25519, by its two names (RFC 8037, section 3.1; RFC 9864, section 2.2). */
const ALGORITHMS = ['EdDSA', 'Ed25519']

/** A private key in memory, with what is public of it. */
export interface SigningKey {
  readonly privateKey: CryptoKey
  readonly publicKey: PublicKey
}

/** A signature that was taken apart; nothing of it is checked yet. */
export interface DetachedJws {
  readonly protected: string
  readonly signature: string
  /** Which key it says it was made with. */
  readonly keyId: string | null
}

/**
 * Signs bytes with Ed25519: a JWS in compact form whose content is left out (RFC 7515, appendix F). The key is named by its thumbprint
 * (RFC 7638).
 *
 * @throws ERR_REGISTRY_TRUST when the two halves of the key do not belong together
 */
export async function signDetached(bytes: Uint8Array, key: SigningKey): Promise<string> {
  const { CompactSign } = await import('jose')
  const header = { alg: 'EdDSA', kid: await thumbprintOf(key.publicKey) }
  const whole = await new CompactSign(bytes).setProtectedHeader(header).sign(key.privateKey)
  const signature = whole.replace(/\..*\./, '..')
  if (await isSignedBy(bytes, parseDetached(signature), key.publicKey)) return signature
  throw new PhylumError(
    'ERR_REGISTRY_TRUST',
    'Cannot sign: the public half of the key belongs to another private half',
  )
}

/** Names a key by its content. */
export async function thumbprintOf({ kty, crv, x }: PublicKey): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose')
  return await calculateJwkThumbprint({ kty, crv, x })
}

/** Takes a signature apart. @throws ERR_REGISTRY_TRUST when it is none */
export function parseDetached(text: string): DetachedJws {
  const [, header, signature] = /^([\w-]+)\.\.([\w-]+)$/.exec(text.trim()) ?? []
  if (header === undefined || signature === undefined || text.length > MAX_LENGTH) {
    throw refuseSignature('it is no detached JWS')
  }
  let fields: unknown
  try {
    fields = JSON.parse(Buffer.from(header, 'base64url').toString())
  } catch {
    throw refuseSignature('its header is no JSON')
  }
  const { alg, kid } = (fields ?? {}) as Record<string, unknown>
  // "none", or a MAC whose key is the public key, would make everybody a signer.
  if (!ALGORITHMS.includes(alg as string)) throw refuseSignature('it is not made with Ed25519')
  return { protected: header, signature, keyId: typeof kid === 'string' ? kid : null }
}

/** Answers whether a signature over bytes was made with a key. */
export async function isSignedBy(
  bytes: Uint8Array,
  jws: DetachedJws,
  key: PublicKey,
): Promise<boolean> {
  const { errors, flattenedVerify, importJWK } = await import('jose')
  const payload = Buffer.from(bytes).toString('base64url')
  const { kty, crv, x } = key
  try {
    await flattenedVerify(
      { protected: jws.protected, payload, signature: jws.signature },
      await importJWK({ kty, crv, x }, 'EdDSA'),
      { algorithms: ALGORITHMS },
    )
    return true
  } catch (error) {
    // A critical extension that nobody here understands (RFC 7515, section 4.1.11), or a point that is on no curve.
    if (error instanceof errors.JOSEError || error instanceof Error) return false
    throw error
  }
}

/** Builds the error for a signature that is there and wrong. */
export function refuseSignature(state: string): PhylumError {
  return new PhylumError(
    'ERR_REGISTRY_TRUST',
    `Cannot trust the signature of the extension: ${state}`,
    { hints: ['ask its publisher; the files may have been changed on their way'] },
  )
}
