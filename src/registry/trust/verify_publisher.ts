import type { Fetch } from '#base'
import type { Publisher } from '#config'
import { isSignedBy, parseDetached, refuseSignature, thumbprintOf } from './detached_jws.ts'
import type { DetachedJws } from './detached_jws.ts'
import { fetchKeys } from './fetch_keys.ts'
import type { NamedKey } from './fetch_keys.ts'

/**
 * Finds out which of the trusted publishers has signed an extension.
 *
 * Keys that the settings hold come first; sets of keys are fetched only for a signature that none of these made.
 *
 * @param bytes of its pack
 * @param signature a detached JWS, or null where none came with it
 * @returns the publisher's name; null for what is not signed, or by a key that is nobody's
 * @throws ERR_REGISTRY_TRUST when a signature names a key of a publisher that did not make it, or is malformed;
 * ERR_REGISTRY_UNREACHABLE when the keys that could decide cannot be fetched
 */
export async function verifyPublisher(
  bytes: Uint8Array,
  signature: string | null,
  publishers: readonly Publisher[],
  fetch: Fetch,
): Promise<string | null> {
  if (signature === null) return null
  const jws = parseDetached(signature)
  for (const { name, key } of publishers) {
    if (key !== undefined && await isMadeBy(bytes, jws, { keyId: null, key }, name)) return name
  }
  for (const { name, jwks } of publishers) {
    if (jwks === undefined) continue
    for (const key of await fetchKeys(jwks, fetch)) {
      if (await isMadeBy(bytes, jws, key, name)) return name
    }
  }
  return null
}

async function isMadeBy(
  bytes: Uint8Array,
  jws: DetachedJws,
  { keyId, key }: NamedKey,
  name: string,
): Promise<boolean> {
  const isNamed = jws.keyId !== null &&
    (jws.keyId === keyId || jws.keyId === await thumbprintOf(key))
  // A signature that names another key was not made by this one.
  if (jws.keyId !== null && !isNamed) return false
  const isMade = await isSignedBy(bytes, jws, key)
  if (isNamed && !isMade) {
    throw refuseSignature(`it names a key of "${name}", and was not made with it for these files`)
  }
  return isMade
}
